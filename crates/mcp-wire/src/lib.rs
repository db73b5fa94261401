//! The MCP envelope as pure functions: one JSON-RPC message over Streamable HTTP, in both eras of the protocol.
//!
//! A server calls, in this order, [`body::parse`] on the bytes, [`era::detect`] with the header,
//! [`headers::check`] for the stateless era, and one of the functions of [`reply`] for the answer.
//! No I/O and no idea of tenants, keys or tools: those are the server's and the domain's.

pub mod body;
pub mod era;
mod fault;
pub mod headers;
mod params;
pub mod reply;
mod scan;

pub use body::{Body, Id, Message, Request};
pub use era::{Era, LEGACY_VERSIONS, MODERN_VERSION};
pub use fault::*;
pub use params::{Meta, Params, Text};
