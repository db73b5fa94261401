//! What may go wrong with a request, as JSON-RPC error codes and the HTTP status that goes with each.
//!
//! Codes -32020 to -32022 belong to revision 2026-07-28 (basic, "Error Codes"), which asks servers to take
//! codes of their own from outside the reserved range: ours are the HTTP status itself.

use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;

/// A JSON-RPC error: said to the client, so it never holds anything internal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fault {
    /// The JSON-RPC code.
    pub code: i32,
    /// What is wrong, and what would be right.
    pub message: Cow<'static, str>,
    /// Details for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

/// The body is not JSON.
pub const PARSE_ERROR: i32 = -32700;
/// The body is JSON but no request.
pub const INVALID_REQUEST: i32 = -32600;
/// No such method.
pub const METHOD_NOT_FOUND: i32 = -32601;
/// The parameters are not acceptable.
pub const INVALID_PARAMS: i32 = -32602;
/// Our fault.
pub const INTERNAL_ERROR: i32 = -32603;
/// No such resource; only for revisions before 2026-07-28, which forbids it.
pub const RESOURCE_NOT_FOUND: i32 = -32002;
/// Headers and body disagree.
pub const HEADER_MISMATCH: i32 = -32020;
/// The client did not declare a capability that this call needs.
pub const MISSING_CAPABILITY: i32 = -32021;
/// A protocol version that we do not speak.
pub const UNSUPPORTED_VERSION: i32 = -32022;

impl Fault {
    /// Any fault.
    pub fn new(code: i32, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }

    /// A fault of the server's own kind, told by the HTTP status that goes with it.
    pub fn of_status(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(status.as_u16().into(), message)
    }

    /// With one more member in the details.
    #[must_use]
    pub fn and(mut self, name: &str, value: impl Into<Value>) -> Self {
        let data = self.data.get_or_insert_with(|| json!({}));
        if let Some(members) = data.as_object_mut() {
            members.insert(name.into(), value.into());
        }
        self
    }

    /// The parameters are not acceptable.
    pub fn invalid_params(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(INVALID_PARAMS, message)
    }

    /// The body is JSON but no acceptable request.
    pub fn invalid_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(INVALID_REQUEST, message)
    }

    /// No such method here.
    pub fn method_not_found(method: &str) -> Self {
        Self::new(METHOD_NOT_FOUND, "Method not found").and("method", clip(method))
    }

    /// Our fault; says nothing more.
    pub fn internal() -> Self {
        Self::new(INTERNAL_ERROR, "Internal error")
    }

    /// A header and the body disagree.
    pub fn header_mismatch(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(HEADER_MISMATCH, message)
    }

    /// The client must declare these capabilities for this call.
    pub fn missing_capability(required: Value) -> Self {
        Self::new(
            MISSING_CAPABILITY,
            "this call needs a capability that the client did not declare",
        )
        .and("requiredCapabilities", required)
    }

    /// A protocol version that is not spoken here.
    pub fn unsupported_version(requested: &str, supported: &[&str]) -> Self {
        Self::new(UNSUPPORTED_VERSION, "Unsupported protocol version")
            .and("supported", supported.to_vec())
            .and("requested", clip(requested))
    }

    /// The status of the response that carries this fault, unless the fault is older than the body:
    /// faults of the transport have their own status, faults of a method travel with 200.
    pub fn status(&self) -> StatusCode {
        match self.code {
            PARSE_ERROR | INVALID_REQUEST | HEADER_MISMATCH | MISSING_CAPABILITY
            | UNSUPPORTED_VERSION => StatusCode::BAD_REQUEST,
            METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
            INTERNAL_ERROR => StatusCode::INTERNAL_SERVER_ERROR,
            // Our own codes are statuses.
            code @ 400..=599 => u16::try_from(code)
                .ok()
                .and_then(|code| StatusCode::from_u16(code).ok())
                .unwrap_or(StatusCode::OK),
            _ => StatusCode::OK,
        }
    }
}

/// The beginning of what a client sent, short enough to be repeated to it.
pub fn clip(text: &str) -> &str {
    let end = (0..=text.len().min(128))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}
