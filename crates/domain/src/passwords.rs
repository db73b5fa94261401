//! Password hashes: argon2id, a few at a time, off the request threads.

use crate::Result;
use anyhow::{Context as _, anyhow};
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::phc::PasswordHash,
};
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// 46 MiB, one pass, one lane: the OWASP password storage cheat sheet's first choice.
const MEMORY_KIB: u32 = 46 * 1024;

/// Each hash takes 46 MiB, so only this many run at once.
const AT_ONCE: usize = 2;

/// What an unknown account is compared with, so that it takes as long as a known one.
static NOBODY: LazyLock<std::result::Result<String, String>> =
    LazyLock::new(|| hash_now("nobody has this password").map_err(|error| error.to_string()));

/// Hashes and compares passwords.
#[derive(Clone)]
pub struct Passwords(Arc<Semaphore>);

impl Passwords {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }

    /// Hashes a new password into the PHC string format.
    pub(crate) async fn hash(&self, password: String) -> Result<String> {
        Ok(self.run(move || hash_now(&password)).await?)
    }

    /// Compares with the stored hash, or in the same time with nobody's.
    pub(crate) async fn matches(&self, password: String, hash: Option<String>) -> Result<bool> {
        let known = hash.is_some();
        let right = self
            .run(move || {
                let hash = match hash {
                    Some(hash) => hash,
                    None => NOBODY.clone().map_err(|error| anyhow!(error))?,
                };
                let parsed = PasswordHash::new(&hash).map_err(|error| anyhow!("{error}"))?;
                Ok(argon()?
                    .verify_password(password.as_bytes(), &parsed)
                    .is_ok())
            })
            .await?;
        Ok(right && known)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let _permit = self.0.acquire().await.context("waiting to hash")?;
        tokio::task::spawn_blocking(work).await.context("hashing")?
    }
}

fn argon() -> anyhow::Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, 1, 1, None).map_err(|error| anyhow!("{error}"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash_now(password: &str) -> anyhow::Result<String> {
    let hash = argon()?
        .hash_password(password.as_bytes())
        .map_err(|error| anyhow!("{error}"))?;
    Ok(hash.to_string())
}
