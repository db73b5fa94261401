//! The SQL of the audit log.

use super::chain::{Entry, Hash};
use crate::Result;
use api_types::{ApiKeyId, TenantId, UserId};
use serde_json::value::RawValue;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// Who acts, before their name is looked up.
pub(super) enum Author {
    Member(UserId),
    Key(ApiKeyId),
    System(&'static str),
}

impl Author {
    /// The word in the database.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Member(_) => "member",
            Self::Key(_) => "key",
            Self::System(_) => "system",
        }
    }

    pub(super) fn id(&self) -> Option<Uuid> {
        match self {
            Self::Member(user) => Some(user.0),
            Self::Key(key) => Some(key.0),
            Self::System(_) => None,
        }
    }
}

/// The end of a chain, and what the next row takes from the moment it was locked.
pub(super) struct Head {
    pub seq: i64,
    pub hash: Hash,
    pub at: OffsetDateTime,
    pub author: String,
}

/// Locks the end of the tenant's chain until the transaction ends.
pub(super) async fn lock_head(
    db: &mut PgConnection,
    tenant: TenantId,
    author: &Author,
) -> Result<Head> {
    if let Some(head) = find_head(db, tenant, author).await? {
        return Ok(head);
    }
    sqlx::query!(
        "insert into audit_heads (tenant_id) values ($1) on conflict do nothing",
        tenant.0
    )
    .execute(&mut *db)
    .await?;
    let head = find_head(db, tenant, author).await?;
    Ok(head.ok_or_else(|| anyhow::anyhow!("the audit log has no head"))?)
}

/// The clock is read under the lock, so that times follow the numbers as far as the clock does.
async fn find_head(
    db: &mut PgConnection,
    tenant: TenantId,
    author: &Author,
) -> Result<Option<Head>> {
    let name = match author {
        Author::System(job) => Some(*job),
        _ => None,
    };
    Ok(sqlx::query_as!(
        Head,
        r#"select h.seq, h.hash as "hash: Hash", clock_timestamp() as "at!",
            coalesce($4,
                (select u.name || ' <' || u.email || '>' from users u where u.user_id = $3),
                (select c.name || ' / ' || k.name from api_keys k
                    join mcp_clients c on c.tenant_id = k.tenant_id and c.client_id = k.client_id
                    where k.tenant_id = $1 and k.key_id = $3),
                $2) as "author!"
        from audit_heads h where h.tenant_id = $1 for update of h"#,
        tenant.0,
        author.kind(),
        author.id(),
        name
    )
    .fetch_optional(db)
    .await?)
}

/// Writes the row and moves the head to it; open pages are told.
pub(super) async fn append(db: &mut PgConnection, at: OffsetDateTime, row: &Entry) -> Result<()> {
    let json = |json: &Option<Box<RawValue>>| json.as_ref().map(|json| json.get().to_owned());
    sqlx::query!(
        "with moved as (
            update audit_heads set seq = $2, hash = $16 where tenant_id = $1
        ), added as (
            insert into audit_events (tenant_id, seq, at, actor_kind, actor_id, actor_name, act,
                object_kind, object_id, object_name, before, after, address, request_id, prev, hash)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            returning tenant_id
        )
        select pg_notify('bulkhead_tenant', tenant_id::text || ' audit') from added",
        row.tenant.0,
        row.seq,
        at,
        row.actor_kind,
        row.actor_id,
        row.actor_name,
        row.act,
        row.object_kind,
        row.object_id,
        row.object_name,
        json(&row.before),
        json(&row.after),
        row.address,
        row.request_id,
        &row.prev.0,
        &row.hash.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The tenants a person belongs to, in the order of their ids.
pub(super) async fn tenants_of(db: &mut PgConnection, user: UserId) -> Result<Vec<TenantId>> {
    Ok(sqlx::query_scalar!(
        r#"select tenant_id as "tenant!: TenantId" from memberships_of($1) order by tenant_id"#,
        user.0
    )
    .fetch_all(db)
    .await?)
}
