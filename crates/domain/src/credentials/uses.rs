//! When and from where credentials were last used: remembered on the hot path, written once a second.

use super::store::{self, Columns};
use crate::{Result, Services};
use api_types::TenantId;
use std::{collections::HashMap, net::IpAddr};
use time::OffsetDateTime;

/// One use of a credential.
#[derive(Clone)]
pub struct Use {
    /// Its tenant.
    pub tenant: TenantId,
    /// Whether it is a grant, and not a key.
    pub is_grant: bool,
    /// When.
    pub at: OffsetDateTime,
    /// From where.
    pub address: IpAddr,
    /// The program, by its own word; at most 200 characters are kept.
    pub agent: Option<String>,
}

/// Writes the uses since the last flush. Answers how many credentials were used.
pub async fn flush(s: &Services) -> Result<usize> {
    let uses = s.keys.take_uses();
    let number = uses.len();
    let (grants, keys): (HashMap<_, _>, HashMap<_, _>) =
        uses.into_iter().partition(|(_, used)| used.is_grant);
    if !keys.is_empty() {
        store::mark_keys(&mut *s.db.system().await?, &Columns::of(&keys)).await?;
    }
    if !grants.is_empty() {
        store::mark_grants(&mut *s.db.system().await?, &Columns::of(&grants)).await?;
    }
    Ok(number)
}
