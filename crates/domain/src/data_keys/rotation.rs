//! Rotation while serving. A key-encryption key is followed by another when every data key has been
//! wrapped anew; a data key, when every cell has been sealed anew.
//!
//! Each step is a small transaction of its own and is found again by what the database says, so
//! whoever is killed in between leaves work and no damage. A cell is replaced only if nobody changed
//! it meanwhile; a key goes only when nothing is sealed with it, which the database itself enforces.

use super::{Cell, Column, Owner, WrappedKey, open_with, seal_with, store};
use crate::{Error, Result, Services};
use api_types::{Refusal, TenantId};
use sqlx::PgConnection;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

/// One process at a time; the number is this job's name among advisory locks.
const LOCK: i64 = 0x6275_6c6b_6b65_7973;

/// So many keys or cells in one transaction.
const BATCH: i64 = 200;

/// How long retired keys stay after nothing is sealed with them: longer than any statement of a
/// server runs that still holds a cell, or still seals with them.
pub const GRACE: Duration = Duration::from_secs(20);

/// Takes sentences that say how far it is.
pub type Tell<'a> = &'a (dyn Fn(String) + Sync);

/// What a rotation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Data keys that were wrapped anew.
    pub rewrapped: u64,
    /// Data keys that were drawn.
    pub drawn: u64,
    /// Cells that were sealed anew.
    pub sealed: u64,
    /// Cells that do not open, and stay with their keys.
    pub unopened: u64,
    /// Data keys that were removed.
    pub removed: u64,
}

/// Wraps with the key-encryption key in use whatever another one wraps. Answers how many keys; none
/// when another process is at it.
pub async fn rewrap(s: &Services, tell: Tell<'_>) -> Result<u64> {
    s.data_keys.sweep();
    let others = {
        let mut db = s.db.system().await?;
        store::count_wrapped_by_others(&mut db, s.data_keys.ring.id()).await?
    };
    if others == 0 {
        return Ok(0);
    }
    match lock(s).await? {
        Some(mut db) => rewrap_all(s, &mut db, tell).await,
        None => Ok(0),
    }
}

/// Draws new data keys for every owner, seals every cell of these columns anew, and removes the
/// keys of before. Goes on where one that was killed has ended.
pub async fn rotate(
    s: &Services,
    columns: &[&'static Column],
    grace: Duration,
    tell: Tell<'_>,
) -> Result<Rotated> {
    let Some(mut db) = lock(s).await? else {
        let message = "another process wraps or rotates keys at this moment";
        return Err(Refusal::conflict(message).into());
    };
    let mut done = Rotated {
        rewrapped: rewrap_all(s, &mut db, tell).await?,
        drawn: draw_all(s, &mut db, tell).await?,
        ..Rotated::default()
    };
    let mut quiet_since = Instant::now();
    loop {
        let retired = retired(&mut db).await?;
        if retired.is_empty() {
            return Ok(done);
        }
        let (sealed, unopened) = seal_all(s, &mut db, columns, &retired, tell).await?;
        done.sealed += sealed;
        done.unopened = unopened;
        if sealed > 0 {
            quiet_since = Instant::now();
        }
        if quiet_since.elapsed() < grace {
            sleep(grace / 8).await;
            continue;
        }
        let removed = remove(&mut db, &retired).await?;
        done.removed += removed;
        tell(format!("{removed} data keys of before are removed"));
        if unopened > 0 {
            return Ok(done);
        }
    }
}

/// On a connection of its own, so that the lock goes with it however this ends.
async fn lock(s: &Services) -> Result<Option<PgConnection>> {
    let mut db = s.db.system().await?.detach();
    let locked = store::try_lock(&mut db, LOCK).await?;
    Ok(locked.then_some(db))
}

async fn rewrap_all(s: &Services, db: &mut PgConnection, tell: Tell<'_>) -> Result<u64> {
    let ring = &s.data_keys.ring;
    let total = store::count_wrapped_by_others(db, ring.id()).await?;
    let (mut done, mut after) = (0, None);
    loop {
        let batch = store::wrapped_by_others(db, ring.id(), after, BATCH).await?;
        let Some((_, last)) = batch.last() else {
            return Ok(done);
        };
        after = Some(last.id);
        let mut fresh = Vec::new();
        for (owner, old) in &batch {
            match rewrapped(s, *owner, old).await {
                Ok(new) => fresh.push((*owner, new)),
                Err(error) => tell(format!(
                    "the data key {} stays as it is: {}",
                    old.id,
                    error.for_the_log()
                )),
            }
        }
        done += store::rewrap(db, &fresh).await?;
        tell(format!(
            "{done} of {total} data keys are wrapped anew, with {}",
            ring.id()
        ));
    }
}

async fn rewrapped(s: &Services, owner: Owner, old: &WrappedKey) -> Result<WrappedKey> {
    let ring = &s.data_keys.ring;
    ring.wrap(owner, &ring.unwrap(owner, old).await?).await
}

/// Keys that were drawn after the first one was retired are of this very rotation.
async fn draw_all(s: &Services, db: &mut PgConnection, tell: Tell<'_>) -> Result<u64> {
    let begun = store::rotation_begun(db).await?;
    let mut drawn = 0;
    loop {
        let due = store::in_use_since_before(db, begun, BATCH).await?;
        if due.is_empty() {
            break;
        }
        for (owner, old) in due {
            let new = s.data_keys.ring.draw(owner).await?;
            drawn += store::follow(db, owner, old, &new).await?;
        }
        tell(format!("{drawn} new data keys are drawn"));
    }
    s.data_keys.cache.forget_all();
    Ok(drawn)
}

type Retired = HashMap<Owner, Vec<Uuid>>;

async fn retired(db: &mut PgConnection) -> Result<Retired> {
    let mut retired = Retired::new();
    for (owner, key) in store::retired(db).await? {
        retired.entry(owner).or_default().push(key);
    }
    Ok(retired)
}

async fn seal_all(
    s: &Services,
    db: &mut PgConnection,
    columns: &[&'static Column],
    retired: &Retired,
    tell: Tell<'_>,
) -> Result<(u64, u64)> {
    let (mut sealed, mut unopened) = (0, 0);
    for (owner, keys) in retired {
        for column in columns {
            let done = match owner {
                Owner::Instance if !column.of_tenants => {
                    seal_column(s, db, column, *owner, keys, tell).await?
                }
                Owner::Tenant(tenant) if column.of_tenants => {
                    seal_tenants_column(s, column, *tenant, keys, tell).await?
                }
                _ => (0, 0),
            };
            sealed += done.0;
            unopened += done.1;
        }
    }
    Ok((sealed, unopened))
}

async fn seal_column(
    s: &Services,
    db: &mut PgConnection,
    column: &'static Column,
    owner: Owner,
    keys: &[Uuid],
    tell: Tell<'_>,
) -> Result<(u64, u64)> {
    let (mut sealed, mut unopened, mut after) = (0, 0, None);
    while let Some(batch) = seal_batch(s, db, column, owner, keys, after, tell).await? {
        sealed += batch.sealed;
        unopened += batch.unopened;
        after = Some(batch.last);
    }
    Ok((sealed, unopened))
}

/// As the runtime role, inside the tenant: a batch is a transaction.
async fn seal_tenants_column(
    s: &Services,
    column: &'static Column,
    tenant: TenantId,
    keys: &[Uuid],
    tell: Tell<'_>,
) -> Result<(u64, u64)> {
    let owner = Owner::Tenant(tenant);
    let (mut sealed, mut unopened, mut after) = (0, 0, None);
    loop {
        let mut tx = s.db.tenant_tx(tenant).await?;
        let Some(batch) = seal_batch(s, &mut tx, column, owner, keys, after, tell).await? else {
            return Ok((sealed, unopened));
        };
        tx.commit().await?;
        sealed += batch.sealed;
        unopened += batch.unopened;
        after = Some(batch.last);
    }
}

struct Batch {
    sealed: u64,
    unopened: u64,
    last: Uuid,
}

async fn seal_batch(
    s: &Services,
    db: &mut PgConnection,
    column: &'static Column,
    owner: Owner,
    keys: &[Uuid],
    after: Option<Uuid>,
    tell: Tell<'_>,
) -> Result<Option<Batch>> {
    let old = store::cells::under(db, column, owner, keys, after, BATCH).await?;
    let Some((last, _)) = old.last() else {
        return Ok(None);
    };
    let last = *last;
    let in_use = s.data_keys.in_use(db, owner).await?;
    let (mut fresh, mut unopened) = (Vec::new(), 0);
    for (row, sealed) in old {
        let cell = Cell::new(column, owner, row);
        let id = vault::envelope::data_key_of(&sealed.bytes).map_err(anyhow::Error::from)?;
        let key = s.data_keys.by_id(db, owner, id).await?;
        match open_with(&key, cell, &sealed) {
            Ok(content) => {
                let new = seal_with(&in_use, cell, &content, sealed.version)?;
                fresh.push((row, new, sealed.version));
            }
            Err(error) => {
                unopened += 1;
                tell(format!("left as it is: {}", error.for_the_log()));
            }
        }
    }
    let sealed = store::cells::replace(db, column, owner, fresh).await?;
    let (table, name) = (column.table, column.name);
    tell(format!("{table}.{name}: {sealed} cells are sealed anew"));
    Ok(Some(Batch {
        sealed,
        unopened,
        last,
    }))
}

/// What something is still sealed with stays: the next round seals that anew.
async fn remove(db: &mut PgConnection, retired: &Retired) -> Result<u64> {
    let mut removed = 0;
    for (owner, keys) in retired {
        for key in keys {
            match store::remove(db, *owner, *key).await {
                Ok(rows) => removed += rows,
                Err(error) if is_in_use(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(removed)
}

fn is_in_use(error: &Error) -> bool {
    let Error::Broken(error) = error else {
        return false;
    };
    let database = error.downcast_ref::<sqlx::Error>();
    database
        .and_then(sqlx::Error::as_database_error)
        .is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation)
}
