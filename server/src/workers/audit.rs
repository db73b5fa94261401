//! Signing the ends of audit logs, and removing what is old.

use super::{Job, Runs, repeat};
use crate::audit_checkpoints::Checkpoints;
use domain::{Services, audit};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// What was written to a log earlier than this cannot be taken back unnoticed.
const SIGN: Duration = Duration::from_mins(5);
/// How soon it is tried again; each further time twice as late.
const RETRY: Duration = Duration::from_secs(2);
const TRIM: Duration = Duration::from_hours(1);

/// How audit logs are kept.
pub(crate) struct AuditJobs {
    /// Where their signed ends go.
    pub(crate) checkpoints: Checkpoints,
    /// Days after which rows are removed; 0 keeps them.
    pub(crate) retention_days: u32,
}

pub(super) fn start(
    set: &mut JoinSet<()>,
    services: &Services,
    jobs: AuditJobs,
    runs: &Runs,
    stop: &CancellationToken,
) {
    let AuditJobs {
        checkpoints,
        retention_days,
    } = jobs;
    let (services, runs, stop) = (services.clone(), runs.clone(), stop.clone());
    if retention_days > 0 {
        let trim = move |s: Services| -> Job {
            Box::pin(async move { audit::trim(&s, retention_days).await.map(drop) })
        };
        let name = "remove old rows of audit logs";
        let (services, runs, stop) = (services.clone(), runs.clone(), stop.clone());
        set.spawn(repeat(name, TRIM, trim, services, runs, stop));
    }
    set.spawn(sign(services, checkpoints, runs, stop));
}

/// Every failure is said: a log whose end is not kept can be cut unnoticed meanwhile.
async fn sign(services: Services, checkpoints: Checkpoints, runs: Runs, stop: CancellationToken) {
    let (mut failures, mut pause) = (0, Duration::ZERO);
    while stop.run_until_cancelled(sleep(pause)).await.is_some() {
        let signed = checkpoints.sign(&services.db).await;
        runs.ended("sign the ends of audit logs", SIGN, &signed);
        match signed {
            Ok(_) if failures > 0 => {
                tracing::info!(failures, "the signed ends of audit logs are kept again");
                failures = 0;
            }
            Ok(_) => {}
            Err(error) => {
                failures += 1;
                let error = anyhow::Error::from(error);
                tracing::error!(failures, "cannot sign the ends of audit logs: {error:#}");
            }
        }
        pause = pause_after(failures);
    }
}

fn pause_after(failures: u32) -> Duration {
    match failures {
        0 => SIGN,
        // More doublings than these are past the longest pause anyway.
        failures => (RETRY * 2u32.pow((failures - 1).min(16))).min(SIGN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_tried_again_soon_and_then_as_seldom_as_ever() {
        let seconds = |failures| pause_after(failures).as_secs();
        assert_eq!([1, 2, 3, 8, 9].map(seconds), [2, 4, 8, 256, 300]);
        assert_eq!([0, 1000, u32::MAX].map(seconds), [300; 3]);
    }
}
