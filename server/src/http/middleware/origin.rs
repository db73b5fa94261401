//! A change must come from one of our own pages: a page elsewhere can make a browser send our cookies along.

use crate::AppState;
use crate::http::error::problem;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, Method, StatusCode, header};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a method that may change something, unless the browser says that our own page asks.
pub(crate) async fn require_ours(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let reads = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if reads
        || is_ours(request.headers(), |origin| {
            state.config.public_url.accepts_origin(origin)
        })
    {
        return next.run(request).await;
    }
    problem(
        StatusCode::FORBIDDEN,
        "this request did not come from one of our own pages",
    )
}

/// Both headers are set by the browser and cannot be set by a page. Every browser sends at least one of them.
fn is_ours(headers: &HeaderMap, accepts: impl Fn(&str) -> bool) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    text(FETCH_SITE) == Some("same-origin") || text(header::ORIGIN).is_some_and(accepts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn judged(pairs: &[(HeaderName, &'static str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        is_ours(&headers.collect(), |origin| origin == "https://ours.test")
    }

    #[test]
    fn our_own_pages_may_change_things() {
        assert!(judged(&[(header::ORIGIN, "https://ours.test")]));
        assert!(judged(&[(FETCH_SITE, "same-origin")]));
    }

    #[test]
    fn nobody_else_may() {
        assert!(!judged(&[]));
        assert!(!judged(&[(header::ORIGIN, "null")]));
        assert!(!judged(&[
            (header::ORIGIN, "https://theirs.test"),
            (FETCH_SITE, "cross-site")
        ]));
        assert!(!judged(&[(FETCH_SITE, "same-site")]));
        assert!(!judged(&[(FETCH_SITE, "none")]));
    }
}
