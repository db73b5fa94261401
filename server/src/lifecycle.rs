//! The two steps of stopping: first nobody new is sent here, then what is open ends.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Where the server is on its way to the end. Clones see the same.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    draining: CancellationToken,
    stopping: CancellationToken,
}

impl Lifecycle {
    /// From now on `/readyz` tells balancers to send requests elsewhere.
    pub fn start_draining(&self) {
        self.draining.cancel();
    }

    /// From now on no connection is accepted and streams end.
    pub fn stop(&self) {
        self.draining.cancel();
        self.stopping.cancel();
    }

    /// Whether new requests should go elsewhere.
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// Cancelled by [`stop`](Self::stop).
    pub fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }
}

/// The operating system's ways to say "please stop".
pub(crate) struct StopSignals([Signal; 3]);

impl StopSignals {
    /// From now on these signals no longer kill the process.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self([
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
            // The terminal was closed.
            signal(SignalKind::hangup())?,
        ]))
    }

    /// Waits for the next of them.
    pub(crate) async fn next(&mut self) {
        let [terminate, interrupt, hangup] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
