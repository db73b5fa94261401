//! Client ID metadata documents: a client whose id is the URL of its own metadata
//! (draft-ietf-oauth-client-id-metadata-document). Fetching is the domain's.

use crate::{AuthMethod, ClientMetadata, ErrorCode, OAuthError, registration, web_url::WebUrl};
use std::time::Duration;

const SHORTEST: Duration = Duration::from_mins(5);
const USUAL: Duration = Duration::from_hours(1);
const LONGEST: Duration = Duration::from_hours(24);

/// Whether a client id is meant as a document's URL. Ids of our own never look like one.
pub fn is_document(client_id: &str) -> bool {
    client_id.starts_with("https://") || client_id.starts_with("http://")
}

/// Whether a document may be fetched from here: `https` with a path, or with `loopback` also `http` from this
/// machine. The error completes "The `client_id` is not good: …".
pub fn check_url(client_id: &str, loopback: bool) -> Result<(), &'static str> {
    let url = WebUrl::parse(client_id)?;
    let safe = url.tls || (loopback && url.is_loopback());
    if !safe {
        return Err("it must begin with https://");
    }
    match url.path() {
        "" | "/" => Err("it must have a path"),
        _ => Ok(()),
    }
}

/// Reads the document at this URL, 64 KiB at most. Its client is public or has a key pair: whatever else is in a
/// document, everybody can read.
pub fn read(url: &str, body: &[u8]) -> Result<ClientMetadata, OAuthError> {
    let members = registration::read(body)?;
    if members.client_id.as_deref() != Some(url) {
        return Err(OAuthError::new(
            ErrorCode::InvalidClient,
            "the client_id in the document is not the document's URL",
        ));
    }
    if members.client_secret_expires_at.is_some() {
        return Err(invalid("a document has no client_secret_expires_at"));
    }
    let metadata = members.into_metadata(AuthMethod::None)?;
    if metadata.auth_method.has_secret() {
        return Err(invalid("a document's client has no secret"));
    }
    Ok(metadata)
}

/// For how long a document is good that came with this `Cache-Control` (RFC 9111, section 5.2.2): 5 minutes to
/// 24 hours, an hour if it does not say.
pub fn freshness(cache_control: Option<&str>) -> Duration {
    let mut fresh = None;
    for directive in cache_control.unwrap_or_default().split(',') {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        let name = name.trim().to_ascii_lowercase();
        let seconds = value.trim().trim_matches('"');
        let age = match &*name {
            "max-age" if !seconds.is_empty() && seconds.bytes().all(|b| b.is_ascii_digit()) => {
                // More digits than fit are more than the longest.
                seconds.parse().map_or(LONGEST, Duration::from_secs)
            }
            "no-store" | "no-cache" | "max-age" => Duration::ZERO,
            _ => continue,
        };
        fresh = Some(fresh.map_or(age, |shorter: Duration| shorter.min(age)));
    }
    fresh.unwrap_or(USUAL).clamp(SHORTEST, LONGEST)
}

fn invalid(why: &str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClientMetadata, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const URL: &str = "https://app.test/client.json";

    fn read_with(change: impl Fn(&mut Value)) -> Result<ClientMetadata, ErrorCode> {
        let mut document = json!({
            "client_id": URL,
            "client_name": "App",
            "redirect_uris": ["http://127.0.0.1/cb"],
        });
        change(&mut document);
        read(URL, document.to_string().as_bytes()).map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_client_has_a_url_with_a_path_for_its_id() {
        assert!(is_document(URL) && is_document("http://app.test/"));
        assert!(!is_document("bh_client_1") && !is_document("HTTPS://app.test/x"));
        for good in [URL, "https://app.test:8443/a?b=c", "https://localhost/a"] {
            assert_eq!(check_url(good, false), Ok(()), "{good}");
        }
        for wrong in [
            "https://app.test",
            "https://app.test/",
            "https://app.test/?a",
            "http://app.test/a",
            "http://127.0.0.1/a",
            "https://a@app.test/a",
            "https://app.test/a#b",
            "https://app.test/a/../b",
            "https://app.test/%2e/b",
            "ftp://app.test/a",
        ] {
            assert!(check_url(wrong, false).is_err(), "{wrong}");
        }
        assert!(check_url("http://127.0.0.1:1/a", true).is_ok());
        assert!(check_url("http://app.test/a", true).is_err());
    }

    #[test]
    fn a_document_speaks_of_itself_and_has_no_secret() {
        let client = read_with(|_| {}).unwrap();
        assert_eq!(client.name.as_deref(), Some("App"));
        assert_eq!(client.auth_method, AuthMethod::None);
        for id in [json!("https://app.test/client.json/"), json!(null)] {
            let answer = read_with(|document| document["client_id"] = id.clone());
            assert_eq!(answer, Err(ErrorCode::InvalidClient));
        }
        for (name, value) in [
            ("client_secret", json!("a")),
            ("client_secret", json!(1)),
            ("client_secret_expires_at", json!(0)),
            ("token_endpoint_auth_method", json!("client_secret_basic")),
            ("token_endpoint_auth_method", json!("client_secret_post")),
            ("token_endpoint_auth_method", json!("private_key_jwt")),
        ] {
            let answer = read_with(|document| document[name] = value.clone());
            assert_eq!(answer, Err(ErrorCode::InvalidClientMetadata), "{name}");
        }
        let signed = read_with(|document| {
            document["token_endpoint_auth_method"] = json!("private_key_jwt");
            document["jwks_uri"] = json!("https://app.test/keys");
        });
        assert_eq!(signed.unwrap().auth_method, AuthMethod::PrivateKeyJwt);
    }

    #[test]
    fn a_document_is_good_for_minutes_or_a_day() {
        for (cache_control, seconds) in [
            (None, 3600),
            (Some(""), 3600),
            (Some("public, must-revalidate"), 3600),
            (Some("max-age=600"), 600),
            (Some("Public, Max-Age = \"600\""), 600),
            (Some("max-age=600, max-age=900"), 600),
            (Some("max-age=1"), 300),
            (Some("max-age=-1"), 300),
            (Some("max-age"), 300),
            (Some("no-store"), 300),
            (Some("max-age=9000, no-cache"), 300),
            (Some("max-age=99999999"), 86_400),
            (Some("max-age=99999999999999999999999"), 86_400),
            (Some("s-maxage=1"), 3600),
        ] {
            assert_eq!(
                freshness(cache_control).as_secs(),
                seconds,
                "{cache_control:?}"
            );
        }
    }
}
