//! The browser's files. Names below `/pkg` carry a hash of the content, so browsers keep them for good.

use super::error::problem;
use crate::AppState;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::{HeaderValue, Method, Request, StatusCode, header};
use leptos::config::LeptosOptions;
use tower::ServiceExt as _;
use tower_http::services::ServeDir;

const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");

/// What the build made. It is the same for everybody, so no session is looked at on the way.
pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/pkg/{*file}", get(built))
}

async fn built(State(state): State<AppState>, request: Request<Body>) -> Response {
    let found = match FileRequest::of(&request) {
        Some(wanted) => wanted.find(&state.leptos_options).await,
        None => None,
    };
    found.unwrap_or_else(|| problem(StatusCode::NOT_FOUND, "there is no such file"))
}

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
