//! When and from where keys were last used: remembered on the hot path, written once a second.

use super::store;
use crate::{Result, Services};
use api_types::TenantId;
use std::net::IpAddr;
use time::OffsetDateTime;

/// One use of a key.
#[derive(Clone)]
pub struct Use {
    /// The key's tenant.
    pub tenant: TenantId,
    /// When.
    pub at: OffsetDateTime,
    /// From where.
    pub address: IpAddr,
    /// The program, by its own word; at most 200 characters are kept.
    pub agent: Option<String>,
}

/// Writes the uses since the last flush. Answers how many keys were used.
pub async fn flush(s: &Services) -> Result<usize> {
    let uses = s.keys.take_uses();
    if !uses.is_empty() {
        store::mark_used(&mut *s.db.system().await?, &uses).await?;
    }
    Ok(uses.len())
}
