//! The `WWW-Authenticate` header of RFC 6750 section 3 with the parameter of RFC 9728 section 5.1.

use std::fmt;

/// What was wrong with a token (RFC 6750, section 3.1). Without a token there is nothing to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BearerError {
    /// The token is unknown, expired, revoked or meant for another resource.
    InvalidToken,
    /// The token does not open what was asked for.
    InsufficientScope,
}

impl BearerError {
    fn as_str(self) -> &'static str {
        match self {
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
        }
    }
}

/// A demand for a bearer token. Its `Display` is the header's value.
#[derive(Clone, Copy, Debug)]
pub struct Challenge<'a> {
    /// What was wrong, if a token came.
    pub error: Option<BearerError>,
    /// The scopes that would do, separated by spaces.
    pub scope: &'a str,
    /// Where the metadata of the resource is.
    pub resource_metadata: &'a str,
}

impl fmt::Display for Challenge<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Bearer ")?;
        if let Some(error) = self.error {
            write!(out, "error=\"{}\", ", error.as_str())?;
        }
        write!(out, "scope={}, ", Quoted(self.scope))?;
        write!(out, "resource_metadata={}", Quoted(self.resource_metadata))
    }
}

/// A quoted string of RFC 9110 section 5.6.4; characters that a header cannot hold are left out.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("\"")?;
        for c in self.0.chars().filter(|c| c.is_ascii_graphic() || *c == ' ') {
            if matches!(c, '"' | '\\') {
                out.write_str("\\")?;
            }
            write!(out, "{c}")?;
        }
        out.write_str("\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_says_what_is_missing_and_where_to_learn_more() {
        let challenge = Challenge {
            error: Some(BearerError::InsufficientScope),
            scope: "tasks:write",
            resource_metadata: "https://mcp.test/.well-known/oauth-protected-resource",
        };
        assert_eq!(
            challenge.to_string(),
            "Bearer error=\"insufficient_scope\", scope=\"tasks:write\", \
             resource_metadata=\"https://mcp.test/.well-known/oauth-protected-resource\""
        );
    }

    #[test]
    fn nothing_breaks_out_of_its_quotes() {
        let challenge = Challenge {
            error: None,
            scope: "a\"\r\nX: y\\",
            resource_metadata: "é",
        };
        assert_eq!(
            challenge.to_string(),
            "Bearer scope=\"a\\\"X: y\\\\\", resource_metadata=\"\""
        );
    }
}
