//! What every request but those for health has to pass. One layer and not one each: axum clones and boxes every
//! layer with every request, which costs more than what is done here.

use super::limits::{self, Slots};
use super::{client_address, host};
use crate::config::Config;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;

/// What is needed to let a request in.
pub(crate) struct Guard {
    config: Arc<Config>,
    slots: Slots,
}

impl Guard {
    pub(crate) fn new(config: Arc<Config>) -> Arc<Self> {
        let slots = Slots::new(config.max_requests);
        Arc::new(Self { config, slots })
    }
}

/// Establishes the client's address, refuses a foreign `Host`, and sheds what is too much at once.
pub(crate) async fn pass(
    State(guard): State<Arc<Guard>>,
    mut request: Request,
    next: Next,
) -> Response {
    client_address::establish(&guard.config, &mut request);
    if let Err(refusal) = host::require_ours(&guard.config, &request) {
        return refusal;
    }
    match limits::take(&guard.slots) {
        Ok(_slot) => next.run(request).await,
        Err(busy) => busy,
    }
}
