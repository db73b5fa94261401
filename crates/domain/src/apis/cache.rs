//! The tools of a tenant's APIs as a registry, made anew when one of them has changed.

use super::{document::Known, imported::Imported, store};
use crate::{
    Result, Services,
    toolkits::{Registry, Toolkit},
};
use api_types::TenantId;
use moka::{future, sync};
use sqlx::PgConnection;
use std::{sync::Arc, time::Duration};
use time::OffsetDateTime;

/// What is remembered of APIs. Keys hold the tenant.
#[derive(Clone)]
pub struct Cache {
    registries: sync::Cache<TenantId, (Stamp, Registry)>,
    pub(super) documents: future::Cache<(TenantId, [u8; 32]), Arc<Known>>,
}

/// How many there are, and when the last one changed.
type Stamp = (i64, Option<OffsetDateTime>);

impl Default for Cache {
    fn default() -> Self {
        Self {
            registries: sync::Cache::builder().max_capacity(1000).build(),
            // A large one takes a hundred times its length in memory.
            documents: future::Cache::builder()
                .max_capacity(8)
                .time_to_idle(Duration::from_mins(10))
                .build(),
        }
    }
}

/// The tools of a tenant's APIs.
pub(crate) async fn registry(
    s: &Services,
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<Registry> {
    let stamp = store::stamp(&mut *db, tenant).await?;
    if stamp.0 == 0 {
        return Ok(Registry::empty());
    }
    if let Some((known, registry)) = s.apis.registries.get(&tenant)
        && known == stamp
    {
        return Ok(registry);
    }
    let all = all(db, tenant).await?;
    let toolkits = all.into_iter().map(|one| one as Arc<dyn Toolkit>);
    let registry = Registry::new(toolkits.collect())?;
    s.apis.registries.insert(tenant, (stamp, registry.clone()));
    Ok(registry)
}

/// The API that a tool is of.
pub(crate) async fn of_tool(
    s: &Services,
    tenant: TenantId,
    tool: &str,
) -> Result<Option<Arc<Imported>>> {
    let mut tx = s.db.tenant_tx(tenant).await?;
    let all = all(&mut tx, tenant).await?;
    tx.commit().await?;
    let is_of = |one: &Arc<Imported>| {
        let rest = tool.strip_prefix(one.word());
        rest.is_some_and(|rest| rest.starts_with('_'))
    };
    Ok(all.into_iter().find(is_of))
}

async fn all(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<Arc<Imported>>> {
    let rows = store::called(db, tenant).await?;
    rows.into_iter()
        .map(Imported::new)
        .map(|one| one.map(Arc::new))
        .collect()
}
