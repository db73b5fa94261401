//! Rollups: minutes, hours, days and months, all of them from the rows.
//!
//! A minute is recomputed whenever a row of it has arrived. An hour is computed once, when it is final, and added to its
//! day in the same transaction that notes up to when hours are in days; a day that is over is added to its month in the
//! same way. So the present day and month have numbers too, and a page of many days reads few rows. A row that comes
//! after its hour was final, from a server whose clock is wrong, has its tenant's whole day and month recomputed.

use super::{
    pieces::Grain,
    store::{
        self,
        rollup::{self, Span, State},
    },
};
use crate::{Db, Result};
use anyhow::Context as _;
use api_types::TenantId;
use sqlx::{Connection as _, PgConnection};
use time::{Duration, OffsetDateTime};

/// One server at a time rolls up; the number is this job's name among advisory locks.
const LOCK: i64 = 0x6275_6c6b_7573_6167;

/// Rows have the time at which their statement began. It writes the first of them within this.
const OVERLAP: Duration = Duration::seconds(10);
/// Nobody writes rows for longer than this before they can be seen.
const LONGEST_WRITE: Duration = Duration::minutes(3);
/// How often, and how long, it is looked whether everybody has ended who was writing. An insert takes some milliseconds.
const LOOKS: usize = 10;
const BETWEEN_LOOKS: std::time::Duration = std::time::Duration::from_millis(20);
/// Hours, days, months and repairs are looked for about this often.
const THOROUGH: Duration = Duration::seconds(30);
/// So long after its end an hour is final. Servers' clocks may be ten minutes apart, and a call takes a while.
const GRACE: Duration = Duration::minutes(12);
/// Minutes are shown for so long, also those of hours that are final.
const SHOWN: Duration = Duration::hours(3);
/// Days that are recomputed in one run at most.
const REPAIRS: usize = 20;

/// Recomputes the minutes in which rows have arrived and tells every server which tenants changed. If `thorough`, or if
/// nobody did so for half a minute, also computes the hours, days and months that have become final, and repairs days that
/// rows came too late for. Answers whether this server did it.
pub async fn roll_up(db: &Db, thorough: bool) -> Result<bool> {
    let mut connection = db.system().await?;
    let mut tx = connection.begin().await.context("beginning a rollup")?;
    if !crate::db::take_lock(&mut tx, LOCK).await? {
        return Ok(false);
    }
    let mut state = rollup::state(&mut tx).await?;
    let settled = settle(&mut tx, &state).await?;
    let oldest = state.hours_until.min(state.now - SHOWN);
    for tenant in rollup::minutes(&mut tx, state.seen_until - OVERLAP, oldest).await? {
        store::tell(&mut tx, tenant).await?;
    }
    let thorough = thorough || state.now - state.late_until >= THOROUGH;
    if thorough {
        let arrived = state.late_until - OVERLAP;
        rollup::note_late(&mut tx, arrived, state.hours_until).await?;
        state.late_until = settled;
        finish(&mut tx, &mut state).await?;
    }
    state.seen_until = settled;
    rollup::advance(&mut tx, &state).await?;
    tx.commit().await.context("keeping a rollup")?;
    if thorough {
        repair(&mut connection).await?;
    }
    Ok(true)
}

/// Waits a little for those who are writing now. Answers up to when every row can be seen: until now, if they have ended, and
/// else until what was seen before, for nobody knows since when they write.
async fn settle(db: &mut PgConnection, state: &State) -> Result<OffsetDateTime> {
    let next = rollup::next_writer(db).await?;
    for _ in 0..LOOKS {
        if rollup::have_ended(db, next).await? {
            return Ok(state.now);
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Ok(state.seen_until.max(state.now - LONGEST_WRITE))
}

/// Computes what has become final.
async fn finish(db: &mut PgConnection, state: &mut State) -> Result<()> {
    let all = |since, until| Span {
        since,
        until,
        tenant: None,
    };
    let hours = Grain::Hour.floor(state.now - GRACE);
    if hours > state.hours_until {
        rollup::fill_hours(db, all(state.hours_until, hours)).await?;
        state.hours_until = hours;
    }
    if state.hours_until > state.days_until {
        rollup::coarsen(db, "hour", "day", all(state.days_until, state.hours_until)).await?;
        state.days_until = state.hours_until;
    }
    let over = Grain::Day.floor(state.days_until);
    if over > state.months_until {
        rollup::coarsen(db, "day", "month", all(state.months_until, over)).await?;
        state.months_until = over;
    }
    Ok(())
}

/// Recomputes days from their rows, each in a transaction of its own.
async fn repair(connection: &mut PgConnection) -> Result<()> {
    for _ in 0..REPAIRS {
        let mut tx = connection.begin().await.context("beginning a repair")?;
        if !crate::db::take_lock(&mut tx, LOCK).await? {
            return Ok(());
        }
        let Some((tenant, day)) = rollup::take_repair(&mut tx).await? else {
            // Left to be dropped, it would hold the lock until somebody uses the connection.
            tx.commit().await.context("ending repairs")?;
            return Ok(());
        };
        repair_day(&mut tx, tenant, day).await?;
        store::tell(&mut tx, tenant).await?;
        tx.commit().await.context("keeping a repair")?;
    }
    Ok(())
}

async fn repair_day(db: &mut PgConnection, tenant: TenantId, day: OffsetDateTime) -> Result<()> {
    let state = rollup::state(db).await?;
    let end = day + Duration::DAY;
    if !rollup::has_rows(db, tenant, day, end).await? {
        return Ok(());
    }
    let of = |since, until| Span {
        since,
        until,
        tenant: Some(tenant),
    };
    // What is not final is read from minutes, and will be computed in its time.
    let hours = end.min(state.hours_until);
    if day < hours {
        rollup::clear(db, tenant, "hour", day, hours).await?;
        rollup::fill_hours(db, of(day, hours)).await?;
    }
    if day < state.days_until {
        rollup::clear(db, tenant, "day", day, end).await?;
        let until = end.min(state.days_until);
        rollup::coarsen(db, "hour", "day", of(day, until)).await?;
    }
    let month = Grain::Month.floor(day);
    if month < state.months_until {
        let next = Grain::Month.ceil(month + Duration::DAY);
        rollup::clear(db, tenant, "month", month, next).await?;
        let until = next.min(state.months_until);
        rollup::coarsen(db, "day", "month", of(month, until)).await?;
    }
    Ok(())
}

/// Recomputes a tenant's numbers since then from its rows, also those that were final: for what was found to be wrong. Waits
/// for a run that is on its way.
pub async fn roll_up_anew(db: &Db, tenant: TenantId, from: OffsetDateTime) -> Result<()> {
    let mut connection = db.system().await?;
    let mut tx = connection.begin().await.context("beginning a rollup")?;
    while !crate::db::take_lock(&mut tx, LOCK).await? {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let state = rollup::state(&mut tx).await?;
    let arrived = state.hours_until - LONGEST_WRITE;
    rollup::minutes(&mut tx, arrived, state.hours_until).await?;
    let mut day = Grain::Day.floor(from);
    while day < state.hours_until {
        repair_day(&mut tx, tenant, day).await?;
        day += Duration::DAY;
    }
    store::tell(&mut tx, tenant).await?;
    tx.commit().await.context("keeping a rollup")?;
    Ok(())
}
