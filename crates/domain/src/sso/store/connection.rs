//! The SQL of connections and of what their groups may do.

use crate::{
    Result,
    data_keys::Sealed,
    members::stored,
    roles::held,
    sso::{NewConnection, connection::Given},
};
use api_types::{
    RoleId, TenantId, UserId,
    sso::{ConnectionView, GroupRole},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// A connection as stored.
pub(in crate::sso) struct Connection {
    pub issuer: String,
    pub client_id: String,
    pub secret: Sealed,
    pub group_claim: String,
}

pub(in crate::sso) async fn connection(
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<Option<Connection>> {
    let row = sqlx::query!(
        "select issuer, client_id, secret, secret_version, group_claim
        from tenant_sso where tenant_id = $1",
        tenant.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Connection {
        issuer: row.issuer,
        client_id: row.client_id,
        secret: Sealed {
            bytes: row.secret,
            version: row.secret_version,
        },
        group_claim: row.group_claim,
    }))
}

/// The roles that the tenant's provider gives, if there is one.
pub(in crate::sso) async fn given(
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<Option<Given>> {
    let row = sqlx::query!(
        r#"select s.default_role, s.default_role_id as "role_id: RoleId", r.name as "role_name?",
            r.permissions as "permissions?"
        from tenant_sso s
        left join roles r on r.tenant_id = s.tenant_id and r.role_id = s.default_role_id
        where s.tenant_id = $1"#,
        tenant.0
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    Ok(Some(Given {
        default_role: held(
            &row.default_role,
            row.role_id,
            row.role_name,
            row.permissions,
        )?,
        groups: groups(db, tenant).await?,
    }))
}

pub(in crate::sso) async fn view(
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<Option<ConnectionView>> {
    let row = sqlx::query!(
        r#"select s.issuer, s.client_id, s.group_claim, s.tested_at, s.enforced, u.name as "break_glass?"
        from tenant_sso s left join users u on u.user_id = s.break_glass where s.tenant_id = $1"#,
        tenant.0
    )
    .fetch_optional(&mut *db)
    .await?;
    let (Some(row), Some(given)) = (row, given(db, tenant).await?) else {
        return Ok(None);
    };
    Ok(Some(ConnectionView {
        issuer: row.issuer,
        client_id: row.client_id,
        default_role: given.default_role,
        group_claim: row.group_claim,
        groups: given.groups,
        tested_at: row.tested_at,
        enforced: row.enforced,
        break_glass: row.break_glass,
    }))
}

/// In the order in which they decide.
async fn groups(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<GroupRole>> {
    sqlx::query!(
        r#"select g.group_name, g.role, g.role_id as "role_id: RoleId", r.name as "role_name?",
            r.permissions as "permissions?"
        from sso_group_roles g
        left join roles r on r.tenant_id = g.tenant_id and r.role_id = g.role_id
        where g.tenant_id = $1 order by g.line"#,
        tenant.0
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        Ok(GroupRole {
            group: row.group_name,
            role: held(&row.role, row.role_id, row.role_name, row.permissions)?,
        })
    })
    .collect()
}

/// Puts a connection in place of the one before. One that leads elsewhere is neither tested nor enforced.
pub(in crate::sso) async fn put(
    db: &mut PgConnection,
    tenant: TenantId,
    new: &NewConnection,
    secret: &Sealed,
    given: &Given,
) -> Result<()> {
    let (role, role_id) = stored(&given.default_role);
    sqlx::query!(
        "insert into tenant_sso (tenant_id, issuer, client_id, secret, secret_version, default_role,
            default_role_id, group_claim)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (tenant_id) do update set issuer = $2, client_id = $3, secret = $4,
            secret_version = $5, default_role = $6, default_role_id = $7, group_claim = $8,
            tested_at = case when (tenant_sso.issuer, tenant_sso.client_id, tenant_sso.secret)
                = ($2, $3, $4) then tenant_sso.tested_at end,
            enforced = tenant_sso.enforced
                and (tenant_sso.issuer, tenant_sso.client_id, tenant_sso.secret) = ($2, $3, $4)",
        tenant.0,
        new.issuer,
        new.client_id,
        secret.bytes,
        secret.version,
        role,
        role_id,
        new.group_claim
    )
    .execute(&mut *db)
    .await?;
    put_groups(db, tenant, &given.groups).await
}

async fn put_groups(db: &mut PgConnection, tenant: TenantId, groups: &[GroupRole]) -> Result<()> {
    sqlx::query!("delete from sso_group_roles where tenant_id = $1", tenant.0)
        .execute(&mut *db)
        .await?;
    let names: Vec<String> = groups.iter().map(|line| line.group.clone()).collect();
    let (roles, ids): (Vec<&str>, Vec<Option<Uuid>>) =
        groups.iter().map(|line| stored(&line.role)).unzip();
    sqlx::query!(
        "insert into sso_group_roles (tenant_id, line, group_name, role, role_id)
        select $1, line::int, name, role, role_id
        from unnest($2::text[], $3::text[], $4::uuid[])
            with ordinality as given (name, role, role_id, line)",
        tenant.0,
        &names,
        &roles as &[&str],
        &ids as &[Option<Uuid>]
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Answers the issuer, if there was one.
pub(in crate::sso) async fn delete(
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<Option<String>> {
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

pub(in crate::sso) async fn set_tested(db: &mut PgConnection, tenant: TenantId) -> Result<()> {
    sqlx::query!(
        "update tenant_sso set tested_at = now() where tenant_id = $1",
        tenant.0
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(in crate::sso) async fn set_enforced(
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

pub(in crate::sso) async fn grants_clients(
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<bool> {
    let on = sqlx::query_scalar!(
        "select grants_clients from tenant_sso where tenant_id = $1",
        tenant.0
    )
    .fetch_optional(db)
    .await?;
    Ok(on.unwrap_or(false))
}

/// False if it is so already.
pub(in crate::sso) async fn set_grants_clients(
    db: &mut PgConnection,
    tenant: TenantId,
    on: bool,
) -> Result<bool> {
    let done = sqlx::query!(
        "update tenant_sso set grants_clients = $2 where tenant_id = $1 and grants_clients <> $2",
        tenant.0,
        on
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
