//! The SQL of memberships.

use super::{membership, pair, role};
use crate::Result;
use api_types::{
    Role, TenantId, UserId,
    users::{MemberView, Membership},
};
use sqlx::PgConnection;

/// Adds a person to a tenant.
pub(crate) async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
    role: Role,
) -> Result<()> {
    sqlx::query!(
        "insert into memberships (tenant_id, user_id, role) values ($1, $2, $3)",
        tenant.0,
        user.0,
        role.as_str()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Every tenant a person belongs to, by name. Needs no tenant: a look-up function answers.
pub(crate) async fn of(db: &mut PgConnection, user: UserId) -> Result<Vec<Membership>> {
    sqlx::query!(
        r#"select slug as "slug!", name as "name!", role as "role!" from memberships_of($1)"#,
        user.0
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| membership(row.slug, row.name, &row.role))
    .collect()
}

pub(super) async fn find(
    db: &mut PgConnection,
    user: UserId,
    slug: &str,
) -> Result<Option<(TenantId, Role)>> {
    sqlx::query!(
        r#"select tenant_id as "tenant!: TenantId", role as "role!"
        from memberships_of($1) where slug = $2"#,
        user.0,
        slug
    )
    .fetch_optional(db)
    .await?
    .map(|row| pair(row.tenant, &row.role))
    .transpose()
}

pub(super) async fn list(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<MemberView>> {
    sqlx::query!(
        r#"select u.user_id as "id: UserId", u.name, u.email, m.role
        from memberships m join users u using (user_id)
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
            role: role(&row.role)?,
        })
    })
    .collect()
}
