//! The SQL of roles.

use super::custom;
use crate::Result;
use api_types::{ApiKeyId, CustomRole, Permission, RoleId, TenantId, UserId, members::RoleView};
use sqlx::PgConnection;

pub(super) async fn list(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<RoleView>> {
    let rows = sqlx::query!(
        r#"select r.role_id as "id: RoleId", r.name, r.permissions, count(m.user_id) as "members!"
        from roles r
        left join memberships m on m.tenant_id = r.tenant_id and m.role_id = r.role_id
            and m.removed_at is null
        where r.tenant_id = $1
        group by r.tenant_id, r.role_id order by lower(r.name)"#,
        tenant.0
    )
    .fetch_all(db)
    .await?;
    let view = rows.into_iter().map(|row| RoleView {
        role: custom(row.id, row.name, &row.permissions),
        members: row.members,
    });
    Ok(view.collect())
}

/// A role; it cannot be deleted until the transaction ends.
pub(super) async fn find(
    db: &mut PgConnection,
    tenant: TenantId,
    id: RoleId,
) -> Result<Option<CustomRole>> {
    let row = sqlx::query!(
        "select name, permissions from roles where tenant_id = $1 and role_id = $2 for key share",
        tenant.0,
        id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| custom(id, row.name, &row.permissions)))
}

/// A role that is about to change.
pub(super) async fn lock(
    db: &mut PgConnection,
    tenant: TenantId,
    id: RoleId,
) -> Result<Option<CustomRole>> {
    let row = sqlx::query!(
        "select name, permissions from roles where tenant_id = $1 and role_id = $2 for update",
        tenant.0,
        id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| custom(id, row.name, &row.permissions)))
}

/// Who holds a role; whoever has gone holds none.
pub(super) async fn holders(
    db: &mut PgConnection,
    tenant: TenantId,
    id: RoleId,
) -> Result<Vec<UserId>> {
    Ok(sqlx::query_scalar!(
        r#"select user_id as "user: UserId" from memberships where tenant_id = $1 and role_id = $2"#,
        tenant.0,
        id.0
    )
    .fetch_all(db)
    .await?)
}

pub(super) async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    role: &CustomRole,
) -> Result<()> {
    sqlx::query!(
        "insert into roles (tenant_id, role_id, name, permissions) values ($1, $2, $3, $4)",
        tenant.0,
        role.id.0,
        role.name,
        &words(&role.permissions)
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn update(
    db: &mut PgConnection,
    tenant: TenantId,
    role: &CustomRole,
) -> Result<()> {
    sqlx::query!(
        "update roles set name = $3, permissions = $4 where tenant_id = $1 and role_id = $2",
        tenant.0,
        role.id.0,
        role.name,
        &words(&role.permissions)
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn delete(db: &mut PgConnection, tenant: TenantId, id: RoleId) -> Result<()> {
    sqlx::query!(
        "delete from roles where tenant_id = $1 and role_id = $2",
        tenant.0,
        id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A key that works, for explaining what it may do.
pub(super) struct KeyRights {
    pub id: ApiKeyId,
    pub name: String,
    pub client: String,
    pub scopes: Vec<String>,
}

/// Keys that work now, by client and name; only one of them, if an id is given.
pub(super) async fn keys(
    db: &mut PgConnection,
    tenant: TenantId,
    only: Option<ApiKeyId>,
) -> Result<Vec<KeyRights>> {
    Ok(sqlx::query_as!(
        KeyRights,
        r#"select k.key_id as "id: ApiKeyId", k.name, c.name as client, k.scopes
        from api_keys k
        join mcp_clients c on c.tenant_id = k.tenant_id and c.client_id = k.client_id
        where k.tenant_id = $1 and k.revoked_at is null and c.archived_at is null
            and (k.expires_at is null or k.expires_at > now())
            and ($2::uuid is null or k.key_id = $2)
        order by lower(c.name), lower(k.name), k.key_id limit 500"#,
        tenant.0,
        only.map(|id| id.0)
    )
    .fetch_all(db)
    .await?)
}

fn words(permissions: &[Permission]) -> Vec<String> {
    permissions.iter().map(|one| one.as_str().into()).collect()
}
