//! The API key's format: `bh_key_` + 30 random base62 characters + 6 base62 characters of CRC32.
//!
//! The fixed beginning lets secret scanners find a leaked key; the checksum lets anybody tell a real key from a
//! typo, and lets us refuse nonsense without asking the database. It is no protection: the 178 random bits are.

use crate::{Digest, base62, digest};
use std::fmt;
use zeroize::Zeroize;

const BRAND: &str = "bh_key_";
const RANDOM_CHARS: usize = 30;
const CHECKSUM_CHARS: usize = 6;
const CHECKED: usize = BRAND.len() + RANDOM_CHARS;
const LENGTH: usize = CHECKED + CHECKSUM_CHARS;
/// Brand and five characters: enough to recognise a key in a list, with 149 bits still unknown.
const DISPLAYED: usize = 12;
const DIGEST_DOMAIN: &str = "bulkhead/api-key/v1";

/// An API key in the clear: held for as long as it takes to show it once or to look it up.
#[derive(Clone)]
pub struct KeySecret(String);

/// The text is not an API key of ours; says nothing about which part is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MalformedKey;

impl KeySecret {
    /// Draws a new key from the operating system's randomness.
    pub fn generate() -> Self {
        let mut text = String::with_capacity(LENGTH);
        text.push_str(BRAND);
        base62::push_random(&mut text, RANDOM_CHARS);
        let checksum = checksum(text.as_bytes());
        text.extend(checksum.map(char::from));
        Self(text)
    }

    /// Accepts exactly the texts that [`generate`](Self::generate) can produce.
    pub fn parse(text: &str) -> Result<Self, MalformedKey> {
        let bytes = text.as_bytes();
        if bytes.len() != LENGTH || !bytes.starts_with(BRAND.as_bytes()) {
            return Err(MalformedKey);
        }
        let (checked, tail) = bytes.split_at(CHECKED);
        // The tail is compared as text, not as a number: one checksum has one spelling.
        if !base62::is_base62(&checked[BRAND.len()..]) || tail != checksum(checked) {
            return Err(MalformedKey);
        }
        Ok(Self(text.to_owned()))
    }

    /// What is stored of the key, and what it is looked up by.
    pub fn digest(&self) -> Digest {
        digest(DIGEST_DOMAIN, self.0.as_bytes())
    }

    /// The key itself, for the answer in which it is shown once.
    pub fn reveal(&self) -> String {
        self.0.clone()
    }

    /// The first characters, kept beside the digest so that people can tell their keys apart.
    pub fn display_prefix(&self) -> String {
        self.0[..DISPLAYED].to_owned()
    }
}

fn checksum(checked: &[u8]) -> [u8; CHECKSUM_CHARS] {
    base62::six_chars(crc32fast::hash(checked))
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySecret(…)")
    }
}

impl Drop for KeySecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Display for MalformedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a Bulkhead API key")
    }
}

impl std::error::Error for MalformedKey {}
