//! Who a presented key is.

use super::store;
use crate::{Actor, Error, Result, Services, actor::Who};
use anyhow::anyhow;
use api_types::{ApiKeyId, McpClientId, TenantId, roles::opens};
use governor::{
    clock::{Clock as _, DefaultClock},
    state::{InMemoryState, NotKeyed},
};
use ipnet::IpNet;
use std::{net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};
use vault::KeySecret;

/// A key's own rate limiter.
pub type Limiter = governor::RateLimiter<NotKeyed, InMemoryState, DefaultClock>;

/// A key that works now: its tenant, its client and what it opens.
pub struct Principal {
    /// The caller that use cases see.
    pub actor: Actor,
    /// The tenant's name.
    pub tenant_name: String,
    /// The client.
    pub client: McpClientId,
    /// The client's name.
    pub client_name: String,
    /// The key.
    pub key: ApiKeyId,
    /// The key's name.
    pub key_name: String,
    /// `toolkit:read` or `toolkit:write`.
    pub scopes: Vec<String>,
    /// Toolkits the tenant has switched on.
    pub toolkits: Vec<&'static str>,
    /// The key's limit, if it has one.
    pub limiter: Option<Arc<Limiter>>,
    /// Calls a minute, if limited.
    pub rate_limit_per_minute: Option<u32>,
    /// The tenant lets no client in for now.
    pub suspended: bool,
    networks: Vec<IpNet>,
    slugs: Vec<String>,
}

impl Principal {
    /// The tenant.
    pub fn tenant(&self) -> TenantId {
        self.actor.tenant()
    }

    /// Whether the key opens that much of a toolkit. Writing implies reading.
    pub fn opens(&self, toolkit: &str, write: bool) -> bool {
        self.scopes.iter().any(|scope| opens(scope, toolkit, write))
    }

    /// Takes one call from the key's limit, or tells how long until there is one.
    pub fn take_call(&self) -> std::result::Result<(), Duration> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        limiter
            .check()
            .map_err(|until| until.wait_time_from(DefaultClock::default().now()))
    }

    /// Whether this is the tenant's address, or was: clients are configured with it.
    pub fn is_at(&self, slug: &str) -> bool {
        slug == self.actor.slug() || self.slugs.iter().any(|own| own == slug)
    }

    /// Whether the key may be used from there.
    pub fn admits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.is_empty()
            || self
                .networks
                .iter()
                .any(|network| network.contains(&address))
    }
}

/// Who this key is; none, if it is unknown, revoked or expired, which look alike.
pub async fn authenticate(s: &Services, secret: &KeySecret) -> Result<Option<Arc<Principal>>> {
    let digest = secret.digest();
    if let Some(principal) = s.keys.principals.get(&digest).await {
        return Ok(Some(principal));
    }
    // One look-up however many calls wait for it. A miss is not kept. Boxed, because the room that a
    // look-up needs would be moved about with every call whose key is known.
    let loading = s.keys.principals.try_get_with(digest, load(s, &digest));
    match Box::pin(loading).await {
        Ok(principal) => Ok(Some(principal)),
        Err(miss) => match &*miss {
            Miss::Unknown => Ok(None),
            Miss::Broken(error) => Err(Error::Broken(anyhow!(
                "looking up a key: {}",
                error.for_the_log()
            ))),
        },
    }
}

enum Miss {
    Unknown,
    Broken(Error),
}

impl From<Error> for Miss {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

async fn load(s: &Services, digest: &[u8; 32]) -> std::result::Result<Arc<Principal>, Miss> {
    let found = store::by_digest(&mut *s.db.global().await?, digest).await?;
    let (tenant, key) = found.ok_or(Miss::Unknown)?;
    let mut tx = s.db.tenant_tx(tenant).await?;
    let row = store::live(&mut tx, tenant, key).await?;
    let toolkits = crate::toolkits::switched(&mut tx, &s.toolkits, tenant).await?;
    tx.commit().await?;
    let row = row.ok_or(Miss::Unknown)?;
    let limit = row
        .rate_limit_per_minute
        .and_then(|limit| NonZeroU32::new(limit.unsigned_abs()));
    let who = Who::Key {
        client: row.client,
        key,
        scopes: row.scopes.clone(),
    };
    Ok(Arc::new(Principal {
        actor: Actor::new(tenant, row.slug, who),
        tenant_name: row.tenant_name,
        client: row.client,
        client_name: row.client_name,
        key,
        key_name: row.key_name,
        scopes: row.scopes,
        toolkits,
        limiter: limit.map(|limit| s.keys.limiter(key, limit)),
        rate_limit_per_minute: limit.map(NonZeroU32::get),
        suspended: row.suspended,
        slugs: row.slugs,
        networks: row
            .allowed_networks
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect(),
    }))
}
