//! The SQL of memberships.

use super::Member;
use crate::{Result, roles::held};
use api_types::{
    MemberRole, RoleId, TenantId, UserId,
    input::PersonName,
    members::MemberRow,
    users::{MemberView, Membership},
};
use sqlx::PgConnection;

/// Adds a person to a tenant.
pub(crate) async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
    role: &MemberRole,
) -> Result<()> {
    let (word, id) = stored(role);
    sqlx::query!(
        "insert into memberships (tenant_id, user_id, role, role_id) values ($1, $2, $3, $4)",
        tenant.0,
        user.0,
        word,
        id
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Adds a person to a tenant, again if they have left it. False if they belong to it already.
pub(super) async fn join(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
    role: &MemberRole,
) -> Result<bool> {
    let (word, id) = stored(role);
    let done = sqlx::query!(
        "insert into memberships as m (tenant_id, user_id, role, role_id) values ($1, $2, $3, $4)
        on conflict (tenant_id, user_id) do update
            set role = $3, role_id = $4, removed_at = null, created_at = now()
            where m.removed_at is not null",
        tenant.0,
        user.0,
        word,
        id
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A role as two columns.
pub(crate) fn stored(role: &MemberRole) -> (&'static str, Option<uuid::Uuid>) {
    match role {
        MemberRole::BuiltIn(role) => (role.as_str(), None),
        MemberRole::Custom(role) => ("custom", Some(role.id.0)),
    }
}

/// Adds the person behind a service account.
pub(super) async fn insert_service_account(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
    name: &PersonName,
    email: &str,
    password_hash: &str,
) -> Result<()> {
    sqlx::query!(
        "insert into users (user_id, email, name, password_hash, service_tenant)
        values ($1, $2, $3, $4, $5)",
        user.0,
        email,
        name.as_str(),
        password_hash,
        tenant.0
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn is_service_account(db: &mut PgConnection, user: UserId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select service_tenant is not null as "is!" from users where user_id = $1"#,
        user.0
    )
    .fetch_one(db)
    .await?)
}

/// Every tenant a person belongs to, by name. Needs no tenant: a look-up function answers.
pub(crate) async fn of(db: &mut PgConnection, user: UserId) -> Result<Vec<Membership>> {
    sqlx::query!(
        r#"select slug as "slug!", name as "name!", role as "role!", role_id as "role_id: RoleId",
            role_name, permissions
        from memberships_of($1)"#,
        user.0
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        Ok(Membership {
            slug: row.slug,
            name: row.name,
            role: held(&row.role, row.role_id, row.role_name, row.permissions)?,
        })
    })
    .collect()
}

/// The tenant, what the person is in it, and whether their activity has been noted lately.
pub(super) async fn find(
    db: &mut PgConnection,
    user: UserId,
    slug: &str,
) -> Result<Option<(TenantId, MemberRole, bool)>> {
    sqlx::query!(
        r#"select tenant_id as "tenant!: TenantId", role as "role!", role_id as "role_id: RoleId",
            role_name, permissions,
            coalesce(last_active_at > now() - interval '5 minutes', false) as "noted!"
        from memberships_of($1) where slug = $2"#,
        user.0,
        slug
    )
    .fetch_optional(db)
    .await?
    .map(|row| {
        let role = held(&row.role, row.role_id, row.role_name, row.permissions)?;
        Ok((row.tenant, role, row.noted))
    })
    .transpose()
}

/// The people who belong to the tenant, and service accounts, by name.
pub(crate) async fn all(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<MemberView>> {
    sqlx::query!(
        r#"select u.user_id as "id: UserId", u.name, u.email, m.role,
            m.role_id as "role_id: RoleId", r.name as "role_name?",
            r.permissions as "permissions?"
        from memberships m
        join users u using (user_id)
        left join roles r on r.tenant_id = m.tenant_id and r.role_id = m.role_id
        where m.tenant_id = $1 and m.removed_at is null order by u.name, u.email"#,
        tenant.0
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        Ok(MemberView {
            id: row.id,
            name: row.name,
            email: row.email,
            role: held(&row.role, row.role_id, row.role_name, row.permissions)?,
        })
    })
    .collect()
}

/// The tenant's members as the list shows them, service accounts last.
pub(super) async fn list(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<MemberRow>> {
    sqlx::query!(
        r#"select u.user_id as "id: UserId", u.name,
            case when u.service_tenant is null then u.email end as email, m.role,
            m.role_id as "role_id: RoleId", r.name as "role_name?",
            r.permissions as "permissions?", m.created_at, m.last_active_at,
            (select count(*) from mcp_clients c where c.tenant_id = $1
                and c.owner_id = m.user_id and c.archived_at is null) as "clients!"
        from memberships m
        join users u using (user_id)
        left join roles r on r.tenant_id = m.tenant_id and r.role_id = m.role_id
        where m.tenant_id = $1 and m.removed_at is null
        order by u.service_tenant is not null, lower(u.name), u.email"#,
        tenant.0
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        Ok(MemberRow {
            id: row.id,
            name: row.name,
            email: row.email,
            role: held(&row.role, row.role_id, row.role_name, row.permissions)?,
            joined_at: row.created_at,
            last_active_at: row.last_active_at,
            clients: row.clients,
        })
    })
    .collect()
}

pub(super) async fn note_activity(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
) -> Result<()> {
    sqlx::query!(
        "update memberships set last_active_at = now()
        where tenant_id = $1 and user_id = $2 and removed_at is null",
        tenant.0,
        user.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether somebody is a member; if so they stay one until the transaction ends.
pub(super) async fn hold(db: &mut PgConnection, tenant: TenantId, user: UserId) -> Result<bool> {
    let found = sqlx::query_scalar!(
        "select user_id from memberships
        where tenant_id = $1 and user_id = $2 and removed_at is null for share",
        tenant.0,
        user.0
    )
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}

/// A member and every owner, held in the order of their ids until the transaction ends. A row that
/// somebody else has just changed is looked at again once they are done.
pub(super) async fn lock_with_owners(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
) -> Result<Vec<Member>> {
    sqlx::query!(
        r#"select m.user_id as "user: UserId", u.name, m.role, m.role_id as "role_id: RoleId",
            (select r.name from roles r where r.tenant_id = $1 and r.role_id = m.role_id)
                as role_name,
            (select r.permissions from roles r where r.tenant_id = $1 and r.role_id = m.role_id)
                as permissions
        from memberships m join users u using (user_id)
        where m.tenant_id = $1 and m.removed_at is null and (m.user_id = $2 or m.role = 'owner')
        order by m.user_id for update of m"#,
        tenant.0,
        user.0
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        Ok(Member {
            user: row.user,
            name: row.name,
            role: held(&row.role, row.role_id, row.role_name, row.permissions)?,
        })
    })
    .collect()
}

pub(super) async fn set_role(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
    role: &MemberRole,
) -> Result<()> {
    let (word, id) = stored(role);
    sqlx::query!(
        "update memberships set role = $3, role_id = $4 where tenant_id = $1 and user_id = $2",
        tenant.0,
        user.0,
        word,
        id
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends a membership. The row stays for what names it, and holds no role of the tenant's own, so
/// that such a role can go.
pub(super) async fn remove(db: &mut PgConnection, tenant: TenantId, user: UserId) -> Result<()> {
    sqlx::query!(
        "update memberships set removed_at = now(), role = 'viewer', role_id = null
        where tenant_id = $1 and user_id = $2",
        tenant.0,
        user.0
    )
    .execute(db)
    .await?;
    Ok(())
}
