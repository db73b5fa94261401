//! The token request: what a client offers for a token, and how much it wants.

use crate::{ErrorCode, GrantType, OAuthError, Scopes, TokenForm, authorize::resource};
use std::fmt;

/// A token request whose form is sound. Its `Debug` hides what is secret.
#[derive(Clone, PartialEq, Eq)]
pub enum GrantRequest {
    /// A code and the proof that it is this client's (RFC 6749, section 4.1.3; RFC 7636).
    AuthorizationCode {
        /// The code.
        code: String,
        /// Must be the authorization request's, if it comes.
        redirect_uri: Option<String>,
        /// What the challenge is the digest of.
        verifier: String,
        /// Must be the authorization request's, if it comes.
        resource: Option<String>,
    },
    /// A refresh token (RFC 6749, section 6).
    RefreshToken {
        /// The token.
        token: String,
        /// Fewer scopes than were granted.
        scopes: Option<Scopes>,
        /// Must be the grant's, if it comes.
        resource: Option<String>,
    },
    /// Nothing but the client's own credential (RFC 6749, section 4.4).
    ClientCredentials {
        /// What the token is to open.
        scopes: Option<Scopes>,
        /// Which resource it is to open.
        resource: Option<String>,
    },
    /// What an identity provider says about a person (RFC 7523, section 2.1).
    IdentityAssertion {
        /// The statement, a JWT.
        assertion: String,
        /// What the token is to open.
        scopes: Option<Scopes>,
        /// Which resource it is to open.
        resource: Option<String>,
    },
}

impl GrantRequest {
    /// Reads the request that a form is.
    pub fn read(form: &TokenForm) -> Result<Self, OAuthError> {
        let grant_type = form.require("grant_type")?;
        let grant_type = GrantType::of(grant_type).ok_or_else(|| {
            let code = ErrorCode::UnsupportedGrantType;
            OAuthError::new(code, "there is no such grant_type here")
        })?;
        let owned = |name| form.require(name).map(str::to_owned);
        let scopes = || Scopes::asked(form.get("scope"));
        let resource = form.get("resource").map(resource).transpose()?;
        Ok(match grant_type {
            GrantType::AuthorizationCode => Self::AuthorizationCode {
                code: owned("code")?,
                redirect_uri: form.get("redirect_uri").map(str::to_owned),
                verifier: owned("code_verifier")?,
                resource,
            },
            GrantType::RefreshToken => Self::RefreshToken {
                token: owned("refresh_token")?,
                scopes: scopes()?,
                resource,
            },
            GrantType::ClientCredentials => Self::ClientCredentials {
                scopes: scopes()?,
                resource,
            },
            GrantType::IdentityAssertion => Self::IdentityAssertion {
                assertion: owned("assertion")?,
                scopes: scopes()?,
                resource,
            },
        })
    }

    /// Which way to a token this is.
    pub fn grant_type(&self) -> GrantType {
        match self {
            Self::AuthorizationCode { .. } => GrantType::AuthorizationCode,
            Self::RefreshToken { .. } => GrantType::RefreshToken,
            Self::ClientCredentials { .. } => GrantType::ClientCredentials,
            Self::IdentityAssertion { .. } => GrantType::IdentityAssertion,
        }
    }

    /// Which resource the token is to open.
    pub fn resource(&self) -> Option<&str> {
        match self {
            Self::AuthorizationCode { resource, .. }
            | Self::RefreshToken { resource, .. }
            | Self::ClientCredentials { resource, .. }
            | Self::IdentityAssertion { resource, .. } => resource.as_deref(),
        }
    }
}

impl fmt::Debug for GrantRequest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("GrantRequest")
            .field("grant_type", &self.grant_type())
            .field("resource", &self.resource())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: &str) -> Result<GrantRequest, ErrorCode> {
        let form = TokenForm::parse(form.as_bytes()).unwrap();
        GrantRequest::read(&form).map_err(|refusal| refusal.code)
    }

    #[test]
    fn each_grant_has_its_parameters() {
        let resource = || Some("https://mcp.test/mcp".to_owned());
        let scopes = || Some(["a", "b"].into_iter().collect());
        let more = "scope=b+a&resource=https://mcp.test/mcp";
        let form = format!("grant_type=authorization_code&code=c&code_verifier=v&{more}");
        let code = GrantRequest::AuthorizationCode {
            code: "c".to_owned(),
            redirect_uri: None,
            verifier: "v".to_owned(),
            resource: resource(),
        };
        assert_eq!(read(&form), Ok(code));
        let refresh = GrantRequest::RefreshToken {
            token: "t".to_owned(),
            scopes: scopes(),
            resource: resource(),
        };
        let form = format!("grant_type=refresh_token&refresh_token=t&{more}");
        assert_eq!(read(&form), Ok(refresh));
        let for_itself = GrantRequest::ClientCredentials {
            scopes: None,
            resource: None,
        };
        assert_eq!(read("grant_type=client_credentials&scope="), Ok(for_itself));
        let vouched_for = GrantRequest::IdentityAssertion {
            assertion: "a.b.c".to_owned(),
            scopes: scopes(),
            resource: resource(),
        };
        let name = GrantType::IdentityAssertion.as_str();
        let form = format!("grant_type={name}&assertion=a.b.c&{more}");
        assert_eq!(read(&form), Ok(vouched_for));
    }

    #[test]
    fn what_is_missing_or_wrong_is_said() {
        for (form, code) in [
            ("", ErrorCode::InvalidRequest),
            ("grant_type=password", ErrorCode::UnsupportedGrantType),
            ("grant_type=Refresh_token", ErrorCode::UnsupportedGrantType),
            ("grant_type=refresh_token", ErrorCode::InvalidRequest),
            (
                "grant_type=authorization_code&code=a",
                ErrorCode::InvalidRequest,
            ),
            (
                "grant_type=authorization_code&code_verifier=a",
                ErrorCode::InvalidRequest,
            ),
            (
                "grant_type=client_credentials&scope=%22",
                ErrorCode::InvalidScope,
            ),
            (
                "grant_type=client_credentials&resource=a",
                ErrorCode::InvalidTarget,
            ),
        ] {
            assert_eq!(read(form), Err(code), "{form}");
        }
    }

    #[test]
    fn debugging_shows_no_secret() {
        for form in [
            "grant_type=authorization_code&code=s3cret&code_verifier=s3cret",
            "grant_type=refresh_token&refresh_token=s3cret",
        ] {
            let shown = format!("{:?}", read(form).unwrap());
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }
}
