//! The SQL of MCP clients.

use super::{Facts, NewClient};
use crate::Result;
use anyhow::Context as _;
use api_types::{
    McpClientId, TenantId, UserId,
    mcp_clients::{ClientKind, ClientView},
};
use sqlx::PgConnection;

/// Clients not archived, by name; only one of them, if an id is given.
pub(super) async fn list(
    db: &mut PgConnection,
    tenant: TenantId,
    only: Option<McpClientId>,
) -> Result<Vec<ClientView>> {
    sqlx::query!(
        r#"select c.client_id as "id: McpClientId", c.name, c.kind, u.name as owner, c.notes,
            c.created_at,
            count(k.key_id) filter (where k.revoked_at is null
                and (k.expires_at is null or k.expires_at > now())) as "live_keys!",
            max(k.last_used_at) as last_used_at
        from mcp_clients c
        join users u on u.user_id = c.owner_id
        left join api_keys k on k.tenant_id = c.tenant_id and k.client_id = c.client_id
        where c.tenant_id = $1 and c.archived_at is null
            and ($2::uuid is null or c.client_id = $2)
        group by c.tenant_id, c.client_id, u.name
        order by lower(c.name)"#,
        tenant.0,
        only.map(|id| id.0)
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        let kind = ClientKind::parse(&row.kind).context("an unknown kind of client")?;
        Ok(ClientView {
            id: row.id,
            name: row.name,
            kind,
            owner: row.owner,
            notes: row.notes,
            created_at: row.created_at,
            live_keys: row.live_keys,
            last_used_at: row.last_used_at,
        })
    })
    .collect()
}

pub(super) async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    id: McpClientId,
    owner: UserId,
    new: &NewClient,
    notes: &str,
) -> Result<()> {
    sqlx::query!(
        "insert into mcp_clients (tenant_id, client_id, name, kind, owner_id, notes)
        values ($1, $2, $3, $4, $5, $6)",
        tenant.0,
        id.0,
        new.name.as_str(),
        new.kind.as_str(),
        owner.0,
        notes
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A client not archived, held until the transaction ends.
pub(super) async fn lock(
    db: &mut PgConnection,
    tenant: TenantId,
    id: McpClientId,
) -> Result<Option<Facts>> {
    Ok(sqlx::query_as!(
        Facts,
        r#"select name, kind, owner_id as "owner: UserId", notes from mcp_clients
        where tenant_id = $1 and client_id = $2 and archived_at is null for update"#,
        tenant.0,
        id.0
    )
    .fetch_optional(db)
    .await?)
}

pub(super) async fn update(
    db: &mut PgConnection,
    tenant: TenantId,
    id: McpClientId,
    new: &Facts,
) -> Result<()> {
    sqlx::query!(
        "update mcp_clients set name = $3, kind = $4, owner_id = $5, notes = $6
        where tenant_id = $1 and client_id = $2",
        tenant.0,
        id.0,
        new.name,
        new.kind,
        new.owner.0,
        new.notes
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn archive(
    db: &mut PgConnection,
    tenant: TenantId,
    id: McpClientId,
) -> Result<()> {
    sqlx::query!(
        "update mcp_clients set archived_at = now() where tenant_id = $1 and client_id = $2",
        tenant.0,
        id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a client exists and is not archived; holds it so until the transaction ends.
pub(crate) async fn exists(
    db: &mut PgConnection,
    tenant: TenantId,
    id: McpClientId,
) -> Result<bool> {
    let found = sqlx::query_scalar!(
        "select client_id from mcp_clients
        where tenant_id = $1 and client_id = $2 and archived_at is null for share",
        tenant.0,
        id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}

/// Whether the member who answers for a client is still one.
pub(crate) async fn owner_is_here(
    db: &mut PgConnection,
    tenant: TenantId,
    id: McpClientId,
) -> Result<bool> {
    let found = sqlx::query_scalar!(
        "select m.user_id from mcp_clients c
        join memberships m on m.tenant_id = c.tenant_id and m.user_id = c.owner_id
        where c.tenant_id = $1 and c.client_id = $2 and m.removed_at is null
        for share of m",
        tenant.0,
        id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}
