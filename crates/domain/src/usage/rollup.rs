//! Rollups: minutes, hours, days and months, all of them from the rows.
//!
//! A minute is recomputed whenever a row of it has arrived. An hour is computed once, when it is final, and added to its
//! day in the same transaction that notes up to when hours are in days; a day that is over is added to its month in the
//! same way. So the present day and month have numbers too, and a page of many days reads few rows. A row that comes
//! after its hour was final, from a server whose clock is wrong, has its tenant's whole day and month recomputed.

use super::{
    pace::{Pace, Rests},
    pieces::Grain,
    store::{
        self,
        arrivals::{self, Arrival, Part},
        rollup::{self, Span, State},
    },
};
use crate::{Db, Result};
use anyhow::Context as _;
use api_types::TenantId;
use sqlx::{Connection as _, PgConnection};
use std::collections::HashSet;
use time::{Duration, OffsetDateTime};
use tokio::time::Instant;

/// One server at a time rolls up; the number is this job's name among advisory locks.
const LOCK: i64 = 0x6275_6c6b_7573_6167;

/// Rows have the time at which their statement began. It writes the first of them within this.
const OVERLAP: Duration = Duration::seconds(10);
/// Nobody writes rows for longer than this before they can be seen.
const LONGEST_WRITE: Duration = Duration::minutes(3);
/// How often, and how long, it is looked whether everybody has ended who was writing. An insert takes some milliseconds.
const LOOKS: usize = 10;
const BETWEEN_LOOKS: std::time::Duration = std::time::Duration::from_millis(20);
/// So long after its end an hour is final. Servers' clocks may be ten minutes apart, and a call takes a while.
const GRACE: Duration = Duration::minutes(12);
/// Minutes are shown for so long, also those of hours that are final.
const SHOWN: Duration = Duration::hours(3);
/// About how many rows are added up at once, which takes some twenty milliseconds.
const PIECE: i64 = 20_000;
/// A day is recomputed so long after a row of it came late: there may be more of them.
const MORE_MAY_COME: Duration = Duration::seconds(30);
/// Days that are recomputed in one run at most.
const REPAIRS: usize = 20;

/// Recomputes the minutes in which rows have arrived and tells every server which tenants changed; computes the hours, days
/// and months that have become final, and repairs days that rows came too late for: at once, or half a minute later. Answers
/// whether this server did it.
pub async fn roll_up(db: &Db, pace: &Pace) -> Result<bool> {
    let rests = Rests::new(pace);
    let mut connection = db.system().await?;
    let mut tx = connection.begin().await.context("beginning a rollup")?;
    if !crate::db::take_lock(&mut tx, LOCK).await? {
        return Ok(false);
    }
    rollup::expect_many_rows(&mut tx).await?;
    let mut state = rollup::state(&mut tx).await?;
    let settled = settle(&mut tx, &state).await?;
    let begun = Instant::now();
    // A server of before looked for late rows less often than for others.
    let unseen = state.seen_until.min(state.late_until) - OVERLAP;
    let arrivals = arrivals::arrivals(&mut tx, unseen).await?;
    note_late(&mut tx, &arrivals, &state).await?;
    rests.after(begun).await;
    for tenant in minutes(&mut tx, arrivals, &state, &rests).await? {
        store::tell(&mut tx, tenant).await?;
    }
    let begun = Instant::now();
    finish(&mut tx, &mut state).await?;
    state.seen_until = settled;
    state.late_until = settled;
    rollup::advance(&mut tx, &state).await?;
    tx.commit().await.context("keeping a rollup")?;
    let noted = match pace {
        Pace::AtOnce => state.now,
        Pace::Gentle(_) => state.now - MORE_MAY_COME,
    };
    repair(&mut connection, noted).await?;
    drop(connection);
    rests.after(begun).await;
    Ok(true)
}

/// Notes the days of rows whose hours were final already.
async fn note_late(db: &mut PgConnection, arrivals: &[Arrival], state: &State) -> Result<()> {
    let late = arrivals.iter().filter(|a| a.minute < state.hours_until);
    let days: HashSet<_> = late
        .map(|a| (a.tenant, Grain::Day.floor(a.minute)))
        .collect();
    if days.is_empty() {
        return Ok(());
    }
    arrivals::note_late(db, &Vec::from_iter(days)).await
}

/// Recomputes the minutes in which rows have arrived, a piece at a time. Answers the tenants whose numbers changed.
async fn minutes(
    db: &mut PgConnection,
    mut arrivals: Vec<Arrival>,
    state: &State,
    rests: &Rests<'_>,
) -> Result<HashSet<TenantId>> {
    let oldest = state.hours_until.min(state.now - SHOWN);
    arrivals.retain(|a| a.minute >= Grain::Minute.floor(oldest));
    let (long, short): (Vec<_>, Vec<_>) = arrivals.into_iter().partition(|a| a.rows > PIECE);
    let mut changed = HashSet::new();
    for piece in together(short) {
        let begun = Instant::now();
        changed.extend(arrivals::minutes(db, &piece, false).await?);
        rests.after(begun).await;
    }
    for minute in long {
        arrivals::clear_minute(db, minute.tenant, minute.minute).await?;
        for part in apart(&minute) {
            let begun = Instant::now();
            changed.extend(arrivals::minutes(db, &[part], true).await?);
            rests.after(begun).await;
        }
    }
    Ok(changed)
}

/// Whole minutes that have about a piece's rows together.
fn together(arrivals: Vec<Arrival>) -> Vec<Vec<Part>> {
    let (mut pieces, mut rows) = (Vec::<Vec<_>>::new(), 0);
    for a in arrivals {
        rows += a.rows;
        if pieces.is_empty() || rows > PIECE {
            pieces.push(Vec::new());
            rows = a.rows;
        }
        if let Some(last) = pieces.last_mut() {
            last.push(Part {
                tenant: a.tenant,
                since: a.minute,
                until: a.minute + Duration::MINUTE,
            });
        }
    }
    pieces
}

/// Parts of a minute that have about a piece's rows each.
fn apart(minute: &Arrival) -> impl Iterator<Item = Part> {
    let (tenant, begin) = (minute.tenant, minute.minute);
    // No shorter than the milliseconds that ids have.
    let parts = (minute.rows / PIECE + 1).min(60_000);
    let at = move |nth| begin + Duration::milliseconds(60_000 * nth / parts);
    (0..parts).map(move |nth| Part {
        tenant,
        since: at(nth),
        until: at(nth + 1),
    })
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

/// Recomputes days that were noted before then from their rows, each in a transaction of its own.
async fn repair(connection: &mut PgConnection, noted_until: OffsetDateTime) -> Result<()> {
    for _ in 0..REPAIRS {
        let mut tx = connection.begin().await.context("beginning a repair")?;
        if !crate::db::take_lock(&mut tx, LOCK).await? {
            return Ok(());
        }
        let Some((tenant, day)) = rollup::take_repair(&mut tx, noted_until).await? else {
            // Left to be dropped, it would hold the lock until somebody uses the connection.
            tx.commit().await.context("ending repairs")?;
            return Ok(());
        };
        rollup::expect_many_rows(&mut tx).await?;
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
    rollup::expect_many_rows(&mut tx).await?;
    let state = rollup::state(&mut tx).await?;
    let arrivals = arrivals::arrivals(&mut tx, state.hours_until - LONGEST_WRITE).await?;
    minutes(&mut tx, arrivals, &state, &Rests::new(&Pace::AtOnce)).await?;
    let mut day = Grain::Day.floor(from);
    while day < state.hours_until {
        repair_day(&mut tx, tenant, day).await?;
        day += Duration::DAY;
    }
    store::tell(&mut tx, tenant).await?;
    tx.commit().await.context("keeping a rollup")?;
    Ok(())
}
