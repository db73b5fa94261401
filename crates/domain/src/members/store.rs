//! The SQL of memberships.

use crate::{Result, roles::held};
use api_types::{
    MemberRole, RoleId, TenantId, UserId,
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

/// A role as two columns.
fn stored(role: &MemberRole) -> (&'static str, Option<uuid::Uuid>) {
    match role {
        MemberRole::BuiltIn(role) => (role.as_str(), None),
        MemberRole::Custom(role) => ("custom", Some(role.id.0)),
    }
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

pub(super) async fn find(
    db: &mut PgConnection,
    user: UserId,
    slug: &str,
) -> Result<Option<(TenantId, MemberRole)>> {
    sqlx::query!(
        r#"select tenant_id as "tenant!: TenantId", role as "role!", role_id as "role_id: RoleId",
            role_name, permissions
        from memberships_of($1) where slug = $2"#,
        user.0,
        slug
    )
    .fetch_optional(db)
    .await?
    .map(|row| {
        let role = held(&row.role, row.role_id, row.role_name, row.permissions)?;
        Ok((row.tenant, role))
    })
    .transpose()
}

/// The tenant's members by name.
pub(crate) async fn all(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<MemberView>> {
    sqlx::query!(
        r#"select u.user_id as "id: UserId", u.name, u.email, m.role,
            m.role_id as "role_id: RoleId", r.name as "role_name?",
            r.permissions as "permissions?"
        from memberships m
        join users u using (user_id)
        left join roles r on r.tenant_id = m.tenant_id and r.role_id = m.role_id
        where m.tenant_id = $1 order by u.name, u.email"#,
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
