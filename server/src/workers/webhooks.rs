//! Sends webhooks. It looks again as soon as something has ended, and does not wait for what hangs.

use super::Runs;
use domain::{Services, webhooks};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// When nothing ends meanwhile, it looks about this often.
const LOOK: Duration = Duration::from_millis(250);

/// Runs until `stop`. What is on its way then is waited for by [`webhooks::settle`].
pub(super) async fn deliver(services: Services, runs: Runs, stop: CancellationToken) {
    let mut failing = false;
    while !stop.is_cancelled() {
        let begun = webhooks::begin_due(&services).await;
        runs.ended("send webhooks", LOOK, &begun);
        match begun {
            Ok(_) => failing = false,
            Err(error) if !failing => {
                failing = true;
                tracing::error!("cannot send webhooks: {:#}", anyhow::Error::from(error));
            }
            Err(_) => {}
        }
        stop.run_until_cancelled(webhooks::next_look(&services))
            .await;
    }
}
