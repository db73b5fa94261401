//! How the protocol's errors are told over HTTP, and who may read answers.

use crate::http::ApiError;
use axum::Json;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::oauth_server::Fault;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use oauth::{ErrorCode, OAuthError};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// A client did not get what it asked for.
pub(super) struct Told {
    fault: Fault,
    /// Whether it showed itself by the header `Authorization`, and is to be asked for it again.
    basic: bool,
}

impl Told {
    pub(super) fn after(authorization: Option<&str>) -> impl FnOnce(Fault) -> Self {
        let basic = authorization.is_some();
        move |fault| Self { fault, basic }
    }
}

impl<F: Into<Fault>> From<F> for Told {
    fn from(fault: F) -> Self {
        Self {
            fault: fault.into(),
            basic: false,
        }
    }
}

impl IntoResponse for Told {
    fn into_response(self) -> Response {
        match self.fault {
            Fault::Told(error) => told(&error, self.basic),
            Fault::TooMany {
                retry_after_seconds,
            } => {
                let told = "too many attempts; try again later";
                let error = OAuthError::new(ErrorCode::TemporarilyUnavailable, told);
                let mut response = (StatusCode::TOO_MANY_REQUESTS, Json(error)).into_response();
                let wait = HeaderValue::from(retry_after_seconds);
                response.headers_mut().insert(header::RETRY_AFTER, wait);
                response
            }
            Fault::Broken(error) => ApiError::from(error).into_response(),
        }
    }
}

/// RFC 6749, section 5.2.
fn told(error: &OAuthError, basic: bool) -> Response {
    let status = match error.code {
        ErrorCode::InvalidClient | ErrorCode::InvalidToken => StatusCode::UNAUTHORIZED,
        _ => StatusCode::BAD_REQUEST,
    };
    let mut response = (status, Json(error)).into_response();
    let asked_for = match error.code {
        ErrorCode::InvalidToken => Some("Bearer error=\"invalid_token\""),
        ErrorCode::InvalidClient if basic => Some("Basic realm=\"Bulkhead\""),
        _ => None,
    };
    if let Some(asked_for) = asked_for {
        let value = HeaderValue::from_static(asked_for);
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, value);
    }
    no_store(response)
}

/// Nobody keeps answers with credentials in them (RFC 6749, section 5.1).
pub(super) fn no_store(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// Clients that run in browsers read answers too. They show what they hold themselves: no cookie counts here.
pub(super) async fn across_origins(request: Request, next: Next) -> Response {
    let is_preflight = request.method() == Method::OPTIONS;
    let mut response = if is_preflight {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("WWW-Authenticate"),
    );
    if is_preflight {
        for (name, value) in [
            (
                header::ACCESS_CONTROL_ALLOW_METHODS,
                "GET, POST, PUT, DELETE",
            ),
            (
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "Authorization, Content-Type, MCP-Protocol-Version",
            ),
            (header::ACCESS_CONTROL_MAX_AGE, "3600"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    response
}
