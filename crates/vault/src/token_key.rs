//! Private keys that sign access tokens.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::fmt;
use zeroize::Zeroizing;

/// Characters of a line of PEM (RFC 7468, section 2).
const LINE: usize = 64;

/// How access tokens are signed (RFC 7518, section 3.1; RFC 8037).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenAlgorithm {
    /// RSA of 2,048 bits with SHA-256: what every library verifies.
    #[default]
    Rs256,
    /// ECDSA on P-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl TokenAlgorithm {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];

    /// Its name in tokens, metadata and settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }

    /// Draws a private key: PKCS #8 in PEM. `None` when the library refuses.
    pub fn new_key(self) -> Option<Zeroizing<String>> {
        Some(pem(&self.new_der()?))
    }

    fn new_der(self) -> Option<Zeroizing<Vec<u8>>> {
        let der = match self {
            Self::Rs256 => {
                let pair = rsa::KeyPair::generate(KeySize::Rsa2048).ok()?;
                let der: Pkcs8V1Der = pair.as_der().ok()?;
                der.as_ref().to_vec()
            }
            Self::Es256 => {
                let random = SystemRandom::new();
                let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
                let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).ok()?;
                document.as_ref().to_vec()
            }
            Self::EdDsa => {
                let pair = Ed25519KeyPair::generate().ok()?;
                pair.to_pkcs8v1().ok()?.as_ref().to_vec()
            }
        };
        Some(Zeroizing::new(der))
    }
}

impl fmt::Display for TokenAlgorithm {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

fn pem(der: &[u8]) -> Zeroizing<String> {
    let text = Zeroizing::new(STANDARD.encode(der));
    let mut pem = Zeroizing::new(String::with_capacity(text.len() * 2));
    pem.push_str("-----BEGIN PRIVATE KEY-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    pem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_each_kind_are_drawn_and_differ() {
        for algorithm in TokenAlgorithm::ALL {
            let (one, two) = (algorithm.new_key(), algorithm.new_key());
            let (one, two) = (one.expect("a key"), two.expect("a key"));
            assert_ne!(*one, *two);
            assert!(one.lines().all(|line| line.len() <= LINE), "{algorithm}");
            assert_eq!(TokenAlgorithm::parse(algorithm.as_str()), Some(algorithm));
        }
    }
}
