//! A connection whose request was sent away is not read for as long as its client was told to stay away.
//!
//! Refusing costs the server half as much as a call, most of it the system's: a thousand callers who ask again at once
//! leave nothing for those who were let in. Whoever waits as told notices nothing. What others send stays in the system's
//! buffers, and those who had sent it when half of their time was over wait longer: they do not listen.

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
/// How long those wait whose next request is there in the first half of it.
const LONG_REST: Duration = Duration::from_secs(3);

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
    rest: Option<Rest>,
}

/// A rest that has begun.
struct Rest {
    sleep: Pin<Box<Sleep>>,
    /// Whether half of it is over, and it is known how long it will be.
    is_decided: bool,
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

impl Pausing {
    /// Is ready when there is no rest any more.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.pause.has_begun() {
            self.rest = Some(Rest {
                sleep: Box::pin(sleep(REST / 2)),
                is_decided: false,
            });
        }
        while let Some(rest) = &mut self.rest {
            ready!(rest.sleep.as_mut().poll(cx));
            if rest.is_decided {
                self.rest = None;
                continue;
            }
            let has_sent = self.stream.poll_read_ready(cx).is_ready();
            let whole = if has_sent { LONG_REST } else { REST };
            let end = rest.sleep.deadline() + whole.saturating_sub(REST / 2);
            rest.sleep.as_mut().reset(end);
            rest.is_decided = true;
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Pausing {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_rest(cx));
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
