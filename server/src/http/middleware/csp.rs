//! The content security policy of pages: scripts that carry this answer's nonce, and nothing from elsewhere.

use crate::AppState;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, header};
use leptos::nonce::Nonce;
use std::sync::Arc;

/// What the scripts of this answer must carry.
#[derive(Clone, Debug)]
pub(crate) struct CspNonce(pub(crate) Arc<str>);

/// Draws a nonce for the page to use, and states the policy in its answer.
pub(crate) async fn protect(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let nonce = Arc::clone(Nonce::new().as_inner());
    request
        .extensions_mut()
        .insert(CspNonce(Arc::clone(&nonce)));
    let mut response = next.run(request).await;
    let policy = policy(&nonce, state.config.public_url.is_https(), is_watched());
    if let (true, Ok(policy)) = (is_html(&response), HeaderValue::from_str(&policy)) {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn policy(nonce: &str, https: bool, watched: bool) -> String {
    // The page is reloaded by a socket while somebody develops it.
    let reload = if watched {
        " ws://127.0.0.1:3001 ws://localhost:3001"
    } else {
        ""
    };
    let upgrade = if https {
        "; upgrade-insecure-requests"
    } else {
        ""
    };
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'{reload}; manifest-src 'self'; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'{upgrade}"
    )
}

fn is_html(response: &Response) -> bool {
    let kind = response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html"))
}

/// Set by `cargo leptos watch`.
fn is_watched() -> bool {
    cfg!(debug_assertions) && std::env::var_os("LEPTOS_WATCH").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_allowed_inline_or_from_elsewhere() {
        let policy = policy("abc", true, false);
        assert!(policy.contains("script-src 'self' 'nonce-abc' 'wasm-unsafe-eval';"));
        assert!(!policy.contains("unsafe-inline") && !policy.contains(" 'unsafe-eval'"));
        assert!(!policy.contains("http") && !policy.contains("ws:") && !policy.contains('*'));
    }
}
