//! OpenID Connect: where a provider answers, the address that a browser is led to, and a code for a profile.

use super::{
    Profile, Secret, Unacceptable, Wish,
    id_token::{self, Expected},
    keys::Keys,
};
use crate::outbound::{self, Outbound};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Url;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// How long a provider's document and keys are believed.
const FRESH: Duration = Duration::from_hours(1);

/// More issuers than this are not remembered at once.
const MOST_ISSUERS: usize = 1000;

/// Who we are at an issuer.
#[derive(Clone, Debug)]
pub(crate) struct Registration {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    /// Whether the issuer is Microsoft's, whose document may name a pattern instead of an issuer.
    pub(crate) microsoft: bool,
}

impl Registration {
    /// For an issuer of which only the keys are wanted.
    pub(crate) fn asked_for_nothing(issuer: &str, client_id: &str) -> Self {
        Self {
            issuer: issuer.into(),
            client_id: client_id.into(),
            client_secret: Secret::new(""),
            microsoft: false,
        }
    }
}

/// One attempt's secrets.
#[derive(Clone, Debug)]
pub(crate) struct Trip {
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) verifier: String,
    pub(crate) redirect_uri: String,
    /// Whether the provider should ask the person again.
    pub(crate) again: bool,
}

impl Trip {
    /// Draws an attempt's secrets.
    pub(crate) fn new(redirect_uri: String, wish: Wish) -> Self {
        Self {
            state: vault::random_token().reveal(),
            nonce: vault::random_token().reveal(),
            verifier: vault::random_token().reveal(),
            redirect_uri,
            again: matches!(wish, Wish::StepUp(_)),
        }
    }
}

/// By issuer, and whether it is read as Microsoft's: when it was asked, and what it said.
type Known = HashMap<(String, bool), (Instant, Arc<Issuer>)>;

/// What issuers have said of themselves, remembered for an hour.
#[derive(Clone, Default)]
pub(crate) struct Issuers {
    pub(crate) way: Outbound,
    known: Arc<Mutex<Known>>,
}

/// An issuer's document (OpenID Connect Discovery 1.0, 3) and its keys.
pub(crate) struct Issuer {
    way: Outbound,
    document: Document,
    pub(super) keys: Keys,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    /// RFC 9207: then an answer without `iss` is none.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: Option<String>,
    id_token: String,
}

impl Issuers {
    /// Issuers that are reached this way.
    pub(crate) fn by(way: Outbound) -> Self {
        Self {
            way,
            ..Self::default()
        }
    }

    /// What the issuer says of itself.
    pub(crate) async fn get(&self, at: &Registration) -> Result<Arc<Issuer>, Unacceptable> {
        let key = (at.issuer.clone(), at.microsoft);
        let known = self.known.lock().await.get(&key).cloned();
        if let Some((read_at, issuer)) = known
            && read_at.elapsed() < FRESH
        {
            return Ok(issuer);
        }
        // Nobody waits for somebody else's issuer.
        let issuer = Arc::new(Issuer::discover(&self.way, at).await?);
        let mut known = self.known.lock().await;
        if known.len() >= MOST_ISSUERS {
            known.clear();
        }
        known.insert(key, (Instant::now(), issuer.clone()));
        Ok(issuer)
    }
}

impl Issuer {
    async fn discover(way: &Outbound, at: &Registration) -> Result<Self, Unacceptable> {
        let base = way.url(&at.issuer)?;
        let base = base.as_str().trim_end_matches('/');
        let request = way.get(&format!("{base}/.well-known/openid-configuration"))?;
        let document: Document = outbound::json("discovery", request).await?;
        let pattern = at.microsoft && document.issuer.contains(id_token::TENANT_ID);
        if document.issuer != at.issuer && !pattern {
            return Err(Unacceptable::new(
                "discovery: the document names another issuer",
            ));
        }
        for endpoint in [
            &document.authorization_endpoint,
            &document.token_endpoint,
            &document.jwks_uri,
        ] {
            way.url(endpoint)?;
        }
        let keys = Keys::new(&document.jwks_uri);
        Ok(Self {
            way: way.clone(),
            document,
            keys,
        })
    }

    /// Where a browser is led.
    pub(crate) fn authorization_url(
        &self,
        at: &Registration,
        trip: &Trip,
    ) -> Result<String, Unacceptable> {
        let mut url = self.way.url(&self.document.authorization_endpoint)?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &at.client_id)
            .append_pair("redirect_uri", &trip.redirect_uri)
            .append_pair("scope", "openid email profile")
            .append_pair("state", &trip.state)
            .append_pair("nonce", &trip.nonce)
            .append_pair("code_challenge", &challenge(&trip.verifier))
            .append_pair("code_challenge_method", "S256");
        if trip.again {
            url.query_pairs_mut()
                .append_pair("prompt", "login")
                .append_pair("max_age", "0");
        }
        Ok(url.into())
    }

    /// Refuses an answer that says it comes from another issuer (RFC 9207): it was meant for somebody else.
    pub(crate) fn check_sender(&self, iss: Option<&str>) -> Result<(), Unacceptable> {
        let needed = self.document.authorization_response_iss_parameter_supported;
        match iss {
            Some(iss) if iss == self.document.issuer => Ok(()),
            None if !needed => Ok(()),
            _ => Err(Unacceptable::new("the answer's iss is another issuer's")),
        }
    }

    /// What an identity assertion for this audience says, if the issuer signed it.
    pub(crate) async fn assertion<T: DeserializeOwned>(
        &self,
        token: &str,
        audience: &str,
    ) -> Result<T, Unacceptable> {
        let issuer = &self.document.issuer;
        id_token::assertion(&self.way, &self.keys, token, issuer, audience).await
    }

    /// Exchanges a code for what the provider says of the person.
    pub(crate) async fn profile(
        &self,
        at: &Registration,
        trip: &Trip,
        code: &str,
    ) -> Result<Profile, Unacceptable> {
        let tokens = self.exchange(at, trip, code).await?;
        let expected = Expected {
            issuer: &self.document.issuer,
            client_id: &at.client_id,
            nonce: &trip.nonce,
            again: trip.again,
        };
        let mut profile =
            id_token::check(&self.way, &self.keys, &tokens.id_token, &expected).await?;
        if profile.email.is_none()
            && let (Some(token), Some(url)) =
                (&tokens.access_token, &self.document.userinfo_endpoint)
        {
            add_user_info(&self.way, url, token, &mut profile).await?;
        }
        Ok(profile)
    }

    async fn exchange(
        &self,
        at: &Registration,
        trip: &Trip,
        code: &str,
    ) -> Result<Tokens, Unacceptable> {
        let secret = at.client_secret.reveal();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &trip.redirect_uri),
            ("code_verifier", &trip.verifier),
            ("client_id", &at.client_id),
        ];
        let mut request = self.way.post(&self.document.token_endpoint)?;
        if self.wants_secret_in_form() {
            form.push(("client_secret", secret));
        } else {
            // RFC 6749, 2.3.1: both are encoded as in a form first.
            request = request.basic_auth(encoded(&at.client_id), Some(encoded(secret)));
        }
        outbound::json("the token endpoint", request.form(&form)).await
    }

    /// What is not said is `client_secret_basic`.
    fn wants_secret_in_form(&self) -> bool {
        let methods = &self.document.token_endpoint_auth_methods_supported;
        let has = |wanted: &str| methods.iter().any(|method| method == wanted);
        has("client_secret_post") && !has("client_secret_basic")
    }
}

/// Some providers keep claims out of the id token. What they add must be about the same subject.
async fn add_user_info(
    way: &Outbound,
    url: &str,
    token: &str,
    profile: &mut Profile,
) -> Result<(), Unacceptable> {
    let request = way.get(url)?.bearer_auth(token);
    let more: Map<String, Value> = outbound::json("userinfo", request).await?;
    if more.get("sub").and_then(Value::as_str) != Some(&profile.subject) {
        return Err(Unacceptable::new("userinfo is about somebody else"));
    }
    for (name, value) in more {
        profile.claims.entry(name).or_insert(value);
    }
    profile.read_claims();
    Ok(())
}

fn encoded(text: &str) -> String {
    // A form's encoding of one value, without its name.
    let mut url = Url::parse("https://x").ok();
    let pair = url.as_mut().map(|url| {
        url.query_pairs_mut().append_pair("", text);
        url.query().unwrap_or_default().to_owned()
    });
    pair.unwrap_or_default().trim_start_matches('=').to_owned()
}

/// RFC 7636, 4.2.
pub(super) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(vault::sha256(verifier.as_bytes()))
}
