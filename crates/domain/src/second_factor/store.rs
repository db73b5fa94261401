//! The SQL of second factors.

use crate::{Result, data_keys::Sealed};
use api_types::{TenantId, UserId};
use sqlx::PgConnection;

/// A factor as stored.
pub(super) struct Factor {
    pub sealed: Sealed,
    pub confirmed: bool,
}

pub(super) async fn find(db: &mut PgConnection, user: UserId) -> Result<Option<Factor>> {
    let row = sqlx::query!(
        r#"select secret, secret_version, confirmed_at is not null as "confirmed!"
        from second_factors where user_id = $1"#,
        user.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Factor {
        sealed: Sealed {
            bytes: row.secret,
            version: row.secret_version,
        },
        confirmed: row.confirmed,
    }))
}

/// Finds it and holds it until the transaction ends: nobody seals it anew in between.
pub(super) async fn lock(db: &mut PgConnection, user: UserId) -> Result<Option<Factor>> {
    sqlx::query!(
        "select from second_factors where user_id = $1 for update",
        user.0
    )
    .fetch_optional(&mut *db)
    .await?;
    find(db, user).await
}

/// Puts a secret in place of one that was never confirmed. False if one was.
pub(super) async fn begin(db: &mut PgConnection, user: UserId, sealed: &Sealed) -> Result<bool> {
    let done = sqlx::query!(
        "insert into second_factors as f (user_id, secret, secret_version) values ($1, $2, $3)
        on conflict (user_id) do update set secret = $2, secret_version = $3
            where f.confirmed_at is null",
        user.0,
        sealed.bytes,
        sealed.version
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Confirms the secret of a row that the caller has locked.
pub(super) async fn confirm(db: &mut PgConnection, user: UserId, step: i64) -> Result<()> {
    sqlx::query!(
        "update second_factors set confirmed_at = now(), last_step = $2 where user_id = $1",
        user.0,
        step
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes the code of a step, in one statement: of two who show it at once, one is refused.
pub(super) async fn use_step(db: &mut PgConnection, user: UserId, step: i64) -> Result<bool> {
    let done = sqlx::query!(
        "update second_factors set last_step = $2
        where user_id = $1 and confirmed_at is not null and last_step < $2",
        user.0,
        step
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn remove(db: &mut PgConnection, user: UserId) -> Result<bool> {
    sqlx::query!("delete from recovery_codes where user_id = $1", user.0)
        .execute(&mut *db)
        .await?;
    let done = sqlx::query!("delete from second_factors where user_id = $1", user.0)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn replace_codes(
    db: &mut PgConnection,
    user: UserId,
    digests: &[Vec<u8>],
) -> Result<()> {
    sqlx::query!("delete from recovery_codes where user_id = $1", user.0)
        .execute(&mut *db)
        .await?;
    sqlx::query!(
        "insert into recovery_codes (user_id, digest) select $1, unnest($2::bytea[])",
        user.0,
        digests
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes a recovery code of somebody whose factor is on.
pub(super) async fn use_code(
    db: &mut PgConnection,
    user: UserId,
    digest: &[u8; 32],
) -> Result<bool> {
    let done = sqlx::query!(
        "delete from recovery_codes where user_id = $1 and digest = $2",
        user.0,
        digest
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn codes_left(db: &mut PgConnection, user: UserId) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "left!" from recovery_codes where user_id = $1"#,
        user.0
    )
    .fetch_one(db)
    .await?)
}

/// Whether a person lacks what a tenant wants. Needs no tenant: a look-up function answers.
pub(super) async fn is_lacking(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select coalesce(tenant_wants_second_factor($1), false) and not exists (
            select from second_factors where user_id = $2 and confirmed_at is not null
        ) as "lacking!""#,
        tenant.0,
        user.0
    )
    .fetch_one(db)
    .await?)
}

pub(super) async fn is_required(db: &mut PgConnection, tenant: TenantId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        "select second_factor_required from tenants where tenant_id = $1",
        tenant.0
    )
    .fetch_one(db)
    .await?)
}

/// Answers the tenant's name, and what was said before.
pub(super) async fn set_required(
    db: &mut PgConnection,
    tenant: TenantId,
    required: bool,
) -> Result<(String, bool)> {
    let row = sqlx::query!(
        r#"update tenants t set second_factor_required = $2
        from (
            select second_factor_required as was from tenants where tenant_id = $1 for update
        ) before
        where t.tenant_id = $1 returning t.name, before.was"#,
        tenant.0,
        required
    )
    .fetch_one(db)
    .await?;
    Ok((row.name, row.was))
}

/// Some of the secrets that version 0.1 has sealed, in the order of their people.
pub(super) async fn sealed_by_old_version(
    db: &mut PgConnection,
    after: Option<UserId>,
    most: i64,
) -> Result<Vec<(UserId, Factor)>> {
    let rows = sqlx::query!(
        r#"select user_id as "user: UserId", secret from second_factors
        where secret_version = 0 and ($1::uuid is null or user_id > $1)
        order by user_id limit $2"#,
        after.map(|user| user.0),
        most
    )
    .fetch_all(db)
    .await?;
    let factors = rows.into_iter().map(|row| {
        let sealed = Sealed {
            bytes: row.secret,
            version: 0,
        };
        let confirmed = true;
        (row.user, Factor { sealed, confirmed })
    });
    Ok(factors.collect())
}

/// Puts a cell in place of what it holds the same content as, unless that has changed.
pub(super) async fn replace_sealed(
    db: &mut PgConnection,
    user: UserId,
    old: &Sealed,
    fresh: &Sealed,
) -> Result<u64> {
    let done = sqlx::query!(
        "update second_factors set secret = $3, secret_version = $4
        where user_id = $1 and secret = $2 and secret_version = 0",
        user.0,
        old.bytes,
        fresh.bytes,
        fresh.version
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
