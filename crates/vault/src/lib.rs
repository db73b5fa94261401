//! Secrets as pure functions: how they are drawn, what they look like, what is stored of them.
//!
//! No I/O but the operating system's randomness, no database, no HTTP: one person can read the whole crate
//! and say what a stolen table is worth. Not for passwords, which are weak and need argon2id (see `domain`).

mod api_key;
mod base62;
mod digest;
pub mod envelope;
mod random;
mod seal;
mod signing;
mod token;
mod token_key;

pub use api_key::{KeySecret, MalformedKey};
pub use digest::{Digest, constant_time_eq, digest, hmac_sha256, sha256};
pub use random::random_bytes;
pub use seal::Sealer;
pub use signing::{PublicKey, SigningKey, is_signed};
pub use token::{Token, random_token, random_token_of, successor_token};
pub use token_key::TokenAlgorithm;
