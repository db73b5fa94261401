//! The browser's files. Names below `/pkg` carry a hash of the content, so browsers keep them for good.

use super::error::problem;
use crate::AppState;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::{HeaderValue, Request, StatusCode, header};
use leptos::config::LeptosOptions;
use tower::ServiceExt as _;
use tower_http::services::ServeDir;

const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");

/// What the build made. It is the same for everybody and kept by caches that many share: so no session is looked at on
/// the way, and none gets into an answer.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/pkg/{*file}", get(built))
        .route("/favicon.svg", get(built))
        .route("/robots.txt", get(built))
}

/// The file, if there is one; compressed ahead of time where the browser can read it.
async fn built(State(state): State<AppState>, request: Request<Body>) -> Response {
    let path = request.uri().path().to_owned();
    match files(&state.leptos_options).oneshot(request).await {
        Ok(found) if !found.status().is_client_error() && !found.status().is_server_error() => {
            cached(found.into_response(), &state.leptos_options, &path)
        }
        _ => problem(StatusCode::NOT_FOUND, "there is no such file"),
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
