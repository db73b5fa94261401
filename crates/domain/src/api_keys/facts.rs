//! A key as the audit log shows it: what it opens and for how long, and nothing of its secret but
//! the few characters that people recognise it by.

use crate::audit;
use api_types::{ApiKeyId, McpClientId, api_keys::KeyView};
use serde::Serialize;
use time::OffsetDateTime;

/// What of a key is audited.
#[derive(Serialize)]
pub(super) struct Facts<'a> {
    id: ApiKeyId,
    client: McpClientId,
    name: &'a str,
    display_prefix: &'a str,
    scopes: &'a [String],
    rate_limit_per_minute: Option<i32>,
    allowed_networks: &'a [String],
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
}

impl audit::Facts for Facts<'_> {}

impl<'a> Facts<'a> {
    pub(super) fn of(key: &'a KeyView) -> Self {
        Self {
            id: key.id,
            client: key.client,
            name: &key.name,
            display_prefix: &key.display_prefix,
            scopes: &key.scopes,
            rate_limit_per_minute: key.rate_limit_per_minute,
            allowed_networks: &key.allowed_networks,
            expires_at: key.expires_at,
        }
    }
}
