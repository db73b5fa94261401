//! What OAuth clients ask this server, and the browser's part of a log-in.
//!
//! | file | for whom |
//! |---|---|
//! | `metadata` | who wants to know how to log in (RFC 9728, RFC 8414), and what verifies tokens (RFC 7517) |
//! | `authorize` | a browser that a client sends, and a person's decision |
//! | `token` | a client with a code, a refresh token or a credential of its own; also RFC 7009 and RFC 7662 |
//! | `register` | a program that registers itself (RFC 7591, RFC 7592) |

mod answer;
mod authorize;
mod metadata;
mod register;
mod token;

use super::middleware::body;
use crate::AppState;
pub(super) use authorize::routes as page_routes;
use axum::Router;
use axum::middleware::from_fn;
pub(in crate::http) use token::seen;

/// What programs ask; there are no sessions here.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .merge(metadata::routes())
        .merge(token::routes())
        .merge(register::routes())
        .layer(from_fn(answer::across_origins))
        .layer(from_fn(body::collect))
}
