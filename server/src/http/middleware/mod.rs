//! What requests pass on their way, one thing a file.

pub(super) mod body;
mod client_address;
pub(super) mod csp;
pub(super) mod guard;
mod host;
mod limits;
pub(super) mod origin;
pub(super) mod request_id;
mod security_headers;
pub(super) mod session;

pub(super) use csp::CspNonce;
pub use request_id::RequestUuid;
