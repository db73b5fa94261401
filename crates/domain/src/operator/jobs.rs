//! How the jobs of the servers run. Servers remember it and write it down now and then; the console reads it.

use super::{Operator, store};
use crate::{Result, Services};
use api_types::operator::{Health, JobState, JobView, QueueView};
use std::time::Duration;
use time::OffsetDateTime;

/// The topic of letters in the outbox.
const MAIL: &str = "mail";

/// How a job last ran on one server.
#[derive(Clone, Debug)]
pub struct JobRun {
    /// What it does, in a few words: its name.
    pub job: &'static str,
    /// How often it runs.
    pub every: Duration,
    /// When it last ended.
    pub last_run: OffsetDateTime,
    /// When it last ended well.
    pub last_success: Option<OffsetDateTime>,
    /// When it last failed.
    pub last_error_at: Option<OffsetDateTime>,
    /// And why, in the words of the log.
    pub last_error: Option<String>,
}

impl JobRun {
    pub(super) fn every_ms(&self) -> i64 {
        i64::try_from(self.every.as_millis()).unwrap_or(i64::MAX)
    }
}

/// Writes down how jobs ran on this server.
pub async fn write_runs(s: &Services, runs: &[JobRun]) -> Result<()> {
    store::health::write(&mut *s.db.system().await?, runs).await
}

/// How the jobs are, those that need somebody first, and what waits for them.
pub async fn health(s: &Services, _: &Operator) -> Result<Health> {
    let mut db = s.db.system().await?;
    let rows = store::health::jobs(&mut db).await?;
    let mut queues = store::health::queues(&mut db).await?;
    if queues.iter().all(|queue| queue.name != MAIL) {
        // An empty queue is there too, and people look for it.
        queues.insert(0, empty(MAIL));
    }
    let now = OffsetDateTime::now_utc();
    let mut jobs: Vec<JobView> = rows.into_iter().map(|row| view(row, now)).collect();
    jobs.sort_by_key(|job| job.state == JobState::Fine);
    Ok(Health {
        jobs,
        queues: queues.into_iter().map(named).collect(),
    })
}

fn view(row: store::health::Row, now: OffsetDateTime) -> JobView {
    let failed_last = row.last_error_at.is_some() && row.last_error_at >= row.last_success_at;
    let state = if failed_last {
        JobState::Failing
    } else if is_late(now - row.last_run_at, row.every_ms) {
        JobState::Late
    } else {
        JobState::Fine
    };
    JobView {
        name: row.job,
        state,
        every_ms: row.every_ms,
        last_run: row.last_run_at,
        last_success: row.last_success_at,
        last_error_at: row.last_error_at,
        last_error: row.last_error,
    }
}

/// Runs are written down some seconds later, and a busy server rests between them.
fn is_late(ago: time::Duration, every_ms: i64) -> bool {
    ago > time::Duration::milliseconds(every_ms.saturating_mul(2)) + time::Duration::minutes(1)
}

fn empty(name: &str) -> QueueView {
    QueueView {
        name: name.to_owned(),
        waiting: 0,
        oldest_due: None,
        dead: Some(0),
    }
}

/// In words for people.
fn named(queue: QueueView) -> QueueView {
    let name = match queue.name.as_str() {
        MAIL => "Letters",
        "webhooks" => "Deliveries of webhooks",
        "tokens" => "Tokens of connections to refresh",
        "documents" => "Documents of imported APIs to fetch",
        "audit" => "Audit logs whose end is not signed yet",
        "tenants" => "Deleted tenants whose time is over",
        "days" => "Days of usage to be computed anew",
        "stripe" => "Events of Stripe to be followed",
        "minutes" => "Minutes whose calls are in no chart yet",
        other => other,
    };
    QueueView {
        name: name.to_owned(),
        ..queue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(run: i64, success: Option<i64>, error: Option<i64>) -> store::health::Row {
        let ago = |seconds: i64| OffsetDateTime::UNIX_EPOCH - time::Duration::seconds(seconds);
        store::health::Row {
            job: "job".into(),
            every_ms: 1000,
            last_run_at: ago(run),
            last_success_at: success.map(ago),
            last_error_at: error.map(ago),
            last_error: None,
        }
    }

    #[test]
    fn a_job_is_fine_late_or_failing() {
        let state = |row| view(row, OffsetDateTime::UNIX_EPOCH).state;
        assert_eq!(state(row(5, Some(5), None)), JobState::Fine);
        assert_eq!(state(row(5, Some(5), Some(60))), JobState::Fine);
        assert_eq!(state(row(90, Some(90), None)), JobState::Late);
        assert_eq!(state(row(5, Some(60), Some(5))), JobState::Failing);
        assert_eq!(state(row(5, None, Some(5))), JobState::Failing);
    }
}
