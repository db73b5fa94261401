//! Sends letters that are due. A slow mail server holds up letters alone.

use super::Runs;
use crate::mailer::Mailer;
use domain::{Services, mail};
use std::time::Duration;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How long a letter waits at most before somebody looks.
const PAUSE: Duration = Duration::from_millis(500);

/// Runs until `stop`. A letter that is being sent then is finished first.
pub(super) async fn send(services: Services, mailer: Mailer, runs: Runs, stop: CancellationToken) {
    let mut failing = false;
    while stop.run_until_cancelled(sleep(PAUSE)).await.is_some() {
        let sent = mail::send_due(&services, &mailer).await;
        runs.ended("send mail", PAUSE, &sent);
        match sent {
            Ok(_) => failing = false,
            Err(error) if !failing => {
                failing = true;
                tracing::error!("cannot send mail: {:#}", anyhow::Error::from(error));
            }
            Err(_) => {}
        }
    }
}
