//! What a client says about itself when it registers (RFC 7591; `application_type` of OpenID Connect).

use crate::{AuthMethod, GrantType, OAuthError, Scopes, registration};
use serde_json::{Map, Value};

/// A client's metadata, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientMetadata {
    /// Its name for people, by its own word.
    pub name: Option<String>,
    /// Where codes may go; each passed [`crate::redirect::check`], none is there twice.
    pub redirect_uris: Vec<String>,
    /// How it proves who it is.
    pub auth_method: AuthMethod,
    /// The ways to a token that it uses, of those there are here.
    pub grant_types: Vec<GrantType>,
    /// The scopes that it may ask for.
    pub scopes: Option<Scopes>,
    /// Its home page.
    pub client_uri: Option<String>,
    /// Its logo.
    pub logo_uri: Option<String>,
    /// Its terms of service.
    pub tos_uri: Option<String>,
    /// Its privacy policy.
    pub policy_uri: Option<String>,
    /// Its public keys.
    pub jwks: Option<Value>,
    /// Where its public keys are; never beside `jwks`.
    pub jwks_uri: Option<String>,
    /// Which software it is an instance of.
    pub software_id: Option<String>,
    /// Which version of it.
    pub software_version: Option<String>,
    /// Whether it runs on a server or on a person's machine.
    pub application_type: ApplicationType,
    /// Whom to write to.
    pub contacts: Vec<String>,
}

/// Where a client runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationType {
    /// On a server, or in a page.
    Web,
    /// On the person's machine.
    Native,
}

impl ApplicationType {
    /// The value as it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Native => "native",
        }
    }
}

impl ClientMetadata {
    /// Reads a registration request of at most 64 KiB. Members that this server does not know are ignored.
    pub fn parse(json: &[u8]) -> Result<Self, OAuthError> {
        registration::read(json)?.into_metadata(AuthMethod::SecretBasic)
    }

    /// As RFC 7591 section 3.2.1 answers. To be completed with `client_id` and what belongs to it.
    pub fn to_json(&self) -> Map<String, Value> {
        let mut json = Map::new();
        let mut put = |name: &str, value: Value| drop(json.insert(name.to_owned(), value));
        let grant_types = self.grant_types.iter().map(|way| way.as_str());
        let has_code = self.grant_types.contains(&GrantType::AuthorizationCode);
        let response_types: &[&str] = if has_code { &["code"] } else { &[] };
        put("redirect_uris", self.redirect_uris.clone().into());
        put("grant_types", grant_types.collect());
        put("response_types", response_types.into());
        put(
            "token_endpoint_auth_method",
            self.auth_method.as_str().into(),
        );
        put("application_type", self.application_type.as_str().into());
        if !self.contacts.is_empty() {
            put("contacts", self.contacts.clone().into());
        }
        let scope = self.scopes.as_ref().map(Scopes::to_string);
        for (name, value) in [
            ("client_name", &self.name),
            ("scope", &scope),
            ("client_uri", &self.client_uri),
            ("logo_uri", &self.logo_uri),
            ("tos_uri", &self.tos_uri),
            ("policy_uri", &self.policy_uri),
            ("jwks_uri", &self.jwks_uri),
            ("software_id", &self.software_id),
            ("software_version", &self.software_version),
        ] {
            if let Some(value) = value {
                put(name, value.as_str().into());
            }
        }
        if let Some(jwks) = &self.jwks {
            put("jwks", jwks.clone());
        }
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(request: &Value) -> ClientMetadata {
        ClientMetadata::parse(request.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_client_that_says_little_gets_the_defaults() {
        let client = parse(&json!({ "redirect_uris": ["https://app.test/cb"] }));
        assert_eq!(client.auth_method, AuthMethod::SecretBasic);
        assert_eq!(client.grant_types, [GrantType::AuthorizationCode]);
        assert_eq!(client.application_type, ApplicationType::Web);
        assert_eq!((client.name, client.scopes), (None, None));
        for uri in ["http://localhost/cb", "https://localhost/cb", "x-app:/cb"] {
            let client = parse(&json!({ "redirect_uris": [uri] }));
            assert_eq!(client.application_type, ApplicationType::Native, "{uri}");
        }
    }

    #[test]
    fn unknown_ways_to_a_token_are_left_out() {
        let client = parse(&json!({
            "redirect_uris": ["https://app.test/a", "https://app.test/a"],
            "grant_types": ["refresh_token", "authorization_code", "implicit", "refresh_token"],
        }));
        let known = [GrantType::RefreshToken, GrantType::AuthorizationCode];
        assert_eq!(client.grant_types, known);
        assert_eq!(client.redirect_uris, ["https://app.test/a"]);
    }

    #[test]
    fn what_is_answered_registers_the_same_client() {
        let request = json!({
            "client_name": "Café ☕",
            "redirect_uris": ["https://app.test/cb", "cursor://x/cb"],
            "token_endpoint_auth_method": "private_key_jwt",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "application_type": "native",
            "scope": "a b",
            "client_uri": "https://app.test",
            "logo_uri": "https://app.test/logo.png",
            "tos_uri": "https://app.test/tos",
            "policy_uri": "https://app.test/policy",
            "jwks": { "keys": [{ "kty": "EC", "crv": "P-256", "x": "x", "y": "y" }] },
            "software_id": "app",
            "software_version": "1.0",
            "contacts": ["ada@app.test"],
        });
        let client = parse(&request);
        assert_eq!(Value::Object(client.to_json()), request);

        let machine = json!({ "grant_types": ["client_credentials"] });
        let answer = Value::Object(parse(&machine).to_json());
        assert_eq!(answer["response_types"], json!([]));
        assert_eq!(parse(&answer), parse(&machine));
    }
}
