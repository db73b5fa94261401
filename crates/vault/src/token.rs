//! One-time secrets that need no checksum: invitations, states, codes.

use crate::{Digest, base62, digest};
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
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

/// Draws a new secret of 256 bits that begins with `kind`, by which people and scanners know it.
pub fn random_token_of(kind: &str) -> Token {
    let mut text = String::with_capacity(kind.len() + LENGTH);
    text.push_str(kind);
    base62::push_random(&mut text, LENGTH);
    Token(text)
}

/// The one token that follows `presented`: whoever shows the same token again, with the nonce that is stored beside
/// its digest, is given the same successor. Neither the token nor the nonce alone tells it.
pub fn successor_token(kind: &str, presented: &str, nonce: &[u8; 32]) -> Token {
    let key = hmac::Key::new(hmac::HMAC_SHA256, nonce);
    let made = hmac::sign(&key, presented.as_bytes());
    Token(format!("{kind}{}", URL_SAFE_NO_PAD.encode(made.as_ref())))
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
    fn a_token_has_one_successor_for_each_nonce() {
        let after = |token: &str, nonce: u8| successor_token("x_", token, &[nonce; 32]).reveal();
        assert_eq!(after("a", 1), after("a", 1));
        assert_eq!(after("a", 1).len(), 45);
        assert_ne!(after("a", 1), after("a", 2));
        assert_ne!(after("a", 1), after("b", 1));
        assert!(random_token_of("x_").reveal().starts_with("x_"));
    }

    #[test]
    fn two_tokens_differ_and_neither_shows_itself() {
        let (one, two) = (random_token(), random_token());
        assert_ne!(one.reveal(), two.reveal());
        assert_eq!(one.reveal().len(), LENGTH);
        assert_eq!(format!("{one:?}"), "Token(…)");
    }
}
