//! Checking an id token (OpenID Connect Core 1.0, 3.1.3.7).

use super::{Profile, Unacceptable, keys::Keys};
use crate::outbound::Outbound;
use jsonwebtoken::{Validation, decode, decode_header};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use uuid::Uuid;

/// How far two clocks may be apart, in seconds.
const LEEWAY: u64 = 60;

/// A token that was just asked for is no older, in seconds.
const OLDEST: i64 = 600;

/// What Microsoft's document has in the place of the person's directory.
pub(super) const TENANT_ID: &str = "{tenantid}";

/// What a token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// Whether the provider was asked to ask the person again.
    pub(super) again: bool,
}

/// Checks signature and claims. Answers what the token says of the person.
pub(super) async fn check(
    way: &Outbound,
    keys: &Keys,
    token: &str,
    expected: &Expected<'_>,
) -> Result<Profile, Unacceptable> {
    let wrong = |what: &str| Unacceptable::new(format!("the id token {what}"));
    let header = decode_header(token).map_err(|_| wrong("has no acceptable header"))?;
    let key = keys.find(way, &header).await?;
    let mut rules = Validation::new(header.alg);
    rules.leeway = LEEWAY;
    rules.validate_nbf = true;
    rules.set_audience(&[expected.client_id]);
    rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let claims = decode::<Map<String, Value>>(token, &key, &rules)
        .map_err(|error| wrong(&format!("is refused: {error}")))?
        .claims;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let issuer = issuer(expected.issuer, text("tid")).ok_or_else(|| wrong("has no directory"))?;
    if text("iss") != Some(&issuer) {
        return Err(wrong("is another issuer's"));
    }
    check_party(&claims, expected.client_id).map_err(wrong)?;
    check_times(&claims, expected.again).map_err(wrong)?;
    if text("nonce") != Some(expected.nonce) {
        return Err(wrong("has another nonce"));
    }
    let subject = text("sub").filter(|sub| (1..=255).contains(&sub.len()));
    let subject = subject.ok_or_else(|| wrong("has no subject"))?.to_owned();
    Ok(Profile::of(issuer, subject, claims))
}

/// Checks an identity assertion: another type of token, for another audience, with the same keys.
pub(super) async fn assertion<T: DeserializeOwned>(
    way: &Outbound,
    keys: &Keys,
    token: &str,
    issuer: &str,
    audience: &str,
) -> Result<T, Unacceptable> {
    let wrong = |what: &str| Unacceptable::new(format!("the assertion {what}"));
    let header = decode_header(token).map_err(|_| wrong("has no acceptable header"))?;
    if header.typ.as_deref() != Some("oauth-id-jag+jwt") {
        return Err(wrong("is another type of token"));
    }
    let key = keys.find(way, &header).await?;
    let mut rules = Validation::new(header.alg);
    rules.leeway = LEEWAY;
    rules.validate_nbf = true;
    rules.set_issuer(&[issuer]);
    rules.set_audience(&[audience]);
    rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let decoded = decode::<T>(token, &key, &rules);
    decoded
        .map(|data| data.claims)
        .map_err(|error| wrong(&format!("is refused: {error}")))
}

/// The issuer that the token must name. Microsoft signs for every directory, each with an issuer of its own that has
/// the directory's id; it must be one, so that nothing else can be put into the pattern.
fn issuer(named: &str, tid: Option<&str>) -> Option<String> {
    if !named.contains(TENANT_ID) {
        return Some(named.into());
    }
    let directory = Uuid::parse_str(tid?).ok()?.hyphenated().to_string();
    Some(named.replace(TENANT_ID, &directory))
}

/// A token for several must say that we asked for it.
fn check_party(claims: &Map<String, Value>, client_id: &str) -> Result<(), &'static str> {
    let several = claims
        .get("aud")
        .and_then(Value::as_array)
        .is_some_and(|audiences| audiences.len() > 1);
    match claims.get("azp") {
        Some(party) if party.as_str() == Some(client_id) => Ok(()),
        None if !several => Ok(()),
        _ => Err("was given to somebody else"),
    }
}

fn check_times(claims: &Map<String, Value>, again: bool) -> Result<(), &'static str> {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let at = |name: &str| claims.get(name).and_then(Value::as_f64).map(|at| at as i64);
    let recent = |at: i64| (now - OLDEST..=now + LEEWAY as i64).contains(&at);
    if !at("iat").is_some_and(recent) {
        return Err("was not issued just now");
    }
    // Who was asked to ask again and says when, must have done it.
    if again && !at("auth_time").is_none_or(recent) {
        return Err("tells of an old authentication");
    }
    Ok(())
}

impl Profile {
    pub(super) fn of(issuer: String, subject: String, claims: Map<String, Value>) -> Self {
        let mut profile = Self {
            issuer,
            subject,
            email: None,
            email_verified: false,
            name: None,
            claims,
        };
        profile.read_claims();
        profile
    }

    pub(super) fn read_claims(&mut self) {
        let text = |name: &str| self.claims.get(name).and_then(Value::as_str);
        // Some providers write truth as a word, Microsoft as a number and under another name.
        let is_true = |name: &str| match self.claims.get(name) {
            Some(Value::Bool(truth)) => *truth,
            Some(Value::String(word)) => word == "true" || word == "1",
            Some(Value::Number(number)) => number.as_i64() == Some(1),
            _ => false,
        };
        let (email, name) = (text("email").map(str::to_lowercase), text("name"));
        let (email_verified, name) = (
            is_true("email_verified") || is_true("xms_edov"),
            name.map(str::to_owned),
        );
        (self.email, self.email_verified, self.name) = (email, email_verified, name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn microsofts_issuer_has_the_directory_of_the_token_and_nothing_else() {
        let pattern = "https://login.microsoftonline.com/{tenantid}/v2.0";
        let id = "72f988bf-86f1-41af-91ab-2d7cd011db47";
        let named = format!("https://login.microsoftonline.com/{id}/v2.0");
        assert_eq!(issuer(pattern, Some(id)), Some(named));
        for bad in [None, Some(""), Some("common"), Some("x/../y")] {
            assert_eq!(issuer(pattern, bad), None);
        }
        assert_eq!(issuer("https://a", None).as_deref(), Some("https://a"));
    }

    #[test]
    fn a_token_for_several_must_be_ours() {
        let party = |claims: Value| check_party(claims.as_object().expect("claims"), "us");
        assert!(party(json!({ "aud": "us" })).is_ok());
        assert!(party(json!({ "aud": ["us", "them"], "azp": "us" })).is_ok());
        assert!(party(json!({ "aud": ["us", "them"] })).is_err());
        assert!(party(json!({ "aud": "us", "azp": "them" })).is_err());
    }

    #[test]
    fn an_address_is_verified_when_the_provider_says_so() {
        let of = |claims: Value| {
            let claims = claims.as_object().expect("claims").clone();
            Profile::of("i".into(), "s".into(), claims).email_verified
        };
        assert!(of(json!({ "email_verified": true })));
        assert!(of(json!({ "email_verified": "true" })));
        assert!(of(json!({ "xms_edov": 1 })));
        assert!(!of(json!({ "email_verified": "no" })));
        assert!(!of(json!({})));
    }
}
