//! What the authorization server says about itself (RFC 8414, and OpenID Connect Discovery for clients that know
//! only that).

use crate::{AuthMethod, GrantType};
use serde::Serialize;

/// The beginning of the path of RFC 8414's metadata.
pub const AUTHORIZATION_SERVER_WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";

/// The path of OpenID Connect's.
pub const OPENID_WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// What a client may sign its assertions with.
pub const ASSERTION_ALGORITHMS: [&str; 4] = ["RS256", "PS256", "ES256", "EdDSA"];

/// The metadata. Every endpoint is on the issuer's origin.
#[derive(Clone, Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "the names are those of the registry of RFC 8414"
)]
pub struct ServerMetadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub jwks_uri: String,
    pub registration_endpoint: String,
    pub revocation_endpoint: String,
    pub introspection_endpoint: String,
    pub scopes_supported: Vec<String>,
    pub response_types_supported: [&'static str; 1],
    pub response_modes_supported: [&'static str; 1],
    pub grant_types_supported: Vec<&'static str>,
    pub token_endpoint_auth_methods_supported: Vec<&'static str>,
    pub token_endpoint_auth_signing_alg_values_supported: [&'static str; 4],
    pub revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    pub revocation_endpoint_auth_signing_alg_values_supported: [&'static str; 4],
    pub introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    pub introspection_endpoint_auth_signing_alg_values_supported: [&'static str; 4],
    pub code_challenge_methods_supported: [&'static str; 1],
    pub client_id_metadata_document_supported: bool,
    pub authorization_response_iss_parameter_supported: bool,
    pub authorization_grant_profiles_supported: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_documentation: Option<String>,
    #[serde(skip)]
    signing_alg: String,
    #[serde(flatten)]
    openid: Option<OpenId>,
}

/// What OpenID Connect Discovery requires besides, and what it would otherwise take for granted.
#[derive(Clone, Debug, Serialize)]
#[expect(
    clippy::struct_field_names,
    reason = "the names are those of the specification"
)]
struct OpenId {
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [String; 1],
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
}

impl ServerMetadata {
    /// The metadata of an issuer, which is an origin without a slash at its end.
    pub fn new(issuer: &str, scopes: Vec<String>, signing_alg: &str) -> Self {
        let endpoint = |name: &str| format!("{issuer}/oauth/{name}");
        let methods: Vec<_> = AuthMethod::ALL.map(AuthMethod::as_str).into();
        // Introspection is not for everybody (RFC 7662, section 2.1).
        let proving = methods.iter().copied().filter(|method| *method != "none");
        Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: endpoint("authorize"),
            token_endpoint: endpoint("token"),
            jwks_uri: endpoint("jwks"),
            registration_endpoint: endpoint("register"),
            revocation_endpoint: endpoint("revoke"),
            introspection_endpoint: endpoint("introspect"),
            scopes_supported: scopes,
            response_types_supported: ["code"],
            response_modes_supported: ["query"],
            grant_types_supported: GrantType::ALL.map(GrantType::as_str).into(),
            introspection_endpoint_auth_methods_supported: proving.collect(),
            token_endpoint_auth_methods_supported: methods.clone(),
            token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
            revocation_endpoint_auth_methods_supported: methods,
            revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
            introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
            code_challenge_methods_supported: ["S256"],
            client_id_metadata_document_supported: true,
            authorization_response_iss_parameter_supported: true,
            authorization_grant_profiles_supported: ["urn:ietf:params:oauth:grant-profile:id-jag"],
            service_documentation: None,
            signing_alg: signing_alg.to_owned(),
            openid: None,
        }
    }

    /// The same with what OpenID Connect adds.
    #[must_use]
    pub fn openid(mut self) -> Self {
        self.openid = Some(OpenId {
            subject_types_supported: ["public"],
            id_token_signing_alg_values_supported: [self.signing_alg.clone()],
            request_parameter_supported: false,
            request_uri_parameter_supported: false,
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn document(metadata: ServerMetadata) -> Value {
        serde_json::to_value(metadata).unwrap()
    }

    #[test]
    fn the_metadata_names_what_there_is() {
        let scopes = vec!["tasks:read".to_owned()];
        let said = document(ServerMetadata::new("https://mcp.test", scopes, "RS256"));
        let algorithms = json!(["RS256", "PS256", "ES256", "EdDSA"]);
        let methods = json!([
            "none",
            "client_secret_basic",
            "client_secret_post",
            "private_key_jwt"
        ]);
        let expected = json!({
            "issuer": "https://mcp.test",
            "authorization_endpoint": "https://mcp.test/oauth/authorize",
            "token_endpoint": "https://mcp.test/oauth/token",
            "jwks_uri": "https://mcp.test/oauth/jwks",
            "registration_endpoint": "https://mcp.test/oauth/register",
            "revocation_endpoint": "https://mcp.test/oauth/revoke",
            "introspection_endpoint": "https://mcp.test/oauth/introspect",
            "scopes_supported": ["tasks:read"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": [
                "authorization_code",
                "refresh_token",
                "client_credentials",
                "urn:ietf:params:oauth:grant-type:jwt-bearer",
            ],
            "token_endpoint_auth_methods_supported": methods,
            "token_endpoint_auth_signing_alg_values_supported": algorithms,
            "revocation_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
            "introspection_endpoint_auth_methods_supported": methods.as_array().unwrap()[1..],
            "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
            "code_challenge_methods_supported": ["S256"],
            "client_id_metadata_document_supported": true,
            "authorization_response_iss_parameter_supported": true,
            "authorization_grant_profiles_supported": [
                "urn:ietf:params:oauth:grant-profile:id-jag",
            ],
        });
        assert_eq!(said, expected);
    }

    #[test]
    fn openid_clients_find_what_they_require() {
        let metadata = ServerMetadata::new("https://mcp.test", Vec::new(), "ES256");
        let (plain, openid) = (document(metadata.clone()), document(metadata.openid()));
        assert_eq!(openid["subject_types_supported"], json!(["public"]));
        let algorithms = &openid["id_token_signing_alg_values_supported"];
        assert_eq!(*algorithms, json!(["ES256"]));
        assert_eq!(openid["request_uri_parameter_supported"], json!(false));
        let plain = plain.as_object().unwrap();
        assert!(plain.iter().all(|(name, value)| openid[name] == *value));
    }
}
