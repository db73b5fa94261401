//! What this server remembers of how its jobs run. It is written down every few seconds in one statement, however often
//! they run: the operator's console reads it there.

use domain::Services;
use domain::operator::{JobRun, write_runs};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How late the console may be.
const WRITE: Duration = Duration::from_secs(10);

/// Of an error so much is kept.
const LONGEST: usize = 500;

/// The last runs of each job. Cloning shares them.
#[derive(Clone, Default)]
pub(super) struct Runs(Arc<Mutex<BTreeMap<&'static str, JobRun>>>);

impl Runs {
    /// Notes that a job has ended, and how.
    pub(super) fn ended<T>(&self, job: &'static str, every: Duration, how: &domain::Result<T>) {
        let now = OffsetDateTime::now_utc();
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let run = runs.entry(job).or_insert_with(|| JobRun {
            job,
            every,
            last_run: now,
            last_success: None,
            last_error_at: None,
            last_error: None,
        });
        run.last_run = now;
        match how {
            Ok(_) => run.last_success = Some(now),
            Err(error) => {
                run.last_error_at = Some(now);
                run.last_error = Some(error.for_the_log().chars().take(LONGEST).collect());
            }
        }
    }

    /// Writes down what is new until `stop`, and once more then.
    pub(super) async fn keep(self, services: Services, stop: CancellationToken) {
        while stop.run_until_cancelled(sleep(WRITE)).await.is_some() {
            self.write(&services).await;
        }
        self.write(&services).await;
    }

    /// What cannot be written now is written with what follows: the database is away, and says so elsewhere.
    async fn write(&self, services: &Services) {
        let runs: Vec<JobRun> = {
            let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            runs.values().cloned().collect()
        };
        if let Err(error) = write_runs(services, &runs).await {
            tracing::debug!(
                error = error.for_the_log(),
                "cannot write down how jobs run"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api_types::Refusal;

    #[test]
    fn a_failure_is_remembered_until_the_next_and_does_not_hide_the_last_success() {
        let runs = Runs::default();
        let every = Duration::from_secs(1);
        runs.ended("job", every, &Ok(()));
        let failed: domain::Result<()> = Err(Refusal::conflict("busy").into());
        runs.ended("job", every, &failed);
        runs.ended("other", every, &Ok(()));
        let known = runs.0.lock().expect("no panic before");
        let job = &known["job"];
        assert_eq!(job.last_error.as_deref(), Some("busy"));
        assert!(job.last_error_at >= job.last_success && job.last_success.is_some());
        assert_eq!(known["other"].last_error, None);
    }
}
