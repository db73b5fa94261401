//! What is stored instead of a secret.
//!
//! Our secrets carry at least 178 bits of randomness, so one SHA-256 is enough: there is nothing to guess, and a
//! slow hash on every call would hand out a lever for denial of service (OWASP ASVS 6.5.2).

use aws_lc_rs::hmac;
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest, the only form in which a secret of ours reaches the database.
pub type Digest = [u8; 32];

/// SHA-256 over `domain` followed by `secret`.
///
/// The domain is a constant such as `bulkhead/api-key/v1`: it keeps the digest of one kind of secret from ever
/// being accepted as another kind's. No domain may be the beginning of another.
pub fn digest(domain: &str, secret: &[u8]) -> Digest {
    Sha256::new()
        .chain_update(domain.as_bytes())
        .chain_update(secret)
        .finalize()
        .into()
}

/// Plain SHA-256, where a protocol asks for it: as the challenge of PKCE (RFC 7636, 4.2), never to store a secret.
pub fn sha256(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}

/// HMAC-SHA256 (RFC 2104), where a protocol asks for it: as the signature of a webhook.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Digest {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let mut made = [0; 32];
    made.copy_from_slice(hmac::sign(&key, message).as_ref());
    made
}

/// Compares two byte strings in a time that does not tell where they differ; lengths are not hidden.
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(left, right).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_separate_the_same_secret() {
        assert_ne!(digest("bulkhead/a/v1", b"x"), digest("bulkhead/b/v1", b"x"));
    }

    #[test]
    fn the_digest_is_plain_sha_256_of_the_concatenation() {
        // The published vector of FIPS 180-2 for "abc": other tools can recompute what we store.
        let known = [
            0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae,
            0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61,
            0xf2, 0x00, 0x15, 0xad,
        ];
        assert_eq!(digest("a", b"bc"), known);
    }

    #[test]
    fn authentication_is_that_of_rfc_4231() {
        // Test case 2.
        let made = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(made[..4], [0x5b, 0xdc, 0xc1, 0x46]);
        assert_eq!(made[28..], [0x64, 0xec, 0x38, 0x43]);
    }

    #[test]
    fn equality_means_equal_bytes_and_equal_length() {
        assert!(constant_time_eq(b"same", b"same"));
        assert!(!constant_time_eq(b"same", b"sane"));
        assert!(!constant_time_eq(b"same", b"same-"));
    }
}
