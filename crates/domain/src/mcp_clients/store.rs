//! The SQL of MCP clients.

use super::{Facts, NewClient};
use crate::Result;
use anyhow::Context as _;
use api_types::{
    McpClientId, TenantId, UserId,
    mcp_clients::{ClientKind, ClientView},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// Clients not archived, by name; only one of them, if an id is given.
pub(super) async fn list(
    db: &mut PgConnection,
    tenant: TenantId,
    only: Option<McpClientId>,
) -> Result<Vec<ClientView>> {
    sqlx::query!(
        r#"select c.client_id as "id: McpClientId", c.name, c.kind, u.name as owner, c.notes,
            c.created_at, c.app_id is not null as "is_app!",
            (select count(*) from oauth_grants g
                where g.tenant_id = c.tenant_id and g.client_id = c.client_id
                    and g.ended_at is null) as "live_grants!",
            count(k.key_id) filter (where k.revoked_at is null
                and (k.expires_at is null or k.expires_at > now())) as "live_keys!",
            greatest(max(k.last_used_at), (select max(g.last_used_at) from oauth_grants g
                where g.tenant_id = c.tenant_id and g.client_id = c.client_id)) as last_used_at
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
            live_grants: row.live_grants,
            is_app: row.is_app,
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

/// The tenant's client for an app, if people have connected it.
pub(crate) async fn of_app(
    db: &mut PgConnection,
    tenant: TenantId,
    app: Uuid,
) -> Result<Option<McpClientId>> {
    Ok(sqlx::query_scalar!(
        r#"select client_id as "id: McpClientId" from mcp_clients
        where tenant_id = $1 and app_id = $2 and archived_at is null for share"#,
        tenant.0,
        app
    )
    .fetch_optional(db)
    .await?)
}

/// Makes a client for an app that somebody connects, under its name or the next that is free. Answers whether it is new:
/// somebody else may have connected it at the same moment.
pub(crate) async fn connect(
    db: &mut PgConnection,
    tenant: TenantId,
    app: Uuid,
    owner: UserId,
    name: &str,
) -> Result<(McpClientId, bool)> {
    let base: String = name.trim().chars().take(70).collect();
    let base = if base.is_empty() { "App" } else { &base };
    for nth in 1..1000 {
        let name = match nth {
            1 => base.to_owned(),
            nth => format!("{base} ({nth})"),
        };
        let done = sqlx::query!(
            "insert into mcp_clients (tenant_id, client_id, name, kind, owner_id, app_id)
            values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
            tenant.0,
            Uuid::now_v7(),
            name,
            ClientKind::Other.as_str(),
            owner.0,
            app
        )
        .execute(&mut *db)
        .await?;
        if let Some(id) = of_app(db, tenant, app).await? {
            return Ok((id, done.rows_affected() == 1));
        }
    }
    Err(anyhow::anyhow!("no name is free for an app").into())
}
