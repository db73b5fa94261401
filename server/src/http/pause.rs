//! A connection whose request was sent away is not read for as long as its client was told to stay away.
//!
//! Refusing costs the server half as much as a call, most of it the system's: a thousand callers who ask again at once
//! leave nothing for those who were let in. Whoever waits as told notices nothing. What others send stays in the system's
//! buffers, and those who had sent it when half of their time was over wait longer, or until there is room: they do not
//! listen.
//!
//! Meanwhile the connection costs no more than its socket: HTTP is told that it is over, and begins anew afterwards. That
//! is only right between two requests, so whoever begins a pause has read the whole one.

use super::middleware::limits::Room;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// How long clients are told to stay away, by `Retry-After`, when the server is busy.
pub(super) const REST: Duration = Duration::from_secs(1);
/// How long those wait whose next request is there in the first half of it.
const LONG_REST: Duration = Duration::from_secs(3);

/// Of one connection until it rests: in the extensions of each of its requests.
#[derive(Clone, Debug, Default)]
pub(super) struct Pause(Arc<State>);

#[derive(Debug, Default)]
struct State {
    room: OnceLock<Arc<Room>>,
    /// Where the connection is while it rests.
    kept: Mutex<Option<TcpStream>>,
}

impl Pause {
    /// From now on the connection rests, at most until there is room.
    pub(super) fn begin(&self, room: Arc<Room>) {
        // It is the same for all.
        let _ = self.0.room.set(room);
    }

    fn has_begun(&self) -> bool {
        self.0.room.get().is_some()
    }

    /// The connection, if it has to rest.
    pub(super) fn kept(&self) -> Option<TcpStream> {
        self.place().take()
    }

    fn place(&self) -> MutexGuard<'_, Option<TcpStream>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for as long as the connection has to rest.
    pub(super) async fn rest(&self, stream: &TcpStream) {
        sleep(REST / 2).await;
        let has_sent = poll_fn(|cx| Poll::Ready(stream.poll_read_ready(cx).is_ready())).await;
        if let Some(room) = self.0.room.get().filter(|_| has_sent) {
            let _ = timeout(LONG_REST.saturating_sub(REST / 2), room.come()).await;
        } else {
            sleep(REST / 2).await;
        }
    }
}

/// A connection that HTTP can be served on until it has to rest, and again afterwards.
pub(super) struct Pausing {
    /// Until it is dropped.
    stream: Option<TcpStream>,
    pause: Pause,
    /// Whether HTTP was told that it is over.
    rests: bool,
    has_unsent: bool,
}

impl Pausing {
    pub(super) fn new(stream: TcpStream, pause: Pause) -> Self {
        Self {
            stream: Some(stream),
            pause,
            rests: false,
            has_unsent: false,
        }
    }

    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        let stream = self.stream.as_mut().map(Pin::new);
        stream.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl Drop for Pausing {
    fn drop(&mut self) {
        if self.rests {
            *self.pause.place() = self.stream.take();
        }
    }
}

impl AsyncRead for Pausing {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.rests = self.pause.has_begun();
        if self.rests {
            // The answer goes first: who waits for that is called when it can, and asks again.
            return if self.has_unsent {
                Poll::Pending
            } else {
                Poll::Ready(Ok(()))
            };
        }
        self.stream()?.poll_read(cx, buffer)
    }
}

impl AsyncWrite for Pausing {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.has_unsent = true;
        self.stream()?.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.has_unsent = true;
        self.stream()?.poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream
            .as_ref()
            .is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.stream()?.poll_flush(cx))?;
        self.has_unsent = false;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.rests {
            return Poll::Ready(Ok(()));
        }
        self.stream()?.poll_shutdown(cx)
    }
}
