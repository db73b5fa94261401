//! What an authorization server says when it refuses (RFC 6749, sections 4.1.2.1 and 5.2, and its extensions).

use serde::{Serialize, Serializer};
use std::{error::Error, fmt};

/// The longest description, in characters. Some repeat what a client sent.
const LONGEST_DESCRIPTION: usize = 300;

/// The codes of RFC 6749, RFC 6750, RFC 7591, RFC 8707 and OpenID Connect that this server uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// A parameter is missing, malformed or repeated.
    InvalidRequest,
    /// The client is unknown or did not prove who it is.
    InvalidClient,
    /// The code, refresh token or assertion is not good, or not this client's.
    InvalidGrant,
    /// The client may not use this grant.
    UnauthorizedClient,
    /// There is no such grant here.
    UnsupportedGrantType,
    /// The scope is malformed, unknown or more than was granted.
    InvalidScope,
    /// The resource is malformed or not one of ours (RFC 8707).
    InvalidTarget,
    /// The person said no.
    AccessDenied,
    /// Something else than a code was asked for.
    UnsupportedResponseType,
    /// Our fault.
    ServerError,
    /// Later, perhaps.
    TemporarilyUnavailable,
    /// Nobody is signed in, and no page may be shown (OpenID Connect).
    LoginRequired,
    /// Nobody consented yet, and no page may be shown (OpenID Connect).
    ConsentRequired,
    /// A redirect URI that may not be registered (RFC 7591).
    InvalidRedirectUri,
    /// Metadata that may not be registered (RFC 7591).
    InvalidClientMetadata,
    /// The token is unknown, expired or revoked (RFC 6750).
    InvalidToken,
}

impl ErrorCode {
    /// The code as it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::InvalidToken => "invalid_token",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A refusal: said to the client, so it never holds anything internal. As JSON it is the body of RFC 6749
/// section 5.2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OAuthError {
    /// The kind, for programs.
    #[serde(rename = "error")]
    pub code: ErrorCode,
    /// The reason, for developers.
    #[serde(rename = "error_description")]
    pub description: String,
}

impl OAuthError {
    /// A refusal. Characters that RFC 6749 keeps out of descriptions are replaced.
    pub fn new(code: ErrorCode, description: impl Into<String>) -> Self {
        let description = description
            .into()
            .chars()
            .take(LONGEST_DESCRIPTION)
            .map(|c| match c {
                '"' => '\'',
                '\\' => '/',
                ' '..='~' => c,
                _ => '?',
            })
            .collect();
        Self { code, description }
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.code, self.description)
    }
}

impl Error for OAuthError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_the_body_that_rfc_6749_shows() {
        let refusal = OAuthError::new(ErrorCode::InvalidGrant, "the code is used up");
        assert_eq!(
            serde_json::to_string(&refusal).unwrap(),
            r#"{"error":"invalid_grant","error_description":"the code is used up"}"#
        );
        assert_eq!(refusal.to_string(), "invalid_grant: the code is used up");
    }

    #[test]
    fn a_description_has_only_the_characters_it_may_have() {
        let refusal = OAuthError::new(ErrorCode::InvalidRequest, "a \"b\\c\"\r\nd é\u{7f}~");
        assert_eq!(refusal.description, "a 'b/c'??d ??~");
        let refusal = OAuthError::new(ErrorCode::InvalidRequest, "é".repeat(10_000));
        assert_eq!(refusal.description, "?".repeat(300));
    }
}
