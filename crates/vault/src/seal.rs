//! Sealing what passes through somebody else's hands: AES-256-GCM with a random nonce and associated data.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use std::fmt;

/// A key that seals and opens. At most 2^32 seals with one key are safe.
pub struct Sealer(RandomizedNonceKey);

impl Sealer {
    /// Draws a key. What it seals can be opened as long as this process lives.
    ///
    /// # Panics
    /// When the cipher refuses a key of its own length, which would be a broken build.
    pub fn random() -> Self {
        Self::with_key(&crate::random_bytes())
    }

    /// Takes a key that outlives this process.
    ///
    /// # Panics
    /// As [`random`](Self::random) does.
    pub fn with_key(key: &[u8; 32]) -> Self {
        Self(RandomizedNonceKey::new(&AES_256_GCM, key).expect("a key of 32 bytes"))
    }

    /// Seals `content` so that it opens only with the same `tied_to`. `None` when the cipher fails.
    pub fn seal(&self, tied_to: &[u8], content: &[u8]) -> Option<Vec<u8>> {
        let mut sealed = content.to_vec();
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(tied_to), &mut sealed)
            .ok()?;
        sealed.extend_from_slice(nonce.as_ref());
        Some(sealed)
    }

    /// Opens what was sealed with this key and `tied_to`, and nothing else.
    pub fn open(&self, tied_to: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (content, nonce) = sealed.split_last_chunk::<NONCE_LEN>()?;
        let mut content = content.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self
            .0
            .open_in_place(nonce, Aad::from(tied_to), &mut content)
            .ok()?
            .len();
        content.truncate(opened);
        Some(content)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Sealer(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_context_and_bytes_open() {
        let ours = Sealer::random();
        let sealed = ours.seal(b"context", b"content").expect("sealed");
        assert_eq!(
            ours.open(b"context", &sealed).as_deref(),
            Some(&b"content"[..])
        );
        assert_eq!(ours.open(b"other", &sealed), None);
        assert_eq!(Sealer::random().open(b"context", &sealed), None);
        for at in 0..sealed.len() {
            let mut forged = sealed.clone();
            forged[at] ^= 1;
            assert_eq!(ours.open(b"context", &forged), None);
            assert_eq!(ours.open(b"context", &sealed[..at]), None);
        }
    }
}
