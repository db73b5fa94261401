//! Numbers of usage, and the partitions of what they are made of.

use super::{Job, Runs, repeat};
use domain::{Services, idempotency, usage};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Pages that are open show new numbers about this often.
const ROLL_UP: Duration = Duration::from_secs(1);
/// Months have their partition long before they begin.
const KEEP_PARTITIONS: Duration = Duration::from_hours(1);
const DELETE_KEYS: Duration = Duration::from_hours(1);

/// Calls of partitions that ended `retention_days` ago are dropped; 0 keeps them.
pub(super) fn start(
    set: &mut JoinSet<()>,
    services: &Services,
    retention_days: u32,
    runs: &Runs,
    stop: &CancellationToken,
) {
    let every = |name, period, job: fn(Services) -> Job| {
        let (services, runs) = (services.clone(), runs.clone());
        repeat(name, period, job, services, runs, stop.clone())
    };
    set.spawn(every("delete old idempotency keys", DELETE_KEYS, |s| {
        Box::pin(async move { idempotency::delete_expired(&s.db).await.map(drop) })
    }));
    set.spawn(every("forget old exports of calls", DELETE_KEYS, |s| {
        Box::pin(async move { usage::export::delete_expired(&s.db).await.map(drop) })
    }));
    let until = stop.clone();
    let roll_up = move |s: Services| -> Job {
        let pace = usage::Pace::Gentle(until.clone());
        Box::pin(async move { usage::roll_up(&s.db, &pace).await.map(drop) })
    };
    set.spawn(repeat(
        "roll up usage",
        ROLL_UP,
        roll_up,
        services.clone(),
        runs.clone(),
        stop.clone(),
    ));
    let keep = move |s: Services| -> Job {
        Box::pin(async move {
            usage::keep_partitions(&s.db, retention_days)
                .await
                .map(drop)
        })
    };
    let name = "keep the partitions of calls";
    set.spawn(repeat(
        name,
        KEEP_PARTITIONS,
        keep,
        services.clone(),
        runs.clone(),
        stop.clone(),
    ));
}
