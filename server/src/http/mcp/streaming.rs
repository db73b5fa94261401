//! Answers that turn out to be streams: what a tool tells while it runs goes ahead of its result.

use super::reply::Reply;
use axum::response::IntoResponse as _;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use futures::future::BoxFuture;
use http::{HeaderName, header};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc;

/// A comment this often tells machines on the way that the stream lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Waits for the result, or answers with a stream as soon as there is a message to send before it.
/// Whoever drops the answer cancels the call.
pub(super) async fn answer(
    call: BoxFuture<'static, Reply>,
    messages: Option<mpsc::Receiver<String>>,
) -> Reply {
    let Some(messages) = messages else {
        return call.await;
    };
    let mut running = Running {
        messages,
        call: Some(call),
        reply: None,
    };
    match running.next().await {
        Some(Next::Reply(reply)) => reply,
        Some(Next::Message(first)) => stream(events(Some(first), running)),
        None => Reply::Accepted,
    }
}

/// An answer of events, each one JSON-RPC message.
pub(super) fn stream(messages: impl Stream<Item = String> + Send + 'static) -> Reply {
    use futures::StreamExt as _;
    let events = messages.map(|message| Ok::<_, Infallible>(Event::default().data(message)));
    let sse = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    // Proxies that collect an answer before they pass it on would hold events back.
    let headers = [
        (HeaderName::from_static("x-accel-buffering"), "no"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Reply::Stream((headers, sse).into_response())
}

struct Running {
    messages: mpsc::Receiver<String>,
    call: Option<BoxFuture<'static, Reply>>,
    /// What the call answered, until all messages before it are out.
    reply: Option<Reply>,
}

enum Next {
    Message(String),
    Reply(Reply),
}

impl Running {
    async fn next(&mut self) -> Option<Next> {
        if let Some(call) = &mut self.call {
            tokio::select! {
                biased;
                Some(message) = self.messages.recv() => return Some(Next::Message(message)),
                reply = call => {
                    self.call = None;
                    self.reply = Some(reply);
                }
            }
        }
        match self.messages.try_recv() {
            Ok(message) => Some(Next::Message(message)),
            Err(_) => self.reply.take().map(Next::Reply),
        }
    }
}

fn events(first: Option<String>, running: Running) -> impl Stream<Item = String> + Send {
    futures::stream::unfold((first, running), |(first, mut running)| async move {
        if let Some(first) = first {
            return Some((first, (None, running)));
        }
        let message = match running.next().await? {
            Next::Message(message) => message,
            Next::Reply(Reply::Json { body, .. }) => String::from_utf8(body).ok()?,
            Next::Reply(_) => return None,
        };
        Some((message, (None, running)))
    })
}
