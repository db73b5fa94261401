//! The SQL of invitations.

use super::DAYS;
use crate::{Result, members::stored, roles::held};
use api_types::{
    InvitationId, MemberRole, RoleId, TenantId, UserId, input::Email, members::InvitationView,
};
use sqlx::PgConnection;
use vault::Digest;

/// An invitation that waits for an answer.
pub(super) struct Invitation {
    pub tenant: TenantId,
    pub id: InvitationId,
    pub slug: String,
    pub tenant_name: String,
    pub email: String,
    pub role: MemberRole,
    pub invited_by: String,
    pub digest: Digest,
    pub expired: bool,
}

pub(super) async fn pending(
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<Vec<InvitationView>> {
    sqlx::query!(
        r#"select i.invitation_id as "id: InvitationId", i.email, i.role,
            i.role_id as "role_id: RoleId", r.name as "role_name?",
            r.permissions as "permissions?", u.name as invited_by, i.expires_at,
            i.expires_at <= now() as "expired!"
        from invitations i
        join users u on u.user_id = i.invited_by
        left join roles r on r.tenant_id = i.tenant_id and r.role_id = i.role_id
        where i.tenant_id = $1 and i.accepted_at is null and i.revoked_at is null
        order by i.created_at desc, i.invitation_id desc"#,
        tenant.0
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        Ok(InvitationView {
            id: row.id,
            email: row.email,
            role: held(&row.role, row.role_id, row.role_name, row.permissions)?,
            invited_by: row.invited_by,
            expires_at: row.expires_at,
            expired: row.expired,
        })
    })
    .collect()
}

/// Whether the holder of an address belongs to the tenant.
pub(super) async fn is_member(
    db: &mut PgConnection,
    tenant: TenantId,
    email: &str,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (
            select from memberships m join users u using (user_id)
            where m.tenant_id = $1 and m.removed_at is null and u.email = $2
        ) as "is!""#,
        tenant.0,
        email
    )
    .fetch_one(db)
    .await?)
}

pub(super) async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    id: InvitationId,
    email: &Email,
    role: &MemberRole,
    digest: &Digest,
    invited_by: UserId,
) -> Result<()> {
    let (word, role_id) = stored(role);
    sqlx::query!(
        "insert into invitations (tenant_id, invitation_id, email, role, role_id, digest,
            invited_by, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(days => $8))",
        tenant.0,
        id.0,
        email.as_str(),
        word,
        role_id,
        digest,
        invited_by.0,
        DAYS
    )
    .execute(db)
    .await?;
    Ok(())
}

/// An invitation without an answer, held until the transaction ends.
pub(super) async fn lock(
    db: &mut PgConnection,
    tenant: TenantId,
    id: InvitationId,
) -> Result<Option<Invitation>> {
    let row = sqlx::query!(
        r#"select t.slug, t.name as tenant_name, i.email, i.role, i.role_id as "role_id: RoleId",
            r.name as "role_name?", r.permissions as "permissions?", u.name as invited_by,
            i.digest, i.expires_at <= now() as "expired!"
        from invitations i
        join tenants t on t.tenant_id = i.tenant_id
        join users u on u.user_id = i.invited_by
        left join roles r on r.tenant_id = i.tenant_id and r.role_id = i.role_id
        where i.tenant_id = $1 and i.invitation_id = $2
            and i.accepted_at is null and i.revoked_at is null
        for update of i"#,
        tenant.0,
        id.0
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        let role = held(&row.role, row.role_id, row.role_name, row.permissions)?;
        let digest = row.digest.try_into();
        Ok(Invitation {
            tenant,
            id,
            slug: row.slug,
            tenant_name: row.tenant_name,
            email: row.email,
            role,
            invited_by: row.invited_by,
            digest: digest.map_err(|_| anyhow::anyhow!("a digest of another length"))?,
            expired: row.expired,
        })
    })
    .transpose()
}

/// Gives an invitation another link and another week.
pub(super) async fn renew(
    db: &mut PgConnection,
    tenant: TenantId,
    id: InvitationId,
    digest: &Digest,
) -> Result<()> {
    sqlx::query!(
        "update invitations set digest = $3, expires_at = now() + make_interval(days => $4)
        where tenant_id = $1 and invitation_id = $2",
        tenant.0,
        id.0,
        digest,
        DAYS
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn accept(
    db: &mut PgConnection,
    tenant: TenantId,
    id: InvitationId,
) -> Result<()> {
    sqlx::query!(
        "update invitations set accepted_at = now(), role_id = null
        where tenant_id = $1 and invitation_id = $2",
        tenant.0,
        id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn revoke(
    db: &mut PgConnection,
    tenant: TenantId,
    id: InvitationId,
) -> Result<()> {
    sqlx::query!(
        "update invitations set revoked_at = now(), role_id = null
        where tenant_id = $1 and invitation_id = $2",
        tenant.0,
        id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes back what a member has sent and nobody has answered.
pub(crate) async fn revoke_of(db: &mut PgConnection, tenant: TenantId, user: UserId) -> Result<()> {
    sqlx::query!(
        "update invitations set revoked_at = now(), role_id = null
        where tenant_id = $1 and invited_by = $2 and accepted_at is null and revoked_at is null",
        tenant.0,
        user.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether an invitation waits for an address, in any tenant. Needs no tenant: a look-up function answers.
pub(super) async fn is_waiting(db: &mut PgConnection, email: &str) -> Result<bool> {
    Ok(
        sqlx::query_scalar!(r#"select is_invited($1) as "waiting!""#, email)
            .fetch_one(db)
            .await?,
    )
}

/// The invitation that a digest belongs to. Needs no tenant: a look-up function answers.
pub(super) async fn by_digest(
    db: &mut PgConnection,
    digest: &Digest,
) -> Result<Option<(TenantId, InvitationId)>> {
    let found = sqlx::query!(
        r#"select tenant_id as "tenant!: TenantId", invitation_id as "id!: InvitationId"
        from invitation_by_digest($1)"#,
        digest
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(|row| (row.tenant, row.id)))
}
