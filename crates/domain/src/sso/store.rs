//! The SQL of single sign-on: domains, and whom a provider means. What is connected is in [`connection`].

mod connection;

pub(super) use connection::*;

use crate::{Result, sign_in_with::Profile};
use api_types::{TenantId, UserId, sso::DomainView};
use sqlx::PgConnection;

/// A domain as claimed.
pub(super) struct Claimed {
    pub token: String,
    pub verified: bool,
}

/// A domain whose record is to be looked for again.
pub(super) struct Due {
    pub tenant: TenantId,
    pub domain: String,
    pub token: String,
}

/// Newest last. `record` is the token alone.
pub(super) async fn domains(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<DomainView>> {
    Ok(sqlx::query_as!(
        DomainView,
        "select domain, token as record, verified_at from tenant_domains
        where tenant_id = $1 order by created_at, domain",
        tenant.0
    )
    .fetch_all(db)
    .await?)
}

pub(super) async fn count_domains(db: &mut PgConnection, tenant: TenantId) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "count!" from tenant_domains where tenant_id = $1"#,
        tenant.0
    )
    .fetch_one(db)
    .await?)
}

pub(super) async fn insert_domain(
    db: &mut PgConnection,
    tenant: TenantId,
    domain: &str,
    token: &str,
) -> Result<()> {
    sqlx::query!(
        "insert into tenant_domains (tenant_id, domain, token) values ($1, $2, $3)",
        tenant.0,
        domain,
        token
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn domain(
    db: &mut PgConnection,
    tenant: TenantId,
    domain: &str,
) -> Result<Option<Claimed>> {
    Ok(sqlx::query_as!(
        Claimed,
        r#"select token, verified_at is not null as "verified!" from tenant_domains
        where tenant_id = $1 and domain = $2"#,
        tenant.0,
        domain
    )
    .fetch_optional(db)
    .await?)
}

pub(super) async fn set_verified(
    db: &mut PgConnection,
    tenant: TenantId,
    domain: &str,
) -> Result<()> {
    sqlx::query!(
        "update tenant_domains set verified_at = now(), looked_at = now(), days_missing = 0
        where tenant_id = $1 and domain = $2",
        tenant.0,
        domain
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The verified domain that nobody has looked at for longest, if that is a day. As the system role.
pub(super) async fn due(db: &mut PgConnection) -> Result<Option<Due>> {
    Ok(sqlx::query_as!(
        Due,
        r#"select d.tenant_id as "tenant: TenantId", d.domain, d.token
        from tenant_domains d join tenants t on t.tenant_id = d.tenant_id
        where d.verified_at is not null and t.delete_after is null
            and (d.looked_at is null or d.looked_at <= now() - interval '1 day')
        order by d.looked_at nulls first limit 1"#
    )
    .fetch_optional(db)
    .await?)
}

/// Notes that somebody looked, and whether the record was there; nothing is known where nobody answered. Answers on how
/// many days it was not there since it last was; none where the domain was given up meanwhile.
pub(super) async fn set_looked(
    db: &mut PgConnection,
    due: &Due,
    there: Option<bool>,
) -> Result<Option<i32>> {
    Ok(sqlx::query_scalar!(
        "update tenant_domains set looked_at = now(), days_missing = case
            when $4 then 0 when not $4 then days_missing + 1 else days_missing end
        where tenant_id = $1 and domain = $2 and token = $3 and verified_at is not null
        returning days_missing",
        due.tenant.0,
        due.domain,
        due.token,
        there
    )
    .fetch_optional(db)
    .await?)
}

/// The domain is claimed as before, and no longer the tenant's.
pub(super) async fn set_lost(db: &mut PgConnection, tenant: TenantId, domain: &str) -> Result<()> {
    sqlx::query!(
        "update tenant_domains set verified_at = null, days_missing = 0
        where tenant_id = $1 and domain = $2",
        tenant.0,
        domain
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn delete_domain(
    db: &mut PgConnection,
    tenant: TenantId,
    domain: &str,
) -> Result<bool> {
    let done = sqlx::query!(
        "delete from tenant_domains where tenant_id = $1 and domain = $2",
        tenant.0,
        domain
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn has_verified_domain(db: &mut PgConnection, tenant: TenantId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from tenant_domains
            where tenant_id = $1 and verified_at is not null) as "has!""#,
        tenant.0
    )
    .fetch_one(db)
    .await?)
}

/// Whether a domain is the tenant's, and verified.
pub(super) async fn owns(db: &mut PgConnection, tenant: TenantId, domain: &str) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from tenant_domains
            where tenant_id = $1 and domain = $2 and verified_at is not null) as "owns!""#,
        tenant.0,
        domain
    )
    .fetch_one(db)
    .await?)
}

pub(super) async fn tenant_of_domain(
    db: &mut PgConnection,
    domain: &str,
) -> Result<Option<TenantId>> {
    Ok(sqlx::query_scalar!(
        r#"select sso_tenant_of_domain($1) as "tenant: TenantId""#,
        domain
    )
    .fetch_one(db)
    .await?)
}

/// Whether the tenant lets this person in by its provider alone.
pub(super) async fn is_wanted(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select tenant_wants_sso($1, u.user_id, split_part(u.email, '@', 2)) as "wanted!"
        from users u where u.user_id = $2"#,
        tenant.0,
        user.0
    )
    .fetch_optional(db)
    .await?
    .unwrap_or(false))
}

pub(super) async fn identity(
    db: &mut PgConnection,
    tenant: TenantId,
    issuer: &str,
    subject: &str,
) -> Result<Option<UserId>> {
    Ok(sqlx::query_scalar!(
        r#"select user_id as "user: UserId" from sso_identities
        where tenant_id = $1 and issuer = $2 and subject = $3"#,
        tenant.0,
        issuer,
        subject
    )
    .fetch_optional(db)
    .await?)
}

pub(super) async fn insert_identity(
    db: &mut PgConnection,
    tenant: TenantId,
    profile: &Profile,
    user: UserId,
) -> Result<()> {
    sqlx::query!(
        "insert into sso_identities (tenant_id, issuer, subject, user_id) values ($1, $2, $3, $4)",
        tenant.0,
        profile.issuer,
        profile.subject,
        user.0
    )
    .execute(db)
    .await?;
    Ok(())
}
