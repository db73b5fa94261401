//! API keys of MCP clients. The secret is never here except in [`CreatedKey`], once.

use crate::{ApiKeyId, McpClientId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Whether a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Works.
    Live,
    /// Works until its expiry; a successor has been issued.
    Replaced,
    /// Past its expiry.
    Expired,
    /// Revoked.
    Revoked,
}

/// One key in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyView {
    /// Id.
    pub id: ApiKeyId,
    /// The client it belongs to.
    pub client: McpClientId,
    /// Name.
    pub name: String,
    /// The first characters of the secret, to recognise it by.
    pub display_prefix: String,
    /// `toolkit:read` or `toolkit:write`, sorted.
    pub scopes: Vec<String>,
    /// Calls a minute, if limited.
    pub rate_limit_per_minute: Option<i32>,
    /// Networks in CIDR form that may use it; empty means any.
    pub allowed_networks: Vec<String>,
    /// Whether it works.
    pub state: KeyState,
    /// When it was issued.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it stops working.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// When it was revoked.
    #[serde(with = "time::serde::rfc3339::option")]
    pub revoked_at: Option<OffsetDateTime>,
    /// Whether somebody found it where it must not be, which revoked it.
    pub reported_leaked: bool,
    /// The last call with it.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
    /// The address of the last call.
    pub last_used_address: Option<String>,
    /// The program that made the last call, by its own word.
    pub last_used_agent: Option<String>,
}

/// A new key with its secret, which is shown once and stored nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedKey {
    /// The key.
    pub key: KeyView,
    /// The secret.
    pub secret: String,
}

impl std::fmt::Debug for CreatedKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("CreatedKey")
            .field("key", &self.key.id)
            .finish_non_exhaustive()
    }
}
