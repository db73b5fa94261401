//! GitHub speaks OAuth 2 without id tokens: the person is whom its API names to the bearer of the token.

use super::{Profile, Provider, Unacceptable, oidc::Trip, oidc::challenge};
use crate::outbound::{self, Outbound};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Map;

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
}

#[derive(Deserialize)]
struct User {
    /// Stays the same when the person takes another name.
    id: u64,
    login: String,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Address {
    email: String,
    primary: bool,
    verified: bool,
}

/// Where a browser is led.
pub(super) fn authorization_url(at: &Provider, trip: &Trip) -> Result<String, Unacceptable> {
    let mut url = outbound::checked(&format!("{}/login/oauth/authorize", at.issuer))?;
    url.query_pairs_mut()
        .append_pair("client_id", &at.client_id)
        .append_pair("redirect_uri", &trip.redirect_uri)
        .append_pair("scope", "read:user user:email")
        .append_pair("state", &trip.state)
        .append_pair("code_challenge", &challenge(&trip.verifier))
        .append_pair("code_challenge_method", "S256");
    Ok(url.into())
}

/// Exchanges a code for what GitHub says of the person.
pub(super) async fn profile(
    way: &Outbound,
    at: &Provider,
    trip: &Trip,
    code: &str,
) -> Result<Profile, Unacceptable> {
    let url = format!("{}/login/oauth/access_token", at.issuer);
    let form = [
        ("client_id", at.client_id.as_str()),
        ("client_secret", at.client_secret.reveal()),
        ("code", code),
        ("redirect_uri", &trip.redirect_uri),
        ("code_verifier", &trip.verifier),
    ];
    // A refused code is answered with 200 and an error, so without a token.
    let request = way.post(&url)?.form(&form);
    let tokens: Tokens = outbound::json("the token endpoint", request).await?;
    let token = &tokens.access_token;
    let user: User = ask(way, at, "/user", token).await?;
    let addresses: Vec<Address> = ask(way, at, "/user/emails", token).await?;
    let primary = addresses.into_iter().find(|address| address.primary);
    let (email, verified) = primary
        .map(|address| (address.email.to_lowercase(), address.verified))
        .unzip();
    Ok(Profile {
        issuer: at.issuer.clone(),
        subject: user.id.to_string(),
        email,
        email_verified: verified.unwrap_or(false),
        name: user.name.or(Some(user.login)),
        claims: Map::new(),
    })
}

async fn ask<T: DeserializeOwned>(
    way: &Outbound,
    at: &Provider,
    path: &str,
    token: &str,
) -> Result<T, Unacceptable> {
    let request = way.get(&format!("{}{path}", at.api))?;
    outbound::json(path, request.bearer_auth(token)).await
}
