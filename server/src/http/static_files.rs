//! The browser's files. Names below `/pkg` carry a hash of the content, so browsers keep them for good.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, Method, Request, header};
use leptos::config::LeptosOptions;
use tower::ServiceExt as _;
use tower_http::services::ServeDir;

const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");

/// A request for a file: the parts of any request that choose one.
pub(super) struct FileRequest(Request<Body>);

impl FileRequest {
    /// `None` when the request cannot mean a file.
    pub(super) fn of(request: &Request<Body>) -> Option<Self> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) || request.uri().path() == "/" {
            return None;
        }
        let mut wanted = Request::new(Body::empty());
        *wanted.method_mut() = request.method().clone();
        *wanted.uri_mut() = request.uri().clone();
        *wanted.headers_mut() = request.headers().clone();
        Some(Self(wanted))
    }

    /// The file, if there is one; compressed ahead of time where the browser can read it.
    pub(super) async fn find(self, options: &LeptosOptions) -> Option<Response> {
        let path = self.0.uri().path().to_owned();
        let response = files(options).oneshot(self.0).await.ok()?.into_response();
        let found = !response.status().is_client_error() && !response.status().is_server_error();
        found.then(|| cached(response, options, &path))
    }
}

fn files(options: &LeptosOptions) -> ServeDir {
    ServeDir::new(&*options.site_root)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip()
}

fn cached(mut response: Response, options: &LeptosOptions, path: &str) -> Response {
    let hashed = path.starts_with("/pkg/");
    let policy = match (hashed, options.hash_files) {
        (true, true) => FOR_GOOD,
        (true, false) => ASK_FIRST,
        (false, _) => AN_HOUR,
    };
    response.headers_mut().insert(header::CACHE_CONTROL, policy);
    response
}
