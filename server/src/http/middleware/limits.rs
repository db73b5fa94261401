//! So many requests at once and no more: what waits in a queue without end is answered too late for anybody.

use crate::http::error::busy;
use axum::response::Response;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, SemaphorePermit};

/// How often the log says that requests were sent away. A line for each would cost more than what they asked for.
const SAY: Duration = Duration::from_secs(1);

/// Shared by all connections.
pub(crate) struct Slots {
    free: Semaphore,
    away: Mutex<Away>,
}

/// Requests that were sent away since the log said so.
struct Away {
    requests: u64,
    said: Option<Instant>,
}

impl Slots {
    /// So many requests at once.
    pub(crate) fn new(most: usize) -> Self {
        let away = Away {
            requests: 0,
            said: None,
        };
        Self {
            free: Semaphore::new(most),
            away: Mutex::new(away),
        }
    }

    fn count(&self) {
        // Whoever holds it counts for a moment; one that is not counted then is in no line.
        let Ok(mut away) = self.away.try_lock() else {
            return;
        };
        away.requests += 1;
        if away.said.is_none_or(|said| said.elapsed() >= SAY) {
            let requests = away.requests;
            tracing::warn!(
                requests,
                "sent away: BULKHEAD_MAX_REQUESTS are being answered"
            );
            *away = Away {
                requests: 0,
                said: Some(Instant::now()),
            };
        }
    }
}

/// A slot until it is dropped, or 503 at once when all are taken. A stream gives its slot back when it begins.
pub(crate) fn take(slots: &Slots) -> Result<SemaphorePermit<'_>, Response> {
    slots.free.try_acquire().map_err(|_| {
        slots.count();
        busy()
    })
}
