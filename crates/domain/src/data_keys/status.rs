//! How far a rotation is, and whether a server may start with the keys that it was given.

use super::{Column, Owner, store};
use crate::{Result, Services};
use anyhow::{Context as _, ensure};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What is under which key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The name of the key-encryption key that wraps.
    pub in_use: String,
    /// How many data keys each key-encryption key wraps.
    pub data_keys: Vec<WrappedBy>,
    /// How many cells of each column are sealed with which data keys.
    pub cells: Vec<SealedCells>,
}

/// The data keys that one key-encryption key wraps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedBy {
    /// Its name.
    pub id: String,
    /// Whether this process has it.
    pub known: bool,
    /// Data keys that cells are sealed with.
    pub in_use: i64,
    /// Data keys of before.
    pub retired: i64,
}

/// The cells of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedCells {
    /// Table and column.
    pub column: String,
    /// Sealed with data keys in use.
    pub in_use: i64,
    /// Sealed with data keys of before.
    pub retired: i64,
}

impl Status {
    /// Whether everything is under keys in use.
    pub fn is_settled(&self) -> bool {
        let elsewhere = |by: &WrappedBy| by.id != self.in_use || by.retired > 0;
        !self.data_keys.iter().any(elsewhere) && self.cells.iter().all(|cells| cells.retired == 0)
    }
}

/// Counts.
pub async fn status(s: &Services, columns: &[&'static Column]) -> Result<Status> {
    let ring = &s.data_keys.ring;
    let mut db = s.db.system().await?;
    let mut data_keys = Vec::new();
    for (id, in_use, retired) in store::count_by_wrapper(&mut db).await? {
        data_keys.push(WrappedBy {
            known: ring.has(&id),
            id,
            in_use,
            retired,
        });
    }
    let retired: HashSet<Uuid> = store::retired(&mut db)
        .await?
        .into_iter()
        .map(|(_, key)| key)
        .collect();
    let mut cells = Vec::new();
    for column in columns {
        let mut counted = SealedCells {
            column: format!("{}.{}", column.table, column.name),
            in_use: 0,
            retired: 0,
        };
        for (key, count) in count(s, column).await? {
            if retired.contains(&key) {
                counted.retired += count;
            } else {
                counted.in_use += count;
            }
        }
        cells.push(counted);
    }
    Ok(Status {
        in_use: ring.id().to_owned(),
        data_keys,
        cells,
    })
}

async fn count(s: &Services, column: &'static Column) -> Result<HashMap<Uuid, i64>> {
    let mut db = s.db.system().await?;
    if !column.of_tenants {
        let counts = store::cells::count(&mut db, column, Owner::Instance).await?;
        return Ok(counts.into_iter().collect());
    }
    let mut all = HashMap::new();
    for tenant in store::tenants_with_keys(&mut db).await? {
        let mut tx = s.db.tenant_tx(tenant).await?;
        all.extend(store::cells::count(&mut tx, column, Owner::Tenant(tenant)).await?);
    }
    Ok(all)
}

/// Says why a server with these keys could not open everything, or could not seal anything.
pub async fn check(s: &Services) -> anyhow::Result<()> {
    let ring = &s.data_keys.ring;
    ring.try_out().await?;
    let status = status(s, &[]).await.context("counting data keys")?;
    for by in status.data_keys {
        ensure!(
            by.known,
            "{} data keys are wrapped with the key-encryption key {}, which is none of those that \
             are set; what is sealed with them would not open",
            by.in_use + by.retired,
            by.id
        );
    }
    Ok(())
}
