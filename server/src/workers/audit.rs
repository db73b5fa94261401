//! Signing the ends of audit logs, and removing what is old.

use super::{Job, repeat};
use crate::audit_checkpoints::Checkpoints;
use domain::{Services, audit};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// What was written to a log earlier than this cannot be taken back unnoticed.
const SIGN: Duration = Duration::from_mins(5);
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
    stop: &CancellationToken,
) {
    let AuditJobs {
        checkpoints,
        retention_days,
    } = jobs;
    let sign = move |s: Services| -> Job {
        let checkpoints = checkpoints.clone();
        Box::pin(async move { checkpoints.sign(&s.db).await.map(drop) })
    };
    let (services, stop) = (services.clone(), stop.clone());
    if retention_days > 0 {
        let trim = move |s: Services| -> Job {
            Box::pin(async move { audit::trim(&s, retention_days).await.map(drop) })
        };
        let name = "remove old rows of audit logs";
        set.spawn(repeat(name, TRIM, trim, services.clone(), stop.clone()));
    }
    let name = "sign the ends of audit logs";
    set.spawn(repeat(name, SIGN, sign, services, stop));
}
