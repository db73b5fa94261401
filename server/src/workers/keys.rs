//! Wrapping data keys anew when the key-encryption key has changed.

use super::{Job, Runs, repeat};
use domain::{Services, data_keys};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How soon a new key-encryption key is noticed that another server came with.
const LOOK: Duration = Duration::from_secs(10);

pub(super) fn start(
    set: &mut JoinSet<()>,
    services: &Services,
    runs: &Runs,
    stop: &CancellationToken,
) {
    let job = |s: Services| -> Job {
        Box::pin(async move {
            let tell = |sentence: String| tracing::info!("{sentence}");
            data_keys::rewrap(&s, &tell).await.map(drop)
        })
    };
    let (services, runs, stop) = (services.clone(), runs.clone(), stop.clone());
    set.spawn(repeat(
        "wrap data keys anew",
        LOOK,
        job,
        services,
        runs,
        stop,
    ));
}
