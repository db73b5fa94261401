//! Signed statements of clients about themselves (RFC 7523, section 3): `private_key_jwt`.

use super::{Client, store};
use crate::{
    Services,
    oauth_server::Fault,
    outbound::{self, Outbound},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    jwk::{Jwk, JwkSet},
};
use oauth::ErrorCode;
use serde::Deserialize;
use time::OffsetDateTime;
use vault::digest;

/// A statement is good for no longer, in seconds.
const LONGEST_LIFE: i64 = 300;

/// How far two clocks may be apart, in seconds.
const LEEWAY: u64 = 30;

/// What may sign a statement.
pub(in crate::oauth_server) const ALLOWED: [Algorithm; 7] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// Where a client's public keys are.
#[derive(Clone, Debug)]
pub(in crate::oauth_server) enum Keys {
    /// In its metadata.
    Here(JwkSet),
    /// At an address.
    At(String),
}

impl Keys {
    async fn find(&self, way: &Outbound, kid: Option<&str>, alg: Algorithm) -> Option<DecodingKey> {
        let fetched;
        let set = match self {
            Self::Here(set) => set,
            Self::At(url) => {
                let request = way.get(url).ok()?;
                fetched = outbound::json::<JwkSet>("a client's keys", request)
                    .await
                    .ok()?;
                &fetched
            }
        };
        let fits = |key: &&Jwk| {
            let named = kid.is_none() || key.common.key_id.as_deref() == kid;
            named && DecodingKey::from_jwk(key).is_ok_and(|key| key.family() == alg.family())
        };
        let key = set.keys.iter().find(fits)?;
        DecodingKey::from_jwk(key).ok()
    }
}

#[derive(Deserialize)]
struct Stated {
    sub: String,
    exp: i64,
    jti: String,
}

/// Who a statement says it is of, before anything is believed.
pub(super) fn subject_of(jwt: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Subject {
        sub: String,
    }
    let payload = jwt.split('.').nth(1)?;
    let json = URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice::<Subject>(&json)
        .ok()
        .map(|subject| subject.sub)
}

/// Refuses what the client has not signed, for us, just now, or has shown before.
pub(super) async fn check_client(s: &Services, client: &Client, jwt: &str) -> Result<(), Fault> {
    let refused = |told: &str| Fault::told(ErrorCode::InvalidClient, told);
    let header = decode_header(jwt).map_err(|_| refused("the client_assertion is no JWT"))?;
    if !ALLOWED.contains(&header.alg) {
        return Err(refused("the client_assertion's algorithm is not allowed"));
    }
    let keys = client.keys.as_ref();
    let keys = keys.ok_or_else(|| refused("this client has no keys"))?;
    let found = keys
        .find(&s.oauth.way, header.kid.as_deref(), header.alg)
        .await;
    let key = found.ok_or_else(|| refused("none of the client's keys fits its assertion"))?;
    let origin = &*s.public_url;
    let mut rules = Validation::new(header.alg);
    rules.leeway = LEEWAY;
    rules.validate_nbf = true;
    rules.set_issuer(&[&client.oauth_id]);
    rules.set_audience(&[origin.to_owned(), format!("{origin}/oauth/token")]);
    rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let stated = decode::<Stated>(jwt, &key, &rules);
    let stated =
        stated.map_err(|error| refused(&format!("the client_assertion is refused: {error}")))?;
    let claims = stated.claims;
    if claims.sub != client.oauth_id {
        return Err(refused("the client_assertion is about somebody else"));
    }
    let life = claims.exp - OffsetDateTime::now_utc().unix_timestamp();
    if life > LONGEST_LIFE + LEEWAY as i64 {
        return Err(refused(
            "the client_assertion is good for longer than 5 minutes",
        ));
    }
    if !take_once(s, &client.oauth_id, &claims.jti, claims.exp).await? {
        return Err(refused("the client_assertion was shown before"));
    }
    Ok(())
}

/// Takes a statement's id, once until it expires. False if it was taken before.
pub(in crate::oauth_server) async fn take_once(
    s: &Services,
    issuer: &str,
    jti: &str,
    expires_at: i64,
) -> Result<bool, Fault> {
    let named = format!("{issuer}\n{jti}");
    let digest = digest("bulkhead/assertion/v1", named.as_bytes());
    let until = OffsetDateTime::from_unix_timestamp(expires_at + LEEWAY as i64);
    let until = until.map_err(anyhow::Error::from)?;
    Ok(store::take_assertion(&mut *s.db.global().await?, &digest, until).await?)
}
