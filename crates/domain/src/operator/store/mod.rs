//! The SQL of the operator's console. What crosses tenants is asked as the system role, which sees names and numbers
//! alone; what is one tenant's, in a transaction of that tenant.

pub(super) mod health;
pub(super) mod instance;
pub(super) mod log;
pub(super) mod revenue;
pub(super) mod support;
pub(super) mod tenants;

use crate::Result;
use api_types::{TenantId, UserId};
use sqlx::PgConnection;

/// What a tenant is called.
pub(super) struct Named {
    pub slug: String,
    pub name: String,
    pub deleted: bool,
}

pub(super) async fn named(db: &mut PgConnection, tenant: TenantId) -> Result<Option<Named>> {
    Ok(sqlx::query_as!(
        Named,
        r#"select slug, name, delete_after is not null as "deleted!"
        from tenants where tenant_id = $1"#,
        tenant.0
    )
    .fetch_optional(db)
    .await?)
}

pub(super) async fn is_member(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from memberships
            where tenant_id = $1 and user_id = $2 and removed_at is null) as "is!""#,
        tenant.0,
        user.0
    )
    .fetch_one(db)
    .await?)
}
