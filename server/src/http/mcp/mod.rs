//! The MCP endpoints `/t/{slug}/mcp` and `/mcp`: Streamable HTTP in both eras of the protocol.
//!
//! A request passes [`endpoint`] (is it for us, how big), [`admission`] (whose key), the envelope of the crate
//! `mcp-wire`, then [`dispatch`] by method: [`modern`] and [`legacy`] have what only one era knows, [`lists`],
//! [`calls`], [`resources`] and [`prompts`] what both do. [`limits`] refuses calls, [`meter`] counts them, [`reply`] is
//! what goes back.
//! `/mcp` has no tenant in its path: the key says it.

mod admission;
mod calls;
mod challenge;
mod dispatch;
mod endpoint;
mod idempotency;
mod input_required;
mod legacy;
mod limits;
mod listen;
mod lists;
mod meter;
mod modern;
mod prompts;
mod reply;
mod request_state;
mod resources;
mod run;
mod streaming;

pub(super) use endpoint::{Address, Endpoint};
