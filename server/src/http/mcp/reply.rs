//! What goes back: one JSON body, nothing, or a stream.

use crate::http::pause::REST;
use api_types::usage::Outcome;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use mcp_wire::{Era, Fault, Id, reply};
use uuid::Uuid;

/// An answer that is ready to leave.
pub(super) enum Reply {
    /// A JSON-RPC response.
    Json {
        status: StatusCode,
        body: Vec<u8>,
        header: Option<(HeaderName, HeaderValue)>,
    },
    /// Nothing to say: a notification was taken.
    Accepted,
    /// Events until the call or the subscription ends.
    Stream(Response),
}

impl Reply {
    /// A response that reports success.
    pub(super) fn ok(body: Vec<u8>) -> Self {
        Self::Json {
            status: StatusCode::OK,
            body,
            header: None,
        }
    }

    pub(super) fn into_response(self) -> Response {
        let Self::Json {
            status,
            body,
            header,
        } = self
        else {
            return match self {
                Self::Stream(response) => response,
                _ => StatusCode::ACCEPTED.into_response(),
            };
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        if let Some((name, value)) = header {
            headers.insert(name, value);
        }
        response
    }
}

/// A call that is refused, and how it is counted.
pub(super) type Refused = (Outcome, Failure);

/// A fault on its way out, with the status and header that go with it.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    fault: Fault,
    header: Option<Box<(HeaderName, HeaderValue)>>,
}

impl Failure {
    pub(super) fn new(status: StatusCode, fault: Fault) -> Self {
        Self {
            status,
            fault,
            header: None,
        }
    }

    /// A fault of the transport or the envelope.
    pub(super) fn bad_request(fault: Fault) -> Self {
        Self::new(StatusCode::BAD_REQUEST, fault)
    }

    /// A fault of a method. Clients of the handshake take a status other than 200 for a broken connection, or
    /// 404 for a lost session, so they get the fault alone.
    pub(super) fn of_method(era: Era, fault: Fault) -> Self {
        let status = match era {
            Era::Legacy(_) if fault.code < 0 && fault.code != mcp_wire::INTERNAL_ERROR => {
                StatusCode::OK
            }
            _ => fault.status(),
        };
        Self::new(status, fault)
    }

    pub(super) fn with_header(self, name: HeaderName, value: HeaderValue) -> Self {
        Self {
            header: Some(Box::new((name, value))),
            ..self
        }
    }

    /// What went wrong, in words for the usage page.
    pub(super) fn message(&self) -> &str {
        &self.fault.message
    }

    pub(super) fn into_reply(self, id: Option<Id<'_>>, request_id: Uuid) -> Reply {
        let fault = self.fault.and("requestId", request_id.to_string());
        let header = self.header.map(|header| *header);
        Reply::Json {
            status: self.status,
            body: reply::fault(id, &fault),
            header,
        }
    }
}

/// Refuses with a status that is also the code.
pub(super) fn refused(status: StatusCode, message: &'static str) -> Failure {
    Failure::new(status, Fault::of_status(status, message))
}

/// The database is away or the server has too much to do: worth trying again.
pub(super) fn busy() -> Failure {
    refused(
        StatusCode::SERVICE_UNAVAILABLE,
        "the server is busy; try again in a second",
    )
    .with_header(header::RETRY_AFTER, HeaderValue::from(REST.as_secs()))
}
