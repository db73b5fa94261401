//! What stands after `Bearer`.

use crate::oauth_server::AccessToken;
use vault::{Digest, KeySecret};

/// A credential in the clear, of a shape that can be one of ours.
pub enum Presented<'a> {
    /// An API key.
    Key(KeySecret),
    /// An access token.
    Token(AccessToken<'a>),
}

impl<'a> Presented<'a> {
    /// Tells nonsense from what may be a credential, without asking the database: a key by its checksum, a token by
    /// its shape.
    pub fn parse(text: &'a str) -> Option<Self> {
        let key = KeySecret::parse(text).ok().map(Self::Key);
        key.or_else(|| AccessToken::parse(text).map(Self::Token))
    }

    /// What it is remembered by.
    pub(super) fn digest(&self) -> Digest {
        match self {
            Self::Key(key) => key.digest(),
            Self::Token(token) => token.digest(),
        }
    }
}

impl From<KeySecret> for Presented<'_> {
    fn from(key: KeySecret) -> Self {
        Self::Key(key)
    }
}
