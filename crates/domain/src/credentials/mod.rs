//! What an MCP client shows with each call, and which caller it makes: an API key ([`crate::api_keys`]) or an access
//! token of our own authorization server ([`crate::oauth_server`]). The door is [`authenticate`].

mod cache;
mod presented;
mod principal;
mod store;
mod uses;

pub use cache::Cache;
pub use presented::Presented;
pub use principal::{Principal, authenticate};
pub use uses::{Use, flush as flush_uses};
