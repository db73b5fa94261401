//! The SQL of passkeys.

use super::ceremony::Ceremony;
use crate::Result;
use anyhow::anyhow;
use api_types::{PasskeyId, UserId, accounts::PasskeyView};
use sqlx::PgConnection;
use uuid::Uuid;

/// A passkey about to be stored.
pub(super) struct NewPasskey<'a> {
    pub id: Uuid,
    pub credential: &'a [u8],
    pub name: &'a str,
    pub record: Vec<u8>,
    pub transports: i16,
    pub may_back_up: bool,
    pub backed_up: bool,
    pub sign_count: i64,
}

/// A passkey as stored.
pub(super) struct Passkey {
    pub id: PasskeyId,
    pub user: UserId,
    pub handle: Vec<u8>,
    pub credential: Vec<u8>,
    pub name: String,
    pub record: Vec<u8>,
    pub may_back_up: bool,
    pub backed_up: bool,
    pub sign_count: i64,
}

/// What changes with each answer.
pub(super) struct Used {
    pub backed_up: bool,
    pub sign_count: i64,
}

/// The person's handle; `fresh` if they have none yet.
pub(super) async fn handle_of(
    db: &mut PgConnection,
    user: UserId,
    fresh: &[u8; 64],
) -> Result<[u8; 64]> {
    sqlx::query!(
        "insert into passkey_handles (user_id, handle) values ($1, $2)
        on conflict (user_id) do nothing",
        user.0,
        fresh
    )
    .execute(&mut *db)
    .await?;
    let handle = sqlx::query_scalar!(
        "select handle from passkey_handles where user_id = $1",
        user.0
    )
    .fetch_one(db)
    .await?;
    let handle = handle.try_into();
    Ok(handle.map_err(|_| anyhow!("a handle has another length"))?)
}

pub(super) async fn insert(
    db: &mut PgConnection,
    user: UserId,
    new: &NewPasskey<'_>,
) -> Result<()> {
    sqlx::query!(
        "insert into passkeys (passkey_id, user_id, credential_id, name, record, transports,
            may_back_up, backed_up, sign_count)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        user.0,
        new.credential,
        new.name,
        new.record,
        new.transports,
        new.may_back_up,
        new.backed_up,
        new.sign_count
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn list(db: &mut PgConnection, user: UserId) -> Result<Vec<PasskeyView>> {
    Ok(sqlx::query_as!(
        PasskeyView,
        r#"select passkey_id as "id: PasskeyId", name, backed_up, created_at, last_used_at
        from passkeys where user_id = $1 order by created_at, passkey_id"#,
        user.0
    )
    .fetch_all(db)
    .await?)
}

/// For the browser, so that a device does not make a second one.
pub(super) async fn credentials_of(
    db: &mut PgConnection,
    user: UserId,
) -> Result<Vec<(Vec<u8>, i16)>> {
    let rows = sqlx::query!(
        "select credential_id, transports from passkeys where user_id = $1",
        user.0
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| (row.credential_id, row.transports))
        .collect())
}

pub(super) async fn has_any(db: &mut PgConnection, user: UserId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from passkeys where user_id = $1) as "any!""#,
        user.0
    )
    .fetch_one(db)
    .await?)
}

pub(super) async fn by_credential(
    db: &mut PgConnection,
    credential: &[u8],
) -> Result<Option<Passkey>> {
    Ok(sqlx::query_as!(
        Passkey,
        r#"select p.passkey_id as "id: PasskeyId", p.user_id as "user: UserId", h.handle,
            p.credential_id as credential, p.name, p.record, p.may_back_up, p.backed_up, p.sign_count
        from passkeys p join passkey_handles h on h.user_id = p.user_id
        where p.credential_id = $1"#,
        credential
    )
    .fetch_optional(db)
    .await?)
}

/// Notes an answer, in one statement: of two with the same count, one is refused. Authenticators
/// that do not count say 0.
pub(super) async fn used(db: &mut PgConnection, passkey: PasskeyId, now: &Used) -> Result<bool> {
    let done = sqlx::query!(
        "update passkeys set backed_up = $2, sign_count = $3, last_used_at = now()
        where passkey_id = $1 and (sign_count < $3 or sign_count = 0)",
        passkey.0,
        now.backed_up,
        now.sign_count
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Answers the name before.
pub(super) async fn rename(
    db: &mut PgConnection,
    user: UserId,
    passkey: PasskeyId,
    name: &str,
) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        "update passkeys p set name = $3
        from (select name from passkeys where passkey_id = $1 and user_id = $2 for update) before
        where p.passkey_id = $1 and p.user_id = $2 returning before.name",
        passkey.0,
        user.0,
        name
    )
    .fetch_optional(db)
    .await?)
}

/// Answers the name.
pub(super) async fn remove(
    db: &mut PgConnection,
    user: UserId,
    passkey: PasskeyId,
) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        "delete from passkeys where passkey_id = $1 and user_id = $2 returning name",
        passkey.0,
        user.0
    )
    .fetch_optional(db)
    .await?)
}

pub(super) async fn insert_ceremony(
    db: &mut PgConnection,
    ceremony: &Ceremony,
    state: &[u8],
) -> Result<()> {
    sqlx::query!(
        "insert into passkey_ceremonies (digest, purpose, user_id, state) values ($1, $2, $3, $4)",
        ceremony.digest(),
        ceremony.purpose.as_str(),
        ceremony.user.map(|user| user.0),
        state
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn take_ceremony(
    db: &mut PgConnection,
    ceremony: &Ceremony,
) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar!(
        "delete from passkey_ceremonies
        where digest = $1 and purpose = $2 and user_id is not distinct from $3
            and expires_at > now()
        returning state",
        ceremony.digest(),
        ceremony.purpose.as_str(),
        ceremony.user.map(|user| user.0)
    )
    .fetch_optional(db)
    .await?)
}

pub(super) async fn delete_expired(db: &mut PgConnection) -> Result<u64> {
    let done = sqlx::query!("delete from passkey_ceremonies where expires_at <= now()")
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}
