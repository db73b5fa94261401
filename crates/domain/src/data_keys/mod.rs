//! Envelope encryption: what the database must not show is sealed with the data key of its owner, and
//! data keys are stored wrapped by a key-encryption key that the database never sees.
//!
//! | | |
//! |---|---|
//! | [`Owner`] | a tenant, or the instance for what belongs to people and to the outbox |
//! | [`Column`] | a column of sealed cells; all of them are in [`COLUMNS`] |
//! | [`DataKeys::seal`], [`DataKeys::open`] | a cell goes in, and comes out in the same place alone |
//! | [`KeyEncryption`] | what wraps data keys: a [`LocalKey`], or a key management service ([`Transit`]) |
//! | [`rewrap`], [`rotate`] | new keys in place of old ones, while serving |
//!
//! A tenant's data key goes with the tenant, and copies of cells open nowhere from then on. (A backup of
//! the whole database still has the wrapped key, and goes with its own key-encryption key.) Not for secrets that need never be read again: those are stored as digests.

mod cache;
mod columns;
mod key_encryption;
mod rotation;
mod status;
mod store;
mod transit;

pub(crate) use cache::Cache;
pub use columns::{
    COLUMNS, CONNECTION_APP_SECRET, CONNECTION_SECRET, Cell, Column, OUTBOX_PAYLOAD,
    SECOND_FACTOR_SECRET, TENANT_SSO_SECRET, TOKEN_SIGNING_KEY, WEBHOOK_SECRET,
};
pub use key_encryption::{KeyEncryption, KeyRing, LocalKey};
pub use rotation::{GRACE, Rotated, Tell, rewrap, rotate};
pub use status::{SealedCells, Status, WrappedBy, check, status};
pub use transit::{Transit, TransitKey};

use crate::Result;
use anyhow::{Context as _, anyhow};
use api_types::TenantId;
use sqlx::PgConnection;
use std::sync::Arc;
use time::OffsetDateTime;
use uuid::Uuid;
use vault::envelope::{DataKey, DataKeyId, data_key_of};
use zeroize::Zeroizing;

/// Whose a data key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Nobody's in particular: people's secrets, and letters on their way.
    Instance,
    /// A tenant's.
    Tenant(TenantId),
}

impl Owner {
    /// What sealed bytes are bound to.
    pub(crate) fn bytes(self) -> [u8; 16] {
        match self {
            Self::Instance => [0; 16],
            Self::Tenant(tenant) => tenant.0.into_bytes(),
        }
    }
}

/// What a sealed column stores, with its column of the version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The cell's bytes.
    pub bytes: Vec<u8>,
    /// Which sealing of the cell it is; an older one does not open.
    pub version: i64,
}

/// A data key as read by a transaction.
struct Stored {
    key: WrappedKey,
    /// Whether others can see it too, and will whatever becomes of this transaction.
    committed: bool,
}

/// A wrapped data key.
pub(crate) struct WrappedKey {
    pub(crate) id: Uuid,
    /// The key-encryption key that wraps it.
    pub(crate) wrapped_by: String,
    pub(crate) wrapped: Vec<u8>,
}

/// Seals and opens cells. Holds the data keys that were used lately.
pub struct DataKeys {
    ring: KeyRing,
    cache: Arc<Cache>,
}

impl DataKeys {
    pub(crate) fn new(ring: KeyRing, cache: Arc<Cache>) -> Self {
        Self { ring, cache }
    }

    /// Seals a cell for its place. `db` must see the owner's rows, and is where the cell is written:
    /// a tenant's transaction, or any connection for the instance. An owner's first data key is drawn
    /// in the same transaction.
    pub async fn seal(&self, db: &mut PgConnection, cell: Cell, content: &[u8]) -> Result<Sealed> {
        let key = self.in_use(db, cell.owner()).await?;
        seal_with(&key, cell, content, 0)
    }

    /// Opens what [`seal`](Self::seal) made for this cell. `db` as there.
    pub async fn open(
        &self,
        db: &mut PgConnection,
        cell: Cell,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>> {
        let id = data_key_of(&sealed.bytes).with_context(|| format!("opening {cell}"))?;
        let key = self.by_id(db, cell.owner(), id).await?;
        open_with(&key, cell, sealed)
    }

    /// Opens what a master key itself has sealed; see [`KeyRing`].
    pub(crate) fn open_old(&self, tied_to: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        self.ring.open_old(tied_to, sealed)
    }

    /// Forgets the data keys that nobody has asked for lately.
    pub fn sweep(&self) {
        self.cache.sweep();
    }

    /// The key that the owner's cells are sealed with now.
    async fn in_use(&self, db: &mut PgConnection, owner: Owner) -> Result<Arc<DataKey>> {
        if let Some(key) = self.cache.in_use(owner) {
            return Ok(key);
        }
        let asked = self.cache.ask();
        let stored = match store::in_use(db, owner).await? {
            Some(stored) => stored,
            None => self.draw_first(db, owner).await?,
        };
        let key = self.unwrapped(owner, &stored.key).await?;
        if stored.committed {
            self.cache.keep_in_use(asked, owner, &key);
        }
        Ok(key)
    }

    async fn by_id(
        &self,
        db: &mut PgConnection,
        owner: Owner,
        id: DataKeyId,
    ) -> Result<Arc<DataKey>> {
        if let Some(key) = self.cache.fresh(owner, id) {
            return Ok(key);
        }
        let asked = self.cache.ask();
        let Some(stored) = store::by_id(db, owner, Uuid::from_bytes(id)).await? else {
            self.cache.forget_key(owner, id);
            return Err(anyhow!("a cell's data key is not there (any more)").into());
        };
        let key = self.unwrapped(owner, &stored.key).await?;
        if stored.committed {
            self.cache.keep(asked, owner, &key);
        }
        Ok(key)
    }

    /// Unwraps a key that is in the database, unless that was done lately.
    async fn unwrapped(&self, owner: Owner, stored: &WrappedKey) -> Result<Arc<DataKey>> {
        if let Some(known) = self.cache.known(owner, stored.id.into_bytes()) {
            return Ok(known);
        }
        Ok(Arc::new(self.ring.unwrap(owner, stored).await?))
    }

    /// Of transactions that draw an owner's first key at once, all use the one that came first.
    async fn draw_first(&self, db: &mut PgConnection, owner: Owner) -> Result<Stored> {
        let drawn = self.ring.draw(owner).await?;
        store::insert(db, owner, &drawn).await?;
        let first = store::in_use(db, owner).await?;
        Ok(first.context("a data key that was just drawn is gone")?)
    }
}

/// Versions are times, so that a row that was deleted and made again does not repeat them.
pub(crate) fn seal_with(key: &DataKey, cell: Cell, content: &[u8], after: i64) -> Result<Sealed> {
    let now = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1000;
    let version = i64::try_from(now).unwrap_or(i64::MAX).max(after + 1);
    let bytes = key
        .seal(&cell.place(version), content)
        .with_context(|| format!("sealing {cell}"))?;
    Ok(Sealed { bytes, version })
}

pub(crate) fn open_with(key: &DataKey, cell: Cell, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>> {
    Ok(key
        .open(&cell.place(sealed.version), &sealed.bytes)
        .with_context(|| format!("opening {cell}"))?)
}
