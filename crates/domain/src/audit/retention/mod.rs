//! Removing what is older than an instance keeps. Only rows that a signed end covers go: that end is
//! then where the log begins, and the rest still verifies.

mod store;

use super::{Event, Facts, record};
use crate::{Actor, Result, Services};
use anyhow::Context as _;
use api_types::{TenantId, audit::Act};
use serde::Serialize;
use sqlx::Connection as _;

/// Younger rows stay, whatever is asked; the database sees to it too.
pub const SHORTEST_DAYS: u32 = 30;

/// One server at a time removes; the number is this job's name among advisory locks.
const LOCK: i64 = 0x6275_6c6b_7472_696d;

/// What of it is audited: the last row that is gone, and the setting that asked for it.
#[derive(Serialize)]
struct Trimmed {
    until: i64,
    retention_days: u32,
}

impl Facts for Trimmed {}

/// Removes signed rows that are older than this many days, and says so in each log. Answers how many
/// rows went; none, when another server is at it.
pub async fn trim(s: &Services, days: u32) -> Result<u64> {
    let days = days.max(SHORTEST_DAYS);
    let mut connection = s.db.system().await?;
    let mut tx = connection.begin().await.context("beginning to trim")?;
    if !crate::db::take_lock(&mut tx, LOCK).await? {
        return Ok(0);
    }
    let mut gone = 0;
    for old in store::outdated(&mut tx, days).await? {
        tell(s, old.tenant, old.until, days).await?;
        gone += store::remove(&mut tx, old.tenant, old.until).await?;
    }
    tx.commit().await.context("keeping a trimmed audit log")?;
    Ok(gone)
}

/// Told first: a log may say once more than was done that it was trimmed, but never once less.
async fn tell(s: &Services, tenant: TenantId, until: i64, retention_days: u32) -> Result<()> {
    let facts = Trimmed {
        until,
        retention_days,
    };
    let event = Event::new(Act::TenantLogTrimmed, tenant, "audit log").after(&facts)?;
    let mut tx = s.db.tenant_tx(tenant).await?;
    record(&mut tx, &Actor::system(tenant, "retention"), event).await?;
    tx.commit().await
}
