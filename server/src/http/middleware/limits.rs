//! So many requests at once and no more: what waits in a queue without end is answered too late for anybody.

use crate::http::error::busy;
use axum::response::Response;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::sleep;

/// How often the log says that requests were sent away. A line for each would cost more than what they asked for.
const SAY: Duration = Duration::from_secs(1);

/// How often it is looked whether there is room for who waits.
const LOOK: Duration = Duration::from_millis(10);

/// Shared by all connections.
pub(crate) struct Slots {
    free: Semaphore,
    away: Mutex<Away>,
    room: Arc<Room>,
}

/// Tells those who wait to be read that there is room, one for each slot that was free all the time for a while.
#[derive(Debug, Default)]
pub(crate) struct Room {
    waiting: Notify,
    /// The fewest slots that were free since it was looked.
    least_free: AtomicUsize,
    is_watched: AtomicBool,
}

impl Room {
    /// Waits for room.
    pub(crate) async fn come(&self) {
        self.waiting.notified().await;
    }
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
            room: Arc::default(),
        }
    }

    /// Where those wait who were sent away; it is watched for as long as that.
    pub(crate) fn room(self: &Arc<Self>) -> Arc<Room> {
        let room = self.room.clone();
        if !room.is_watched.swap(true, Ordering::SeqCst) {
            tokio::spawn(watch(self.clone()));
        }
        room
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

async fn watch(slots: Arc<Slots>) {
    let room = &slots.room;
    let nobody_waits = || Arc::strong_count(room) == 1;
    loop {
        let free = slots.free.available_permits();
        room.least_free.store(free, Ordering::Relaxed);
        sleep(LOOK).await;
        for _ in 0..room.least_free.load(Ordering::Relaxed) {
            room.waiting.notify_one();
        }
        if nobody_waits() {
            room.is_watched.store(false, Ordering::SeqCst);
            // Somebody may have come in between, and seen that it was.
            if nobody_waits() || room.is_watched.swap(true, Ordering::SeqCst) {
                return;
            }
        }
    }
}

/// A slot until it is dropped, or 503 at once when all are taken. A stream gives its slot back when it begins.
pub(crate) fn take(slots: &Slots) -> Result<SemaphorePermit<'_>, Response> {
    let slot = slots.free.try_acquire();
    slots
        .room
        .least_free
        .fetch_min(slots.free.available_permits(), Ordering::Relaxed);
    slot.map_err(|_| {
        slots.count();
        busy()
    })
}
