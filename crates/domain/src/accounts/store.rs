//! The SQL of links and addresses.

use crate::Result;
use api_types::UserId;
use sqlx::PgConnection;
use std::time::Duration;

/// A link that was followed.
pub(super) struct Link {
    pub user: UserId,
    pub email: String,
}

pub(super) async fn insert_link(
    db: &mut PgConnection,
    digest: &[u8; 32],
    user: UserId,
    purpose: &str,
    email: &str,
    lifetime: Duration,
) -> Result<()> {
    sqlx::query!(
        "insert into one_time_links (digest, user_id, purpose, email, expires_at)
        values ($1, $2, $3, $4, now() + make_interval(secs => $5))",
        digest,
        user.0,
        purpose,
        email,
        lifetime.as_secs_f64()
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn delete_links(db: &mut PgConnection, user: UserId, purpose: &str) -> Result<()> {
    sqlx::query!(
        "delete from one_time_links where user_id = $1 and purpose = $2",
        user.0,
        purpose
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn find_link(
    db: &mut PgConnection,
    digest: &[u8; 32],
    purpose: &str,
) -> Result<Option<Link>> {
    Ok(sqlx::query_as!(
        Link,
        r#"select user_id as "user: UserId", email from one_time_links
        where digest = $1 and purpose = $2 and expires_at > now()"#,
        digest,
        purpose
    )
    .fetch_optional(db)
    .await?)
}

/// Uses a link up, in one statement: of two who follow it at once, one finds nothing. It counts
/// only while the address that it was sent to is still the account's.
pub(super) async fn take_link(
    db: &mut PgConnection,
    digest: &[u8; 32],
    purpose: &str,
) -> Result<Option<Link>> {
    Ok(sqlx::query_as!(
        Link,
        r#"delete from one_time_links l using users u
        where l.digest = $1 and l.purpose = $2 and l.expires_at > now()
            and u.user_id = l.user_id and u.email = l.email
        returning l.user_id as "user: UserId", l.email"#,
        digest,
        purpose
    )
    .fetch_optional(db)
    .await?)
}

/// Uses up a link of this person's.
pub(super) async fn take_link_of(
    db: &mut PgConnection,
    digest: &[u8; 32],
    user: UserId,
    purpose: &str,
) -> Result<Option<Link>> {
    Ok(sqlx::query_as!(
        Link,
        r#"delete from one_time_links
        where digest = $1 and user_id = $2 and purpose = $3 and expires_at > now()
        returning user_id as "user: UserId", email"#,
        digest,
        user.0,
        purpose
    )
    .fetch_optional(db)
    .await?)
}

/// Notes that a person has shown that their address is theirs.
pub(crate) async fn set_confirmed(db: &mut PgConnection, user: UserId) -> Result<()> {
    sqlx::query!(
        "update users set email_verified_at = coalesce(email_verified_at, now()) where user_id = $1",
        user.0
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn set_address(db: &mut PgConnection, user: UserId, email: &str) -> Result<()> {
    sqlx::query!(
        "update users set email = $2, email_verified_at = now() where user_id = $1",
        user.0,
        email
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn delete_expired(db: &mut PgConnection) -> Result<u64> {
    let done = sqlx::query!("delete from one_time_links where expires_at <= now()")
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}
