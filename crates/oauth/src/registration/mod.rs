//! How client metadata is read, from a registration request or from a document: types, limits, and what fits
//! together.

mod member;

use crate::{AuthMethod, ClientMetadata, ErrorCode, GrantType, OAuthError};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

/// The largest request or document, in bytes.
pub(crate) const LARGEST: usize = 64 * 1024;

/// The longest name, in characters.
const LONGEST_TEXT: usize = 100;

/// The members as they came. One that occurs twice is refused: two readers could disagree about which counts.
/// `null` counts as absent, and so does an empty text that is for people.
#[derive(Deserialize)]
pub(crate) struct Members {
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<IgnoredAny>,
    pub(crate) client_secret_expires_at: Option<IgnoredAny>,
    pub(crate) token_endpoint_auth_method: Option<String>,
    client_name: Option<String>,
    redirect_uris: Option<Vec<String>>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    scope: Option<String>,
    client_uri: Option<String>,
    logo_uri: Option<String>,
    tos_uri: Option<String>,
    policy_uri: Option<String>,
    jwks: Option<Value>,
    jwks_uri: Option<String>,
    software_id: Option<String>,
    software_version: Option<String>,
    application_type: Option<String>,
    contacts: Option<Vec<String>>,
}

/// Reads the members and nothing into them.
pub(crate) fn read(json: &[u8]) -> Result<Members, OAuthError> {
    if json.len() > LARGEST {
        return Err(invalid("it is larger than 64 KiB"));
    }
    if json.trim_ascii_start().first() != Some(&b'{') {
        return Err(invalid("it must be a JSON object"));
    }
    serde_json::from_slice(json).map_err(|error| invalid(format!("it is not readable: {error}")))
}

impl Members {
    /// Checks every member and whether they fit together. The method is what counts if none is named.
    pub(crate) fn into_metadata(self, method: AuthMethod) -> Result<ClientMetadata, OAuthError> {
        if self.client_secret.is_some() {
            return Err(invalid("client_secret is not the client's to choose"));
        }
        let grant_types = member::grant_types(self.grant_types)?;
        let redirect_uris = member::redirect_uris(self.redirect_uris.unwrap_or_default())?;
        let has_code = grant_types.contains(&GrantType::AuthorizationCode);
        if has_code && redirect_uris.is_empty() {
            let code = ErrorCode::InvalidRedirectUri;
            return Err(OAuthError::new(code, "redirect_uris is missing"));
        }
        member::check_response_types(self.response_types, has_code)?;
        let metadata = ClientMetadata {
            name: member::text("client_name", self.client_name, LONGEST_TEXT)?,
            auth_method: member::auth_method(self.token_endpoint_auth_method, method)?,
            scopes: member::scopes(self.scope)?,
            client_uri: member::link("client_uri", self.client_uri)?,
            logo_uri: member::link("logo_uri", self.logo_uri)?,
            tos_uri: member::link("tos_uri", self.tos_uri)?,
            policy_uri: member::link("policy_uri", self.policy_uri)?,
            jwks: self.jwks.map(member::public_keys).transpose()?,
            jwks_uri: member::jwks_uri(self.jwks_uri)?,
            software_id: member::text("software_id", self.software_id, LONGEST_TEXT)?,
            software_version: member::text(
                "software_version",
                self.software_version,
                LONGEST_TEXT,
            )?,
            application_type: member::application_type(self.application_type, &redirect_uris)?,
            contacts: member::contacts(self.contacts.unwrap_or_default())?,
            redirect_uris,
            grant_types,
        };
        check_together(&metadata)?;
        Ok(metadata)
    }
}

fn check_together(metadata: &ClientMetadata) -> Result<(), OAuthError> {
    let has_keys = metadata.jwks.is_some() || metadata.jwks_uri.is_some();
    if metadata.jwks.is_some() && metadata.jwks_uri.is_some() {
        return Err(invalid("jwks and jwks_uri exclude each other"));
    }
    if metadata.auth_method == AuthMethod::PrivateKeyJwt && !has_keys {
        return Err(invalid("private_key_jwt needs jwks or jwks_uri"));
    }
    let for_itself = metadata.grant_types.contains(&GrantType::ClientCredentials);
    if metadata.auth_method == AuthMethod::None && for_itself {
        return Err(invalid("client_credentials is not for public clients"));
    }
    Ok(())
}

fn invalid(why: impl Into<String>) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClientMetadata, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The code that a client is refused with which adds this to a sound registration.
    fn refusal(name: &str, value: Value) -> Option<ErrorCode> {
        let mut request = json!({ "redirect_uris": ["https://app.test/cb"] });
        request[name] = value;
        let answer = ClientMetadata::parse(request.to_string().as_bytes());
        answer.err().map(|refusal| refusal.code)
    }

    #[test]
    fn what_may_not_be_registered_is_refused() {
        let bad_uri = Some(ErrorCode::InvalidRedirectUri);
        for uris in [
            json!([]),
            json!(null),
            json!(["http://app.test/cb"]),
            json!(["https://app.test/cb", "javascript:alert(1)"]),
            json!(vec!["https://app.test/cb"; 21]),
        ] {
            assert_eq!(refusal("redirect_uris", uris.clone()), bad_uri, "{uris}");
        }
        let rsa = json!({ "kty": "RSA", "n": "n", "e": "e" });
        for (name, value) in [
            ("redirect_uris", json!("https://app.test/cb")),
            ("client_name", json!("x".repeat(101))),
            ("client_name", json!("a\u{202e}b")),
            ("client_name", json!("a\nb")),
            ("client_name", json!(1)),
            ("client_secret", json!("mine")),
            ("token_endpoint_auth_method", json!("client_secret_jwt")),
            ("token_endpoint_auth_method", json!("private_key_jwt")),
            ("grant_types", json!([])),
            ("grant_types", json!(["implicit"])),
            ("grant_types", json!(vec!["refresh_token"; 21])),
            ("response_types", json!([])),
            ("response_types", json!(["token"])),
            ("scope", json!("\"")),
            ("client_uri", json!("javascript:alert(1)")),
            ("client_uri", json!("https://app.test/#\"")),
            ("logo_uri", json!("data:image/png;base64,")),
            ("jwks_uri", json!("http://app.test/keys")),
            ("jwks", json!([])),
            ("jwks", json!({ "keys": [] })),
            ("jwks", json!({ "keys": [{}] })),
            ("jwks", json!({ "keys": [{ "kty": "oct", "k": "a" }] })),
            ("jwks", json!({ "keys": [{ "kty": "RSA", "d": "a" }] })),
            ("jwks", json!({ "keys": vec![rsa; 21] })),
            ("jwks", json!({ "keys": [{ "kty": "RSA", "x": "\0" }] })),
            ("application_type", json!("service")),
            ("contacts", json!(vec!["a@app.test"; 11])),
            ("contacts", json!(["x".repeat(201)])),
            ("software_id", json!("x".repeat(101))),
        ] {
            let code = refusal(name, value.clone());
            assert_eq!(
                code,
                Some(ErrorCode::InvalidClientMetadata),
                "{name}: {value}"
            );
        }
    }

    #[test]
    fn members_must_fit_together() {
        for request in [
            json!({
                "grant_types": ["client_credentials"],
                "token_endpoint_auth_method": "none",
            }),
            json!({
                "grant_types": ["client_credentials"],
                "jwks_uri": "https://app.test/keys",
                "jwks": { "keys": [{ "kty": "EC" }] },
            }),
        ] {
            assert!(ClientMetadata::parse(request.to_string().as_bytes()).is_err());
        }
        for wrong in [
            "",
            "[]",
            "null",
            "{",
            "{} {}",
            r#"{"scope":"a","scope":"b"}"#,
            &format!("{{{}}}", " ".repeat(LARGEST)),
            &format!(r#"{{"x":{}"#, "[".repeat(60_000)),
        ] {
            assert!(ClientMetadata::parse(wrong.as_bytes()).is_err());
        }
    }

    #[test]
    fn what_is_absent_may_also_be_null_or_empty() {
        for name in [
            "client_name",
            "client_uri",
            "scope",
            "software_id",
            "jwks_uri",
        ] {
            assert_eq!(refusal(name, json!("")), None, "{name}");
            assert_eq!(refusal(name, json!(null)), None, "{name}");
        }
        assert_eq!(refusal("client_secret", json!(null)), None);
        assert_eq!(refusal("unknown", json!([{}])), None);
        assert_eq!(
            refusal("client_uri", json!("https://app.test/#/home")),
            None
        );
        assert_eq!(refusal("client_name", json!("می\u{200c}خوانم")), None);
    }
}
