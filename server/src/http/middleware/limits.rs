//! So many requests at once and no more: what waits in a queue without end is answered too late for anybody.

use crate::http::error::busy;
use axum::response::Response;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Shared by all connections.
pub(crate) struct Slots(Semaphore);

impl Slots {
    /// So many requests at once.
    pub(crate) fn new(most: usize) -> Self {
        Self(Semaphore::new(most))
    }
}

/// A slot until it is dropped, or 503 at once when all are taken. A stream gives its slot back when it begins.
pub(crate) fn take(slots: &Slots) -> Result<SemaphorePermit<'_>, Response> {
    slots.0.try_acquire().map_err(|_| busy())
}
