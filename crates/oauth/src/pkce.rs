//! Proof key for code exchange (RFC 7636): who redeems a code is who asked for it.

use crate::{ErrorCode, OAuthError};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use std::hint::black_box;

/// A SHA-256 in base64url without padding.
const LENGTH: usize = 43;

/// The digest of a secret that the client will show when it redeems its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// Reads `code_challenge` and `code_challenge_method`. No method would mean `plain`, which is no protection
    /// against whoever reads the request; OAuth 2.1 leaves S256 alone.
    pub fn parse(challenge: &str, method: Option<&str>) -> Result<Self, OAuthError> {
        let invalid = |why: &str| Err(OAuthError::new(ErrorCode::InvalidRequest, why));
        if method != Some("S256") {
            return invalid("code_challenge_method must be S256");
        }
        let base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if challenge.len() != LENGTH || !challenge.bytes().all(base64url) {
            return invalid("code_challenge must be a SHA-256 in base64url without padding");
        }
        Ok(Self(challenge.to_owned()))
    }

    /// As it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this `code_verifier` is the secret. Takes the same time for each that is well formed.
    pub fn verified_by(&self, verifier: &str) -> bool {
        let unreserved =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
            return false;
        }
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        let pairs = digest.bytes().zip(self.0.bytes());
        let difference = pairs.fold(0, |all, (a, b)| black_box(all | (a ^ b)));
        difference == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn a_challenge_is_met_by_its_verifier_alone() {
        let challenge = CodeChallenge::parse(CHALLENGE, Some("S256")).unwrap();
        assert_eq!(challenge.as_str(), CHALLENGE);
        assert!(challenge.verified_by(VERIFIER));
        let another = VERIFIER.replace('d', "e");
        for wrong in ["", CHALLENGE, &another, &VERIFIER[1..], &"a".repeat(43)] {
            assert!(!challenge.verified_by(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_verifier_has_43_to_128_unreserved_characters() {
        let met = |verifier: &str| {
            let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
            let challenge = CodeChallenge::parse(&digest, Some("S256")).unwrap();
            challenge.verified_by(verifier)
        };
        assert!(met(&"-._~aZ09".repeat(16)));
        assert!(met(&"x".repeat(43)));
        assert!(!met(&"x".repeat(42)) && !met(&"x".repeat(129)));
        assert!(!met(&"x+".repeat(30)) && !met(&"é".repeat(30)));
    }

    #[test]
    fn only_s256_is_a_challenge() {
        for method in [None, Some(""), Some("plain"), Some("s256"), Some("S512")] {
            assert!(CodeChallenge::parse(CHALLENGE, method).is_err());
        }
        let padded = format!("{CHALLENGE}=");
        for wrong in ["", &padded, &CHALLENGE[1..], &CHALLENGE.replace('-', "+")] {
            let refusal = CodeChallenge::parse(wrong, Some("S256")).unwrap_err();
            assert_eq!(refusal.code, ErrorCode::InvalidRequest, "{wrong}");
        }
    }
}
