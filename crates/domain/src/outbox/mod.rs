//! Work that follows a transaction: enqueued inside it, done after it, at least once.
//!
//! A job is claimed under a lease, worked on outside of any transaction, and settled only by whoever
//! still holds the lease. A job that fails is tried again, less and less often; one that is given
//! up stays as a row and as a line in the log. What a job says is sealed while it waits. Not for work that must happen before the answer.

mod store;

use crate::{
    Db, Result, Services,
    data_keys::{Cell, OUTBOX_PAYLOAD, Sealed},
};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;
use zeroize::Zeroizing;

/// How long a worker may take before another one may try.
const LEASE: Duration = Duration::from_mins(2);

/// With the pauses between them, about five hours.
const MOST_ATTEMPTS: i32 = 16;

const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// What kind of work it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Topic {
    /// A letter to send.
    Mail,
}

impl Topic {
    fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
        }
    }
}

/// A job that this worker holds.
pub(crate) struct Job {
    /// The same at every attempt.
    pub(crate) id: Uuid,
    payload: Sealed,
    lease: Uuid,
    attempts: i32,
}

/// How an attempt went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// For the operator; holds nothing secret.
    pub reason: String,
    /// Whether another attempt is worthwhile.
    pub retry: bool,
}

/// Adds a job to the caller's transaction: it exists if and only if that commits.
pub(crate) async fn enqueue(
    s: &Services,
    db: &mut PgConnection,
    topic: Topic,
    payload: &str,
) -> Result<()> {
    let id = Uuid::now_v7();
    let sealed = s.data_keys.seal(db, cell(id), payload.as_bytes()).await?;
    store::insert(db, id, topic.as_str(), &sealed).await
}

fn cell(id: Uuid) -> Cell {
    Cell::of_instance(&OUTBOX_PAYLOAD, id)
}

/// What a job says; never logged.
pub(crate) async fn open(s: &Services, job: &Job) -> Result<Zeroizing<Vec<u8>>> {
    if job.payload.version == 0 {
        // Enqueued by version 0.1, which did not seal.
        return Ok(Zeroizing::new(job.payload.bytes.clone()));
    }
    let mut db = s.db.system().await?;
    s.data_keys.open(&mut db, cell(job.id), &job.payload).await
}

/// Takes the job that has been due for longest, if there is one.
pub(crate) async fn claim(db: &Db, topic: Topic) -> Result<Option<Job>> {
    store::claim(
        &mut *db.system().await?,
        topic.as_str(),
        Uuid::now_v7(),
        LEASE,
    )
    .await
}

/// Deletes a job that is done, with everything it held.
pub(crate) async fn done(db: &Db, job: &Job) -> Result<()> {
    store::delete(&mut *db.system().await?, job.id, job.lease).await
}

/// Puts a job back for later, or gives it up.
pub(crate) async fn failed(db: &Db, job: &Job, failure: &Failure) -> Result<()> {
    let mut db = db.system().await?;
    let (job_id, attempts, reason) = (job.id, job.attempts, failure.reason.as_str());
    if failure.retry && attempts < MOST_ATTEMPTS {
        tracing::warn!(%job_id, attempts, reason, "a job failed and will be tried again");
        return store::retry(&mut db, job.id, job.lease, reason, pause(attempts)).await;
    }
    tracing::error!(%job_id, attempts, reason, "a job was given up; its row stays in the outbox");
    store::give_up(&mut db, job.id, job.lease, reason).await
}

fn pause(attempts: i32) -> Duration {
    let doublings = attempts.saturating_sub(1).clamp(0, 16).unsigned_abs();
    (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour() {
        assert_eq!(pause(1), FIRST_PAUSE);
        assert_eq!(pause(3), FIRST_PAUSE * 4);
        assert_eq!(pause(i32::MAX), LONGEST_PAUSE);
    }
}
