//! The SQL of single sign-on.

use super::NewConnection;
use crate::{Result, data_keys::Sealed, sign_in_with::Profile};
use anyhow::Context as _;
use api_types::{
    Role, TenantId, UserId,
    sso::{ConnectionView, DomainView, GroupRole},
};
use sqlx::PgConnection;

/// A domain as claimed.
pub(super) struct Claimed {
    pub token: String,
    pub verified: bool,
}

/// A connection as stored.
pub(super) struct Connection {
    pub issuer: String,
    pub client_id: String,
    pub secret: Sealed,
    pub default_role: Role,
    pub group_claim: String,
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
        "update tenant_domains set verified_at = now() where tenant_id = $1 and domain = $2",
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

pub(super) async fn connection(
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<Option<Connection>> {
    let row = sqlx::query!(
        "select issuer, client_id, secret, secret_version, default_role, group_claim
        from tenant_sso where tenant_id = $1",
        tenant.0
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Connection {
            issuer: row.issuer,
            client_id: row.client_id,
            secret: Sealed {
                bytes: row.secret,
                version: row.secret_version,
            },
            default_role: read(&row.default_role)?,
            group_claim: row.group_claim,
        })
    })
    .transpose()
}

pub(super) async fn view(
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<Option<ConnectionView>> {
    let row = sqlx::query!(
        r#"select s.issuer, s.client_id, s.default_role, s.group_claim, s.tested_at, s.enforced,
            u.name as "break_glass?"
        from tenant_sso s left join users u on u.user_id = s.break_glass where s.tenant_id = $1"#,
        tenant.0
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    Ok(Some(ConnectionView {
        issuer: row.issuer,
        client_id: row.client_id,
        default_role: read(&row.default_role)?,
        group_claim: row.group_claim,
        groups: groups(db, tenant).await?,
        tested_at: row.tested_at,
        enforced: row.enforced,
        break_glass: row.break_glass,
    }))
}

/// In the order in which they decide.
pub(super) async fn groups(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<GroupRole>> {
    sqlx::query!(
        "select group_name, role from sso_group_roles where tenant_id = $1 order by line",
        tenant.0
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        Ok(GroupRole {
            group: row.group_name,
            role: read(&row.role)?,
        })
    })
    .collect()
}

/// Puts a connection in place of the one before. One that leads elsewhere is neither tested nor enforced.
pub(super) async fn put(
    db: &mut PgConnection,
    tenant: TenantId,
    new: &NewConnection,
    secret: &Sealed,
) -> Result<()> {
    sqlx::query!(
        "insert into tenant_sso
            (tenant_id, issuer, client_id, secret, secret_version, default_role, group_claim)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (tenant_id) do update set issuer = $2, client_id = $3, secret = $4,
            secret_version = $5, default_role = $6, group_claim = $7,
            tested_at = case when (tenant_sso.issuer, tenant_sso.client_id, tenant_sso.secret)
                = ($2, $3, $4) then tenant_sso.tested_at end,
            enforced = tenant_sso.enforced
                and (tenant_sso.issuer, tenant_sso.client_id, tenant_sso.secret) = ($2, $3, $4)",
        tenant.0,
        new.issuer,
        new.client_id,
        secret.bytes,
        secret.version,
        new.default_role.as_str(),
        new.group_claim
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("delete from sso_group_roles where tenant_id = $1", tenant.0)
        .execute(&mut *db)
        .await?;
    let (names, roles): (Vec<String>, Vec<String>) = new
        .groups
        .iter()
        .map(|line| (line.group.clone(), line.role.as_str().to_owned()))
        .unzip();
    sqlx::query!(
        "insert into sso_group_roles (tenant_id, line, group_name, role)
        select $1, line::int, name, role
        from unnest($2::text[], $3::text[]) with ordinality as given (name, role, line)",
        tenant.0,
        &names,
        &roles
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Answers the issuer, if there was one.
pub(super) async fn delete(db: &mut PgConnection, tenant: TenantId) -> Result<Option<String>> {
    sqlx::query!("delete from sso_group_roles where tenant_id = $1", tenant.0)
        .execute(&mut *db)
        .await?;
    Ok(sqlx::query_scalar!(
        "delete from tenant_sso where tenant_id = $1 returning issuer",
        tenant.0
    )
    .fetch_optional(db)
    .await?)
}

pub(super) async fn set_tested(db: &mut PgConnection, tenant: TenantId) -> Result<()> {
    sqlx::query!(
        "update tenant_sso set tested_at = now() where tenant_id = $1",
        tenant.0
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn set_enforced(
    db: &mut PgConnection,
    tenant: TenantId,
    enforced: bool,
    break_glass: Option<UserId>,
) -> Result<()> {
    sqlx::query!(
        "update tenant_sso set enforced = $2, break_glass = $3 where tenant_id = $1",
        tenant.0,
        enforced,
        break_glass.map(|user| user.0)
    )
    .execute(db)
    .await?;
    Ok(())
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

fn read(role: &str) -> Result<Role> {
    Ok(Role::parse(role).context("an unknown role in the database")?)
}
