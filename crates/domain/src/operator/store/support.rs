//! What a tenant lets the operator look at.

use crate::Result;
use api_types::{TenantId, UserId, operator::SupportView};
use sqlx::PgConnection;
use uuid::Uuid;

pub(in crate::operator) async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    user: UserId,
    reason: &str,
    hours: i32,
) -> Result<()> {
    sqlx::query!(
        "insert into support_consents (tenant_id, consent_id, given_by, reason, expires_at)
        values ($1, $2, $3, $4, now() + make_interval(hours => $5))",
        tenant.0,
        id,
        user.0,
        reason,
        hours
    )
    .execute(db)
    .await?;
    Ok(())
}

/// False if nothing was allowed any more.
pub(in crate::operator) async fn end(db: &mut PgConnection, tenant: TenantId) -> Result<bool> {
    let ended = sqlx::query_scalar!(
        r#"update support_consents set ended_at = now()
        where tenant_id = $1 and ended_at is null returning expires_at > now() as "was_allowed!""#,
        tenant.0
    )
    .fetch_optional(db)
    .await?;
    Ok(ended == Some(true))
}

pub(in crate::operator) async fn current(
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<Option<SupportView>> {
    Ok(sqlx::query_as!(
        SupportView,
        "select c.reason, u.name as given_by, c.created_at as since, c.expires_at as until
        from support_consents c join users u on u.user_id = c.given_by
        where c.tenant_id = $1 and c.ended_at is null and c.expires_at > now()",
        tenant.0
    )
    .fetch_optional(db)
    .await?)
}

/// Whether it is allowed; if so it stays until the transaction ends.
pub(in crate::operator) async fn hold(db: &mut PgConnection, tenant: TenantId) -> Result<bool> {
    let found = sqlx::query_scalar!(
        "select consent_id from support_consents
        where tenant_id = $1 and ended_at is null and expires_at > now() for share",
        tenant.0
    )
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}
