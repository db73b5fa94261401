//! Accepts connections.
//!
//! Not `axum::serve`: that installs no timer, so that a client could hold a connection for ever by never finishing
//! its headers, and knows no limit to the number of connections.

use super::pause::{Pause, Pausing};
use axum::{body::Body, extract::ConnectInfo, response::Response};
use futures::FutureExt as _;
use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
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
    let builders = Arc::new(Builders::new());
    let open = TaskTracker::new();
    while let Some((stream, peer, slot)) = shutdown
        .run_until_cancelled(accept(&listener, &slots))
        .await
    {
        let answers = Answering {
            builders: builders.clone(),
            service: service.clone(),
            peer,
            shutdown: shutdown.clone(),
        };
        open.spawn(answers.all_of(stream).map(move |()| drop(slot)));
    }
    drop(listener);
    open.close();
    if tokio::time::timeout(DRAIN, open.wait()).await.is_err() {
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

/// What connections begin with.
struct Builders {
    /// HTTP/1.1 or HTTP/2, as the client does.
    first: Builder<TokioExecutor>,
    /// Only HTTP/1.1 rests.
    after_rest: Builder<TokioExecutor>,
}

impl Builders {
    fn new() -> Self {
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
        Self {
            after_rest: builder.clone().http1_only(),
            first: builder,
        }
    }
}

/// One connection's way.
struct Answering<S> {
    builders: Arc<Builders>,
    service: S,
    peer: SocketAddr,
    shutdown: CancellationToken,
}

impl<S: Answers> Answering<S> {
    /// Answers requests until the connection ends, with rests between them.
    async fn all_of(self, mut stream: TcpStream) {
        let mut builder = &self.builders.first;
        loop {
            let pause = Pause::default();
            let Some(resting) = self.until_rest(builder, stream, &pause).await else {
                return;
            };
            let rest = pause.rest(&resting);
            if self.shutdown.run_until_cancelled(rest).await.is_none() {
                return;
            }
            (stream, builder) = (resting, &self.builders.after_rest);
        }
    }

    /// Answers requests until the connection ends, or has to rest: then it is given back.
    async fn until_rest(
        &self,
        builder: &Builder<TokioExecutor>,
        stream: TcpStream,
        pause: &Pause,
    ) -> Option<TcpStream> {
        let stream = Pausing::new(stream, pause.clone());
        let (peer, of_requests) = (self.peer, pause.clone());
        let service = self
            .service
            .clone()
            .map_request(move |request: Request<Incoming>| {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(ConnectInfo(peer));
                request.extensions_mut().insert(of_requests.clone());
                request
            });
        // In a place of its own, which is free again while the connection rests.
        let mut connection = Box::pin(
            builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)),
        );
        let mut ended = self.shutdown.run_until_cancelled(connection.as_mut()).await;
        if ended.is_none() {
            connection.as_mut().graceful_shutdown();
            ended = Some(connection.as_mut().await);
        }
        drop(connection);
        // Broken connections are the network's business.
        ended?.ok().and_then(|()| pause.kept())
    }
}
