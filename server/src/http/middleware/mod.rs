//! What requests pass on their way, one thing a file.

pub(super) mod body;
pub(super) mod client_address;
pub(super) mod csp;
pub(super) mod host;
pub(super) mod limits;
pub(super) mod origin;
pub(super) mod patience;
pub(super) mod request_id;
mod security_headers;
pub(super) mod session;

pub(super) use csp::CspNonce;
