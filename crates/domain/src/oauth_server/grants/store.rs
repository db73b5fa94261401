//! The SQL of grants.

use super::LiveGrant;
use crate::{Result, roles::held};
use anyhow::Context as _;
use api_types::{
    GrantId, McpClientId, RoleId, TenantId, UserId,
    oauth::{GrantEnd, GrantKind, GrantView, RefreshView},
};
use sqlx::PgConnection;
use std::{collections::HashMap, net::IpAddr};

/// Which grants to list.
#[derive(Default)]
pub(super) struct Wanted {
    pub client: Option<McpClientId>,
    pub user: Option<UserId>,
    pub only_live: bool,
}

/// Grants, the newest first, at most 200, with their refresh tokens.
pub(super) async fn list(
    db: &mut PgConnection,
    tenant: TenantId,
    wanted: &Wanted,
) -> Result<Vec<GrantView>> {
    let rows = sqlx::query!(
        r#"select g.grant_id as "id: GrantId", g.client_id as "client: McpClientId",
            c.name as client_name, g.oauth_id, u.name as person,
            case when u.service_tenant is null then u.email else '' end as "email!",
            g.kind, g.resource, g.scopes, g.created_at, g.created_address, g.last_used_at,
            g.last_used_address, g.last_used_agent, g.ended_at, g.ended_why
        from oauth_grants g
        join mcp_clients c on c.tenant_id = g.tenant_id and c.client_id = g.client_id
        join users u on u.user_id = g.user_id
        where g.tenant_id = $1 and ($2::uuid is null or g.client_id = $2)
            and ($3::uuid is null or g.user_id = $3) and (not $4 or g.ended_at is null)
        order by g.created_at desc, g.grant_id limit 200"#,
        tenant.0,
        wanted.client.map(|id| id.0),
        wanted.user.map(|id| id.0),
        wanted.only_live
    )
    .fetch_all(&mut *db)
    .await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut tokens = refresh_tokens(db, tenant, &ids).await?;
    rows.into_iter()
        .map(|row| {
            Ok(GrantView {
                id: row.id,
                client: row.client,
                client_name: row.client_name,
                oauth_id: row.oauth_id,
                person: row.person,
                email: row.email,
                kind: GrantKind::parse(&row.kind).context("an unknown kind of grant")?,
                resource: row.resource,
                scopes: row.scopes,
                created_at: row.created_at,
                created_address: row.created_address,
                last_used_at: row.last_used_at,
                last_used_address: row.last_used_address,
                last_used_agent: row.last_used_agent,
                ended_at: row.ended_at,
                ended_why: row.ended_why.and_then(|why| GrantEnd::parse(&why)),
                tokens: tokens.remove(&row.id).unwrap_or_default(),
            })
        })
        .collect()
}

/// The newest 50 refresh tokens of each grant, the oldest of them first.
async fn refresh_tokens(
    db: &mut PgConnection,
    tenant: TenantId,
    grants: &[GrantId],
) -> Result<HashMap<GrantId, Vec<RefreshView>>> {
    let ids: Vec<_> = grants.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select grant_id as "grant: GrantId", created_at, rotated_at, expires_at from (
            select grant_id, created_at, rotated_at, expires_at,
                row_number() over (partition by grant_id order by created_at desc) as place
            from oauth_refresh_tokens where tenant_id = $1 and grant_id = any ($2)
        ) t where place <= 50 order by grant_id, created_at"#,
        tenant.0,
        &ids
    )
    .fetch_all(db)
    .await?;
    let mut by_grant: HashMap<GrantId, Vec<RefreshView>> = HashMap::new();
    for row in rows {
        by_grant.entry(row.grant).or_default().push(RefreshView {
            created_at: row.created_at,
            rotated_at: row.rotated_at,
            expires_at: row.expires_at,
        });
    }
    Ok(by_grant)
}

/// A grant that is about to end.
pub(in crate::oauth_server) struct Locked {
    pub client: McpClientId,
    pub user: UserId,
    pub person: String,
    pub client_name: String,
}

pub(in crate::oauth_server) async fn lock(
    db: &mut PgConnection,
    tenant: TenantId,
    id: GrantId,
) -> Result<Option<Locked>> {
    Ok(sqlx::query_as!(
        Locked,
        r#"select g.client_id as "client: McpClientId", g.user_id as "user: UserId",
            u.name as person, c.name as client_name
        from oauth_grants g
        join mcp_clients c on c.tenant_id = g.tenant_id and c.client_id = g.client_id
        join users u on u.user_id = g.user_id
        where g.tenant_id = $1 and g.grant_id = $2 for update of g"#,
        tenant.0,
        id.0
    )
    .fetch_optional(db)
    .await?)
}

/// Ends a grant and tells every server. False if it had ended.
pub(in crate::oauth_server) async fn end(
    db: &mut PgConnection,
    tenant: TenantId,
    id: GrantId,
    why: GrantEnd,
) -> Result<bool> {
    let done = sqlx::query!(
        "with ended as (
            update oauth_grants set ended_at = now(), ended_why = $3
            where tenant_id = $1 and grant_id = $2 and ended_at is null
            returning grant_id
        )
        select pg_notify('bulkhead_tenant', $1::uuid::text || ' tools') from ended",
        tenant.0,
        id.0,
        why.as_str()
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends every grant of a client, and what is remembered of consents to it.
pub(crate) async fn end_of_client(
    db: &mut PgConnection,
    tenant: TenantId,
    client: McpClientId,
    why: GrantEnd,
) -> Result<()> {
    sqlx::query!(
        "delete from oauth_consents where tenant_id = $1 and client_id = $2",
        tenant.0,
        client.0
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "with ended as (
            update oauth_grants set ended_at = now(), ended_why = $3
            where tenant_id = $1 and client_id = $2 and ended_at is null
            returning grant_id
        )
        select pg_notify('bulkhead_tenant', $1::uuid::text || ' tools') from ended limit 1",
        tenant.0,
        client.0,
        why.as_str()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends what somebody allowed who leaves. Answers how many grants.
pub(crate) async fn end_of_member(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
) -> Result<i64> {
    sqlx::query!(
        "delete from oauth_consents where tenant_id = $1 and user_id = $2",
        tenant.0,
        user.0
    )
    .execute(&mut *db)
    .await?;
    let done = sqlx::query!(
        "with ended as (
            update oauth_grants set ended_at = now(), ended_why = 'revoked'
            where tenant_id = $1 and user_id = $2 and ended_at is null
            returning grant_id
        )
        select pg_notify('bulkhead_tenant', $1::uuid::text || ' tools') from ended",
        tenant.0,
        user.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected().cast_signed())
}

/// A grant to store.
pub(in crate::oauth_server) struct NewGrant<'a> {
    pub id: GrantId,
    pub client: McpClientId,
    pub user: UserId,
    pub kind: GrantKind,
    pub oauth_id: &'a str,
    pub resource: &'a str,
    pub scopes: &'a [String],
    pub address: IpAddr,
    pub agent: Option<&'a str>,
}

pub(in crate::oauth_server) async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    new: &NewGrant<'_>,
) -> Result<()> {
    sqlx::query!(
        "insert into oauth_grants (tenant_id, grant_id, client_id, user_id, kind, oauth_id, resource,
            scopes, created_address, created_agent)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        tenant.0,
        new.id.0,
        new.client.0,
        new.user.0,
        new.kind.as_str(),
        new.oauth_id,
        new.resource,
        new.scopes,
        new.address.to_string(),
        new.agent
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The grant under which a client logs in by itself, with the scopes that it may have now.
pub(in crate::oauth_server) async fn of_client(
    db: &mut PgConnection,
    tenant: TenantId,
    new: &NewGrant<'_>,
) -> Result<(GrantId, bool)> {
    let row = sqlx::query!(
        r#"insert into oauth_grants (tenant_id, grant_id, client_id, user_id, kind, oauth_id, resource,
            scopes, created_address, created_agent)
        values ($1, $2, $3, $4, 'client', $5, $6, $7, $8, $9)
        on conflict (tenant_id, client_id) where kind = 'client' and ended_at is null
            do update set scopes = excluded.scopes, user_id = excluded.user_id
        returning grant_id as "id: GrantId", grant_id = $2 as "is_new!""#,
        tenant.0,
        new.id.0,
        new.client.0,
        new.user.0,
        new.oauth_id,
        new.resource,
        new.scopes,
        new.address.to_string(),
        new.agent
    )
    .fetch_one(db)
    .await?;
    Ok((row.id, row.is_new))
}

pub(super) async fn live(
    db: &mut PgConnection,
    tenant: TenantId,
    id: GrantId,
) -> Result<Option<LiveGrant>> {
    let row = sqlx::query!(
        r#"select g.client_id as "client: McpClientId", c.name as client_name,
            g.user_id as "user: UserId", u.name as user_name, m.role,
            m.role_id as "role_id: RoleId", r.name as "role_name?",
            r.permissions as "permissions?", g.kind, g.scopes,
            coalesce(o.scopes, '{}') as "own_scopes!", t.slug,
            array(select s.slug from tenant_slugs s where s.tenant_id = $1) as "slugs!",
            t.name as tenant_name,
            coalesce(t.suspended_at, t.operator_suspended_at) is not null as "suspended!",
            g.oauth_id, g.resource
        from oauth_grants g
        join mcp_clients c on c.tenant_id = g.tenant_id and c.client_id = g.client_id
        join memberships m on m.tenant_id = g.tenant_id and m.user_id = g.user_id
        join users u on u.user_id = g.user_id
        join tenants t on t.tenant_id = g.tenant_id
        left join roles r on r.tenant_id = m.tenant_id and r.role_id = m.role_id
        left join oauth_clients o on o.tenant_id = g.tenant_id and o.client_id = g.client_id
        where g.tenant_id = $1 and g.grant_id = $2 and g.ended_at is null
            and c.archived_at is null and m.removed_at is null and t.delete_after is null"#,
        tenant.0,
        id.0
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(LiveGrant {
            role: held(&row.role, row.role_id, row.role_name, row.permissions)?,
            kind: GrantKind::parse(&row.kind).context("an unknown kind of grant")?,
            client: row.client,
            client_name: row.client_name,
            user: row.user,
            user_name: row.user_name,
            scopes: row.scopes,
            own_scopes: row.own_scopes,
            slug: row.slug,
            slugs: row.slugs,
            tenant_name: row.tenant_name,
            suspended: row.suspended,
            oauth_id: row.oauth_id,
            resource: row.resource,
        })
    })
    .transpose()
}

/// A consent that is remembered.
pub(super) struct Consent {
    pub client: McpClientId,
    pub client_name: String,
    pub scopes: Vec<String>,
}

pub(super) async fn consents(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
) -> Result<Vec<Consent>> {
    Ok(sqlx::query_as!(
        Consent,
        r#"select o.client_id as "client: McpClientId", c.name as client_name, o.scopes
        from oauth_consents o
        join mcp_clients c on c.tenant_id = o.tenant_id and c.client_id = o.client_id
        where o.tenant_id = $1 and o.user_id = $2 and c.archived_at is null"#,
        tenant.0,
        user.0
    )
    .fetch_all(db)
    .await?)
}

/// Forgets a consent. Answers the client's name, if there was one.
pub(super) async fn forget_consent(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
    client: McpClientId,
) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        "delete from oauth_consents o using mcp_clients c
        where o.tenant_id = $1 and o.user_id = $2 and o.client_id = $3
            and c.tenant_id = o.tenant_id and c.client_id = o.client_id
        returning c.name",
        tenant.0,
        user.0,
        client.0
    )
    .fetch_optional(db)
    .await?)
}
