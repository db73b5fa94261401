//! Accepts connections.
//!
//! Not `axum::serve`: that installs no timer, so that a client could hold a connection for ever by never finishing
//! its headers, and knows no limit to the number of connections.

use super::pause::{Pause, Pausing};
use axum::{BoxError, body::Body, extract::ConnectInfo, response::Response};
use futures::FutureExt as _;
use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt as _};

/// Also how long an idle connection is kept.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const DRAIN: Duration = Duration::from_secs(25);
const MAX_CONNECTIONS: usize = 10_000;
const MAX_HEADER_BYTES: usize = 64 * 1024;
const STREAMS_OF_A_CONNECTION: u32 = 200;
/// When the process has no file descriptors left, trying again at once would only burn time.
const AFTER_ACCEPT_ERROR: Duration = Duration::from_millis(100);

/// What answers the requests of all connections: [`super::Front`], or something around it.
pub trait Answers:
    Service<Request<Body>, Response = Response, Error = Infallible, Future: Send>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Answers for S where
    S: Service<Request<Body>, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// Serves until `shutdown`, then lets open requests end, for 25 s at most.
pub async fn serve(listener: TcpListener, service: impl Answers, shutdown: CancellationToken) {
    serve_at_most(listener, service, shutdown, MAX_CONNECTIONS).await;
}

/// As [`serve`], with so many connections at once; further ones wait in the system's queue.
pub async fn serve_at_most(
    listener: TcpListener,
    service: impl Answers,
    shutdown: CancellationToken,
    most: usize,
) {
    let slots = Arc::new(Semaphore::new(most));
    let open = GracefulShutdown::new();
    let builder = builder();
    while let Some((stream, peer, slot)) = shutdown
        .run_until_cancelled(accept(&listener, &slots))
        .await
    {
        let connection = connection(&builder, stream, peer, service.clone());
        // Broken connections are the network's business. Not an async block, which would keep two places for what it waits
        // for in the memory of each connection.
        tokio::spawn(open.watch(connection).map(move |_| drop(slot)));
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, open.shutdown()).await.is_err() {
        tracing::warn!(
            "some requests did not end within {} s and are cut off",
            DRAIN.as_secs()
        );
    }
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    loop {
        let Ok(slot) = Arc::clone(slots).acquire_owned().await else {
            // Nobody closes this semaphore.
            std::future::pending().await
        };
        match listener.accept().await {
            Ok((stream, peer)) => {
                let _ = stream.set_nodelay(true);
                return (stream, peer, slot);
            }
            Err(error) => {
                tracing::warn!(%error, "accepting a connection");
                tokio::time::sleep(AFTER_ACCEPT_ERROR).await;
            }
        }
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEADER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HEADER_TIMEOUT)
        .max_header_list_size(MAX_HEADER_BYTES as u32)
        .max_concurrent_streams(STREAMS_OF_A_CONNECTION);
    builder
}

fn connection<S: Answers>(
    builder: &Builder<TokioExecutor>,
    stream: TcpStream,
    peer: SocketAddr,
    service: S,
) -> impl GracefulConnection<Error = BoxError> + Send + use<S> {
    let pause = Pause::default();
    let stream = Pausing::new(stream, pause.clone());
    let service = service.map_request(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(pause.clone());
        request
    });
    builder
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .into_owned()
}
