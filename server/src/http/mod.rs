//! The front doors: pages, live updates, MCP, health. Each extracts, calls one use case, converts.

mod audit_export;
mod billing;
mod caller;
mod connections;
mod error;
mod front;
mod health;
mod leaked_keys;
mod live;
mod mcp;
mod middleware;
mod moved;
mod oauth_server;
mod pages;
mod pause;
mod provider_trip;
mod router;
mod serve;
mod sign_in_with;
mod sso;
mod static_files;
mod tenant_export;
mod usage_export;

pub use error::ApiError;
pub use front::Front;
pub use serve::{serve, serve_at_most};
