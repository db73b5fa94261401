//! The content security policy of pages: scripts that carry this answer's nonce, and nothing from elsewhere.

use crate::AppState;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, Uri, header};
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
    let leads_away = leads_away(request.uri());
    request
        .extensions_mut()
        .insert(CspNonce(Arc::clone(&nonce)));
    let mut response = next.run(request).await;
    let https = state.config.public_url.is_https();
    let policy = policy(&nonce, https, is_watched(), leads_away);
    if let (true, Ok(policy)) = (is_html(&response), HeaderValue::from_str(&policy)) {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Whether the document shows the page of consent, at once or after somebody has signed in: a browser keeps the policy
/// of the page that it has loaded while the program changes what is shown.
fn leads_away(uri: &Uri) -> bool {
    const CONSENT: &str = "/oauth/consent/";
    let next = |query: &str| query.replace("%2F", "/").contains(CONSENT);
    uri.path().starts_with(CONSENT) || uri.query().is_some_and(next)
}

fn policy(nonce: &str, https: bool, watched: bool, leads_away: bool) -> String {
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
    // The answer to a consent leads to the client, and browsers hold a redirect after a form against this directive. What
    // it would have to name is the client's to choose, and an app's own scheme or an IPv6 address cannot be named.
    let forms = if leads_away {
        ""
    } else {
        " form-action 'self';"
    };
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'{reload}; manifest-src 'self'; \
         object-src 'none'; base-uri 'none';{forms} frame-ancestors 'none'{upgrade}"
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
    fn forms_are_held_to_our_pages_but_for_consent() {
        let is_free = |uri: &'static str| leads_away(&Uri::from_static(uri));
        assert!(is_free("/oauth/consent/1") && is_free("/sign-in?next=%2Foauth%2Fconsent%2F1"));
        assert!(!is_free("/sign-in?next=%2Ft%2Fa") && !is_free("/t/a/clients"));
        assert!(policy("abc", true, false, false).contains("form-action 'self'"));
    }

    #[test]
    fn nothing_is_allowed_inline_or_from_elsewhere() {
        let policy = policy("abc", true, false, false);
        assert!(policy.contains("script-src 'self' 'nonce-abc' 'wasm-unsafe-eval';"));
        assert!(!policy.contains("unsafe-inline") && !policy.contains(" 'unsafe-eval'"));
        assert!(!policy.contains("http") && !policy.contains("ws:") && !policy.contains('*'));
    }
}
