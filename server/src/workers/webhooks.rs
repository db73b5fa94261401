//! Sends webhooks. It looks again as soon as something has ended, and does not wait for what hangs.

use domain::{Services, webhooks};
use tokio_util::sync::CancellationToken;

/// Runs until `stop`. What is on its way then is waited for by [`webhooks::settle`].
pub(super) async fn deliver(services: Services, stop: CancellationToken) {
    let mut failing = false;
    while !stop.is_cancelled() {
        match webhooks::begin_due(&services).await {
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
