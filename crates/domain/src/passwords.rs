//! Password hashes: argon2id, a few at a time, on threads that give way to all others.

use crate::{Error, Result};
use anyhow::{Context as _, anyhow};
use api_types::Refusal;
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::phc::PasswordHash,
};
use std::sync::{Arc, LazyLock};
use std::thread;
use tokio::sync::{Semaphore, oneshot};

/// 46 MiB, one pass, one lane: the OWASP password storage cheat sheet's first choice.
const MEMORY_KIB: u32 = 46 * 1024;

/// Each hash takes 46 MiB, so only this many run at once.
const AT_ONCE: usize = 2;

/// And so many wait for their turn, some seconds; more would wait longer than people do.
const WAITING: usize = 64;

/// As nice as a tenth of the weight: a storm of sign-ins takes little of what the calls of MCP clients
/// need, and on a machine that is full somebody can still sign in.
const PRIORITY: i32 = 10;

/// What an unknown account is compared with, so that it takes as long as a known one.
static NOBODY: LazyLock<std::result::Result<String, String>> =
    LazyLock::new(|| hash_now("nobody has this password").map_err(|error| error.to_string()));

/// Hashes and compares passwords. Refuses when too many wait.
#[derive(Clone)]
pub struct Passwords {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Hashes a new password into the PHC string format.
    pub(crate) async fn hash(&self, password: String) -> Result<String> {
        self.run(move || hash_now(&password)).await
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
    ) -> Result<T> {
        let _place = self.places.try_acquire().map_err(|_| busy())?;
        let _turn = self.turns.acquire().await.context("waiting to hash")?;
        let (sender, done) = oneshot::channel();
        let hash = move || {
            give_way();
            let _ = sender.send(work());
        };
        // A thread of its own, for it cannot be raised again; that costs a thousandth of the hash.
        let named = thread::Builder::new().name("password".into());
        named.spawn(hash).context("starting to hash")?;
        Ok(done.await.context("hashing")??)
    }
}

fn busy() -> Error {
    Refusal::TooMany {
        retry_after_seconds: 5,
    }
    .into()
}

/// Where it is not allowed, hashing is merely as important as the rest.
fn give_way() {
    let _ = rustix::process::setpriority_process(None, PRIORITY);
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
