//! The form that a client posts to the token, revocation and introspection endpoints.

use crate::{ErrorCode, OAuthError, parameters::Parameters};

/// The largest form, in bytes. Assertions are the largest thing in one.
const LARGEST: usize = 64 * 1024;

/// A form whose parameters occur once each. Its `Debug` shows their names alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenForm(Parameters);

impl TokenForm {
    /// Reads a body of `application/x-www-form-urlencoded`, 64 KiB at most (RFC 6749, section 3.2).
    pub fn parse(body: &[u8]) -> Result<Self, OAuthError> {
        let form = Parameters::parse(body, LARGEST)?;
        match form.repeated() {
            None => Ok(Self(form)),
            // RFC 8707 would let it be repeated, but a token here is for one resource.
            Some("resource") => Err(OAuthError::new(
                ErrorCode::InvalidTarget,
                "a token is for one resource",
            )),
            Some(name) => Err(OAuthError::new(
                ErrorCode::InvalidRequest,
                format!("{name} occurs more than once"),
            )),
        }
    }

    /// A parameter. One without a value counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)
    }

    /// Every parameter that has a value, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter()
    }

    /// A parameter that must be there.
    pub fn require(&self, name: &str) -> Result<&str, OAuthError> {
        self.get(name)
            .ok_or_else(|| OAuthError::new(ErrorCode::InvalidRequest, format!("{name} is missing")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_each_parameter_once() {
        let form = TokenForm::parse(b"grant_type=refresh_token&scope=&code=a%20b").unwrap();
        assert_eq!(form.get("grant_type"), Some("refresh_token"));
        assert_eq!(form.get("code"), Some("a b"));
        assert_eq!(form.get("scope"), None);
        assert!(form.require("scope").is_err());
        let all = [("grant_type", "refresh_token"), ("code", "a b")];
        assert_eq!(form.iter().collect::<Vec<_>>(), all);
        for (twice, code) in [
            ("code=a&code=a", ErrorCode::InvalidRequest),
            ("code=&code=a", ErrorCode::InvalidRequest),
            ("resource=a&resource=b", ErrorCode::InvalidTarget),
            ("code=%zz", ErrorCode::InvalidRequest),
        ] {
            let refusal = TokenForm::parse(twice.as_bytes()).unwrap_err();
            assert_eq!(refusal.code, code, "{twice}");
        }
    }

    #[test]
    fn a_form_shows_no_secret() {
        let form = TokenForm::parse(b"client_secret=hunter2").unwrap();
        assert!(!format!("{form:?}").contains("hunter2"));
    }
}
