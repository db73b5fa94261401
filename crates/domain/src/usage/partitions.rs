//! Partitions of the rows, one a month: made ahead of time, and dropped when they are as old as the instance keeps.
//! What only pages need of minutes and hours is deleted in the same rhythm.

use super::store::partitions as store;
use crate::{Db, Result};
use anyhow::Context as _;
use sqlx::Connection as _;

/// Younger calls stay, whatever is asked: pages show 90 days. The database sees to it too.
pub const SHORTEST_RETENTION_DAYS: u32 = 100;

/// Months ahead that have a partition already: nobody has to be awake at midnight.
const AHEAD: i32 = 2;

/// One server at a time; the number is this job's name among advisory locks.
const LOCK: i64 = 0x6275_6c6b_7061_7274;

/// Makes the partitions of the months to come, and drops those that ended `days` days ago; none, if 0. Answers how many
/// were made and dropped; nothing, when another server is at it.
pub async fn keep_partitions(db: &Db, days: u32) -> Result<Option<(i32, i32)>> {
    let mut connection = db.system().await?;
    let mut tx = connection
        .begin()
        .await
        .context("beginning with partitions")?;
    if !crate::db::take_lock(&mut tx, LOCK).await? {
        return Ok(None);
    }
    let made = store::make(&mut tx, AHEAD).await?;
    let dropped = match days {
        0 => 0,
        days => store::drop_old(&mut tx, days.max(SHORTEST_RETENTION_DAYS)).await?,
    };
    tx.commit().await.context("keeping partitions")?;
    if made + dropped > 0 {
        tracing::info!(made, dropped, "partitions of calls");
    }
    store::prune(&mut connection).await?;
    Ok(Some((made, dropped)))
}
