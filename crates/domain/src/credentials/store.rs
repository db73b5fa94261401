//! The SQL of last uses. What a credential is stands in the features that issue it.

use super::Use;
use crate::Result;
use api_types::CredentialId;
use sqlx::PgConnection;
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// Uses, as a statement takes them.
pub(super) struct Columns {
    ids: Vec<Uuid>,
    tenants: Vec<Uuid>,
    at: Vec<OffsetDateTime>,
    addresses: Vec<String>,
    agents: Vec<Option<String>>,
}

impl Columns {
    pub(super) fn of(uses: &HashMap<CredentialId, Use>) -> Self {
        Self {
            ids: uses.keys().map(|id| id.0).collect(),
            tenants: uses.values().map(|used| used.tenant.0).collect(),
            at: uses.values().map(|used| used.at).collect(),
            addresses: uses.values().map(|used| used.address.to_string()).collect(),
            agents: uses
                .values()
                .map(|used| Some(used.agent.as_ref()?.chars().take(200).collect()))
                .collect(),
        }
    }
}

pub(super) async fn mark_keys(db: &mut PgConnection, uses: &Columns) -> Result<()> {
    sqlx::query!(
        "update api_keys k set last_used_at = greatest(k.last_used_at, u.at),
            last_used_address = u.address, last_used_agent = u.agent
        from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[])
            as u (tenant_id, key_id, at, address, agent)
        where k.tenant_id = u.tenant_id and k.key_id = u.key_id",
        &uses.tenants,
        &uses.ids,
        &uses.at,
        &uses.addresses,
        &uses.agents as &[Option<String>]
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn mark_grants(db: &mut PgConnection, uses: &Columns) -> Result<()> {
    sqlx::query!(
        "update oauth_grants g set last_used_at = greatest(g.last_used_at, u.at),
            last_used_address = u.address, last_used_agent = u.agent
        from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[])
            as u (tenant_id, grant_id, at, address, agent)
        where g.tenant_id = u.tenant_id and g.grant_id = u.grant_id",
        &uses.tenants,
        &uses.ids,
        &uses.at,
        &uses.addresses,
        &uses.agents as &[Option<String>]
    )
    .execute(db)
    .await?;
    Ok(())
}
