//! Rollups: minutes and days, recomputed from the rows, never incremented.
//!
//! A row is dated when its call was admitted and committed before the call's deadline, so a minute
//! is final a little after it has passed; until then every run computes it again.

use super::store;
use crate::{Db, Result};
use anyhow::Context as _;
use sqlx::Connection as _;
use std::time::Duration;
use time::OffsetDateTime;

/// One server at a time rolls up; the number is this job's name among advisory locks.
const LOCK: i64 = 0x6275_6c6b_7573_6167;

/// Recomputes the minutes that are not final and tells every server which tenants changed.
/// `with_days` recomputes the days they belong to as well. Answers whether this server did it.
pub async fn roll_up(db: &Db, with_days: bool) -> Result<bool> {
    let mut connection = db.system().await?;
    let mut tx = connection.begin().await.context("beginning a rollup")?;
    if !store::take_lock(&mut tx, LOCK).await? {
        return Ok(false);
    }
    let from = store::final_until(&mut tx).await?;
    for tenant in store::roll_up_minutes(&mut tx, from).await? {
        store::tell(&mut tx, tenant).await?;
    }
    if with_days {
        store::roll_up_days(&mut tx, from).await?;
    }
    store::advance(&mut tx).await?;
    tx.commit().await.context("keeping a rollup")?;
    Ok(true)
}

/// Recomputes the minutes since then, also those that were final, and the days that they belong to: for what was found to
/// be wrong. Waits for a run that is on its way.
pub async fn roll_up_from(db: &Db, from: OffsetDateTime) -> Result<()> {
    let mut connection = db.system().await?;
    let mut tx = connection.begin().await.context("beginning a rollup")?;
    while !store::take_lock(&mut tx, LOCK).await? {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for tenant in store::roll_up_minutes(&mut tx, from).await? {
        store::tell(&mut tx, tenant).await?;
    }
    store::roll_up_days(&mut tx, from).await?;
    tx.commit().await.context("keeping a rollup")?;
    Ok(())
}
