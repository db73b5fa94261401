//! The ways to a token.

/// A value of `grant_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrantType {
    /// A person consented (RFC 6749, section 4.1).
    AuthorizationCode,
    /// Again, without the person (RFC 6749, section 6).
    RefreshToken,
    /// The client for itself (RFC 6749, section 4.4).
    ClientCredentials,
    /// A company's identity provider vouches for the person (RFC 7523 with an identity assertion JWT).
    IdentityAssertion,
}

impl GrantType {
    /// Every one.
    pub const ALL: [Self; 4] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::ClientCredentials,
        Self::IdentityAssertion,
    ];

    /// The value as it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::IdentityAssertion => "urn:ietf:params:oauth:grant-type:jwt-bearer",
        }
    }

    /// The way of this name, if it is one of ours.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == name)
    }
}
