//! The SQL of signing keys. Their times are the database's: servers need not agree on one.

use crate::{Result, data_keys::Sealed};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// A key as stored.
pub(super) struct Row {
    pub id: Uuid,
    pub algorithm: String,
    pub sealed: Sealed,
    pub signs_from: OffsetDateTime,
}

/// A key to store.
pub(super) struct NewKey<'a> {
    pub id: Uuid,
    pub algorithm: &'a str,
    pub public: &'a str,
    pub sealed: &'a Sealed,
    /// Whether it signs in an hour, and not at once.
    pub ahead: bool,
}

pub(super) async fn all(db: &mut PgConnection) -> Result<Vec<Row>> {
    let rows = sqlx::query!(
        "select key_id, algorithm, secret, secret_version, signs_from from token_signing_keys
        order by signs_from desc"
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Row {
            id: row.key_id,
            algorithm: row.algorithm,
            sealed: Sealed {
                bytes: row.secret,
                version: row.secret_version,
            },
            signs_from: row.signs_from,
        })
        .collect())
}

/// Whether there is no key of this kind that signs for another hour at least, or is about to.
pub(super) async fn is_due(db: &mut PgConnection, algorithm: &str) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select not exists (
            select from token_signing_keys
            where algorithm = $1 and signs_from > now() - interval '30 days' + interval '1 hour'
        ) as "due!""#,
        algorithm
    )
    .fetch_one(db)
    .await?)
}

pub(super) async fn lock(db: &mut PgConnection, name: i64) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock($1)", name)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn insert(db: &mut PgConnection, new: &NewKey<'_>) -> Result<()> {
    sqlx::query!(
        "insert into token_signing_keys
            (key_id, algorithm, public_key, secret, secret_version, signs_from)
        values ($1, $2, $3, $4, $5, now() + case when $6 then interval '1 hour' else '0' end)",
        new.id,
        new.algorithm,
        new.public,
        new.sealed.bytes,
        new.sealed.version,
        new.ahead
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes keys after which another one has signed for longer than any token lives.
pub(super) async fn delete_old(db: &mut PgConnection) -> Result<u64> {
    let done = sqlx::query!(
        "delete from token_signing_keys k where exists (
            select from token_signing_keys n
            where n.signs_from > k.signs_from and n.signs_from < now() - interval '1 day')"
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
