//! What wraps data keys. Each key-encryption key has a name that is stored beside what it wraps, so
//! that several may be in use while one follows another.

use super::{Owner, WrappedKey};
use crate::Result;
use anyhow::{Context as _, anyhow};
use futures::future::BoxFuture;
use std::sync::Arc;
use uuid::Uuid;
use vault::Sealer;
use vault::envelope::{DataKey, DataKeyId, KeyEncryptionKey};

/// A key-encryption key, wherever it lives. What it wraps for one owner and id opens for no other.
pub trait KeyEncryption: Send + Sync {
    /// Its name, stored beside what it wraps: the same key has the same name everywhere, for good.
    fn id(&self) -> &str;

    /// Wraps a data key.
    fn wrap<'a>(&'a self, owner: Owner, key: &'a DataKey)
    -> BoxFuture<'a, anyhow::Result<Vec<u8>>>;

    /// Unwraps what [`wrap`](Self::wrap) made.
    fn unwrap<'a>(
        &'a self,
        owner: Owner,
        id: DataKeyId,
        wrapped: &'a [u8],
    ) -> BoxFuture<'a, anyhow::Result<DataKey>>;
}

/// A key-encryption key in this process's memory, from the operator's settings.
pub struct LocalKey(KeyEncryptionKey);

impl LocalKey {
    /// The key that 32 random bytes of the operator's stand for.
    pub fn new(master: &[u8; 32]) -> Self {
        Self(KeyEncryptionKey::of_master_key(master))
    }
}

impl KeyEncryption for LocalKey {
    fn id(&self) -> &str {
        self.0.id()
    }

    fn wrap<'a>(
        &'a self,
        owner: Owner,
        key: &'a DataKey,
    ) -> BoxFuture<'a, anyhow::Result<Vec<u8>>> {
        let wrapped = self.0.wrap(owner.bytes(), key);
        Box::pin(async move { Ok(wrapped?) })
    }

    fn unwrap<'a>(
        &'a self,
        owner: Owner,
        id: DataKeyId,
        wrapped: &'a [u8],
    ) -> BoxFuture<'a, anyhow::Result<DataKey>> {
        let key = self.0.unwrap(owner.bytes(), id, wrapped);
        Box::pin(async move { Ok(key?) })
    }
}

/// The key-encryption keys of a server: one that wraps, and others that still unwrap, or will.
#[derive(Clone)]
pub struct KeyRing {
    in_use: Arc<dyn KeyEncryption>,
    others: Vec<Arc<dyn KeyEncryption>>,
    /// What sealed cells before there were data keys; see [`KeyRing::open_old`].
    old: Vec<Arc<Sealer>>,
}

impl KeyRing {
    /// A ring whose data keys are wrapped with this key.
    pub fn new(in_use: Arc<dyn KeyEncryption>) -> Self {
        Self {
            in_use,
            others: Vec::new(),
            old: Vec::new(),
        }
    }

    /// A ring of master keys, of which the first wraps.
    pub fn of_master_keys(in_use: &[u8; 32], others: &[[u8; 32]]) -> Self {
        let mut ring = Self::new(Arc::new(LocalKey::new(in_use)));
        ring.add_old(in_use);
        for master in others {
            ring.add_master_key(master);
        }
        ring
    }

    /// Adds a key that only unwraps.
    pub fn add(&mut self, key: Arc<dyn KeyEncryption>) {
        self.others.push(key);
    }

    /// Adds a master key that only unwraps.
    pub fn add_master_key(&mut self, master: &[u8; 32]) {
        self.add(Arc::new(LocalKey::new(master)));
        self.add_old(master);
    }

    fn add_old(&mut self, master: &[u8; 32]) {
        self.old.push(Arc::new(Sealer::with_key(master)));
    }

    /// The name of the key that wraps.
    pub fn id(&self) -> &str {
        self.in_use.id()
    }

    /// Whether a key of this name is on the ring.
    pub fn has(&self, id: &str) -> bool {
        self.find(id).is_some()
    }

    fn find(&self, id: &str) -> Option<&Arc<dyn KeyEncryption>> {
        let mut all = std::iter::once(&self.in_use).chain(&self.others);
        all.find(|key| key.id() == id)
    }

    /// Draws a data key and wraps it.
    pub(crate) async fn draw(&self, owner: Owner) -> Result<WrappedKey> {
        let id = Uuid::now_v7();
        self.wrap(owner, &DataKey::generate(id.into_bytes())).await
    }

    /// Wraps a data key with the key in use.
    pub(crate) async fn wrap(&self, owner: Owner, key: &DataKey) -> Result<WrappedKey> {
        let wrapped = self.in_use.wrap(owner, key).await;
        Ok(WrappedKey {
            id: Uuid::from_bytes(key.id()),
            wrapped_by: self.id().to_owned(),
            wrapped: wrapped.context("wrapping a data key")?,
        })
    }

    /// Unwraps a data key with whichever key wrapped it.
    pub(crate) async fn unwrap(&self, owner: Owner, stored: &WrappedKey) -> Result<DataKey> {
        let by = stored.wrapped_by.as_str();
        let key = self.find(by).ok_or_else(|| {
            anyhow!("a data key is wrapped with the key-encryption key {by}, which is not set here")
        })?;
        let unwrapped = key.unwrap(owner, stored.id.into_bytes(), &stored.wrapped);
        Ok(unwrapped
            .await
            .with_context(|| format!("unwrapping a data key with {by}"))?)
    }

    /// Opens what a master key itself has sealed, as version 0.1 did with the secrets of apps. To be
    /// removed, with [`crate::second_factor::seal_old`], when no such version can be in use any more.
    pub(crate) fn open_old(&self, tied_to: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        self.old.iter().find_map(|key| key.open(tied_to, sealed))
    }
}
