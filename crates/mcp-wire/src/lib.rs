//! The MCP envelope as pure functions: one JSON-RPC message over Streamable HTTP, in both eras of the protocol.
//!
//! No I/O and no idea of tenants, keys or tools: those are the server's and the domain's.

mod fault;

pub use fault::*;
