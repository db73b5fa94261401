//! Signing what must be provable later: Ed25519 (RFC 8032).

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use std::fmt;
use zeroize::Zeroizing;

/// What verifies signatures of a [`SigningKey`].
pub type PublicKey = [u8; 32];

/// A key that signs.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl SigningKey {
    /// Draws the seed of a new key: 32 random bytes, all that there is to keep of it.
    pub fn random_seed() -> Zeroizing<[u8; 32]> {
        Zeroizing::new(crate::random_bytes())
    }

    /// The key that grows from this seed. `None` when the library refuses it.
    pub fn from_seed(seed: &[u8; 32]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        let public = pair.public_key().as_ref().try_into().ok()?;
        Some(Self { pair, public })
    }

    /// What others need to verify.
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// Signs a message. The same message always has the same signature.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SigningKey")
    }
}

/// Whether the holder of the key has signed the message.
pub fn is_signed(key: &PublicKey, message: &[u8], signature: &[u8; 64]) -> bool {
    UnparsedPublicKey::new(&ED25519, key)
        .verify(message, signature)
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_of_one_key_and_one_message() {
        let key = || SigningKey::from_seed(&SigningKey::random_seed()).expect("a key");
        let (ours, other) = (key(), key());
        let signature: [u8; 64] = ours.sign(b"row 7").try_into().expect("64 bytes");
        assert!(is_signed(&ours.public(), b"row 7", &signature));
        assert!(!is_signed(&ours.public(), b"row 8", &signature));
        assert!(!is_signed(&other.public(), b"row 7", &signature));
    }

    #[test]
    fn keys_are_those_of_rfc_8032() {
        // Section 7.1, test 1: other tools verify what we sign.
        let seed = [
            0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec,
            0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03,
            0x1c, 0xae, 0x7f, 0x60,
        ];
        let key = SigningKey::from_seed(&seed).expect("a key");
        assert_eq!(key.public()[..4], [0xd7, 0x5a, 0x98, 0x01]);
        assert_eq!(key.sign(b"")[..4], [0xe5, 0x56, 0x43, 0x00]);
    }
}
