//! One-time secrets that need no checksum: invitations, states, codes.

use crate::{Digest, base62, digest};
use std::fmt;
use zeroize::Zeroize;

/// 43 base62 characters: 256 bits.
const LENGTH: usize = 43;

/// A random secret that is shown once and stored as a digest.
#[derive(Clone)]
pub struct Token(String);

/// Draws a new secret of 256 bits.
pub fn random_token() -> Token {
    let mut text = String::with_capacity(LENGTH);
    base62::push_random(&mut text, LENGTH);
    Token(text)
}

impl Token {
    /// The secret itself, for the one who may see it.
    pub fn reveal(&self) -> String {
        self.0.clone()
    }

    /// What is stored of it, under the domain of its kind; see [`digest()`].
    pub fn digest(&self, domain: &str) -> Digest {
        digest(domain, self.0.as_bytes())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tokens_differ_and_neither_shows_itself() {
        let (one, two) = (random_token(), random_token());
        assert_ne!(one.reveal(), two.reveal());
        assert_eq!(one.reveal().len(), LENGTH);
        assert_eq!(format!("{one:?}"), "Token(…)");
    }
}
