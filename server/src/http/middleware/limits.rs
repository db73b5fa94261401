//! So many requests at once and no more: what waits in a queue without end is answered too late for anybody.

use crate::http::error::busy;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Shared by all connections.
#[derive(Clone)]
pub(crate) struct Slots(Arc<Semaphore>);

impl Slots {
    /// So many requests at once.
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(most)))
    }
}

/// Answers 503 at once when all slots are taken. A stream gives its slot back when it begins.
pub(crate) async fn shed(State(slots): State<Slots>, request: Request, next: Next) -> Response {
    let Ok(_slot) = slots.0.try_acquire() else {
        return busy();
    };
    next.run(request).await
}
