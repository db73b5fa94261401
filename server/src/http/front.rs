//! The way of every request, outermost first:
//!
//! 1. too many requests at once are refused, with as little work as can be, and whoever comes back too early waits
//! 2. it gets its id, its span and its line in the log, and the answer its security headers
//! 3. a panic becomes 500
//! 4. the client's address is established (trusted proxies)
//! 5. the `Host` must be ours
//! 6. the MCP endpoints answer; all else goes to the [`router`]
//!
//! `/livez` and `/readyz` pass the second and third alone. Plain code and not layers of axum: those are cloned and boxed with
//! every request, and being routed past all pages took a tool call longer than the tool.

use super::middleware::limits::{self, Slots};
use super::middleware::{client_address, host, request_id};
use super::pause::Pause;
use super::{error, health, mcp, router};
use crate::AppState;
use crate::config::Config;
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{HeaderValue, Request, StatusCode, Version, header};
use http_body_util::{BodyExt as _, Limited};
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::timeout;
use tower::{Service, ServiceExt as _};

/// What is read of a request that is sent away, and for how long: most is there already.
const SENT_AWAY: usize = 64 * 1024;
const SOON: Duration = Duration::from_millis(5);

/// All of the product behind HTTP: what the binary, the tests and the conformance suite serve.
#[derive(Clone)]
pub struct Front(Arc<Doors>);

impl Front {
    /// Opens all doors.
    pub fn new(state: &AppState) -> Self {
        Self(Arc::new(Doors {
            config: state.config.clone(),
            slots: Arc::new(Slots::new(state.config.max_requests)),
            mcp: mcp::Endpoint::new(state),
            router: router::build(state),
        }))
    }
}

impl Service<Request<Body>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let doors = self.0.clone();
        Box::pin(async move { Ok(doors.answer(request).await) })
    }
}

struct Doors {
    config: Arc<Config>,
    slots: Arc<Slots>,
    mcp: mcp::Endpoint,
    router: Router,
}

impl Doors {
    async fn answer(&self, request: Request<Body>) -> Response {
        let _slot = if health::is_meant(request.uri().path()) {
            None
        } else {
            match limits::take(&self.slots) {
                Ok(slot) => Some(slot),
                Err(mut busy) => {
                    if !self.rest(request).await {
                        let close = HeaderValue::from_static("close");
                        busy.headers_mut().insert(header::CONNECTION, close);
                    }
                    return request_id::name(&self.config, busy);
                }
            }
        };
        request_id::give(&self.config, request, async |request| {
            AssertUnwindSafe(self.let_in(request))
                .catch_unwind()
                .await
                .unwrap_or_else(|_| panicked())
        })
        .await
    }

    /// Leaves the connection of who was sent away alone for a while. One that many share, by a proxy or by HTTP/2, goes on;
    /// and one whose request has not come whole ends with the answer. Answers whether there can be another request.
    async fn rest(&self, request: Request<Body>) -> bool {
        let is_shared = request.version() >= Version::HTTP_2
            || client_address::is_proxied(&self.config, &request);
        let (parts, body) = request.into_parts();
        let Some(pause) = parts.extensions.get::<Pause>().filter(|_| !is_shared) else {
            return true;
        };
        let whole = Limited::new(body, SENT_AWAY).collect();
        let is_whole = matches!(timeout(SOON, whole).await, Ok(Ok(_)));
        if is_whole {
            pause.begin(self.slots.room());
        }
        is_whole
    }

    async fn let_in(&self, mut request: Request<Body>) -> Response {
        if health::is_meant(request.uri().path()) {
            return self.route(request).await;
        }
        client_address::establish(&self.config, &mut request);
        if let Err(refusal) = host::require_ours(&self.config, &request) {
            return refusal;
        }
        match mcp::Address::of(request.uri().path()) {
            Some(address) => Box::pin(self.mcp.answer(address, request)).await,
            None => self.route(request).await,
        }
    }

    async fn route(&self, request: Request<Body>) -> Response {
        match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// The panic itself was logged by the hook.
fn panicked() -> Response {
    error::problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "something went wrong on our side",
    )
}
