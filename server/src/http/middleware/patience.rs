//! A page that does not get ready is rendered again.
//!
//! Rarely nothing wakes a page on its way any more (see docs/decisions.md), and the browser would wait for ever.
//! Rendering is only reading, so a second try costs nothing but the wait.

use crate::http::error::busy;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use http_body_util::BodyExt as _;
use std::time::Duration;
use tokio::time::timeout;

/// A page takes some milliseconds; the last try may wait as long as a statement of the database.
const TRIES: [Duration; 3] = [
    Duration::from_secs(3),
    Duration::from_secs(5),
    Duration::from_secs(15),
];

/// For pages alone: what changes something must not be done twice.
pub(crate) async fn render_again(request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    patiently(request, |request| next.clone().run(request)).await
}

/// Renders until it is done, with all of its body.
pub(crate) async fn patiently<R>(request: Request, render: impl Fn(Request) -> R) -> Response
where
    R: Future<Output = Response>,
{
    tried(&TRIES, request, render).await
}

async fn tried<R>(tries: &[Duration], request: Request, render: impl Fn(Request) -> R) -> Response
where
    R: Future<Output = Response>,
{
    let (parts, _) = request.into_parts();
    for &patience in tries {
        let request = Request::from_parts(parts.clone(), Body::empty());
        let whole = async { collected(render(request).await).await };
        if let Ok(response) = timeout(patience, whole).await {
            return response;
        }
        tracing::warn!(path = parts.uri.path(), "a page did not get ready");
    }
    busy()
}

/// Our pages are sent when they are complete; only the data for the browser's half comes behind them.
async fn collected(response: Response) -> Response {
    let (parts, body) = response.into_parts();
    match body.collect().await {
        Ok(body) => Response::from_parts(parts, Body::from(body.to_bytes())),
        Err(error) => {
            tracing::error!(%error, "a page broke off");
            busy()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn a_page_that_nothing_wakes_is_rendered_again() {
        for (hang, wanted) in [(1, 200), (2, 200), (3, 503)] {
            let tries = AtomicUsize::new(0);
            let render = |request: Request| {
                let nth = tries.fetch_add(1, Ordering::Relaxed);
                async move {
                    assert_eq!(request.uri().path(), "/page");
                    if nth < hang {
                        std::future::pending::<()>().await;
                    }
                    Response::new(Body::from("words"))
                }
            };
            let request = Request::get("/page").body(Body::empty());
            let tries = [Duration::from_millis(20); 3];
            let response = tried(&tries, request.expect("a request"), render).await;
            assert_eq!(response.status().as_u16(), wanted);
        }
    }
}
