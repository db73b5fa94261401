//! Principals of credentials seen lately, so that a call costs no look-up.
//!
//! An entry lives for less than a second whatever happens, and is dropped sooner when the database
//! tells that it changed: what is revoked is refused within a second on every server.

use super::{Principal, Use};
use api_types::CredentialId;
use moka::future::Cache as Entries;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Under a second, with room for the look-up itself.
const LIFETIME: Duration = Duration::from_millis(700);

/// The shared state of credentials in use. Its keys are digests and ids, both unique over tenants.
#[derive(Clone)]
pub struct Cache {
    pub(super) principals: Entries<[u8; 32], Arc<Principal>>,
    uses: Arc<Mutex<HashMap<CredentialId, Use>>>,
    /// How often something was to be forgotten. What was looked up before the last time is not kept.
    forgotten: Arc<AtomicU64>,
}

impl Cache {
    pub(crate) fn new() -> Self {
        Self {
            principals: Entries::builder()
                .max_capacity(50_000)
                .time_to_live(LIFETIME)
                .build(),
            uses: Arc::default(),
            forgotten: Arc::default(),
        }
    }

    /// Forgets one key by the hexadecimal digest of a notification.
    pub(crate) fn forget(&self, hex: &str) {
        let Some(digest) = unhex(hex) else { return };
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        let principals = self.principals.clone();
        tokio::spawn(async move { principals.invalidate(&digest).await });
    }

    /// Forgets everybody. Cheap: entries live for less than a second anyway.
    pub(crate) fn forget_all(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.principals.invalidate_all();
    }

    /// A look-up that begins: ask again when it has ended.
    pub(super) fn times_forgotten(&self) -> u64 {
        self.forgotten.load(Ordering::SeqCst)
    }

    /// Remembers that a credential was used, until the next flush.
    pub fn used(&self, credential: CredentialId, describe: impl FnOnce() -> Use) {
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        uses.entry(credential).or_insert_with(describe);
    }

    pub(super) fn take_uses(&self) -> HashMap<CredentialId, Use> {
        std::mem::take(&mut *self.uses.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn unhex(hex: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(digest)
}
