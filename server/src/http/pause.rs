//! A connection whose request was sent away is not read for as long as its client was told to stay away.
//!
//! Refusing costs the server half as much as a call, most of it the system's: a thousand callers who ask again at once
//! leave nothing for those who were let in. Whoever waits as told notices nothing; what others send stays in the
//! system's buffers until their second is over.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// How long clients are told to stay away, by `Retry-After`, when the server is busy.
pub(super) const REST: Duration = Duration::from_secs(1);

/// Of one connection: in the extensions of each of its requests.
#[derive(Clone, Debug, Default)]
pub(super) struct Pause(Arc<AtomicBool>);

impl Pause {
    /// From now on the connection rests.
    pub(super) fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Relaxed)
    }
}

/// A connection that can rest.
pub(super) struct Pausing {
    stream: TcpStream,
    pause: Pause,
    rest: Option<Pin<Box<Sleep>>>,
}

impl Pausing {
    pub(super) fn new(stream: TcpStream, pause: Pause) -> Self {
        Self {
            stream,
            pause,
            rest: None,
        }
    }
}

impl AsyncRead for Pausing {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.pause.has_begun() {
            self.rest = Some(Box::pin(sleep(REST)));
        }
        if let Some(rest) = &mut self.rest {
            ready!(rest.as_mut().poll(cx));
            self.rest = None;
        }
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Pausing {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
