//! The SQL of attempts and identities.

use super::{MINUTES, Wish, oidc::Trip};
use crate::Result;
use api_types::{
    UserId,
    sign_in_with::{IdentityView, Newcomer},
};
use sqlx::PgConnection;

/// What must be known when a browser comes back.
pub(crate) struct Attempt {
    pub(crate) provider: String,
    pub(crate) wish: Wish,
    pub(crate) nonce: String,
    pub(crate) verifier: String,
    pub(crate) next: String,
}

impl Attempt {
    /// The attempt's secrets but the state, which has served.
    pub(crate) fn trip(&self, redirect_uri: String) -> Trip {
        Trip {
            state: String::new(),
            nonce: self.nonce.clone(),
            verifier: self.verifier.clone(),
            redirect_uri,
            again: matches!(self.wish, Wish::StepUp(_)),
        }
    }
}

/// An identity that was taken away.
pub(super) struct Gone {
    pub provider: String,
    pub label: String,
}

pub(super) async fn insert_attempt(
    db: &mut PgConnection,
    state: &[u8; 32],
    browser: &[u8; 32],
    attempt: &Attempt,
) -> Result<()> {
    let (purpose, user) = attempt.wish.parts();
    sqlx::query!(
        "insert into sign_in_attempts
            (digest, browser, provider, purpose, user_id, nonce, verifier, next, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(mins => $9))",
        state,
        browser,
        attempt.provider,
        purpose,
        user.map(|user| user.0),
        attempt.nonce,
        attempt.verifier,
        attempt.next,
        MINUTES as i32
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Uses an attempt up, in one statement: of two answers at once, one finds nothing.
pub(super) async fn take_attempt(
    db: &mut PgConnection,
    state: &[u8; 32],
    browser: &[u8; 32],
    provider: &str,
) -> Result<Option<Attempt>> {
    let row = sqlx::query!(
        r#"delete from sign_in_attempts
        where digest = $1 and browser = $2 and provider = $3 and expires_at > now()
        returning provider, purpose, user_id as "user: UserId", nonce, verifier, next"#,
        state,
        browser,
        provider
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Attempt {
        provider: row.provider,
        wish: Wish::read(&row.purpose, row.user),
        nonce: row.nonce,
        verifier: row.verifier,
        next: row.next,
    }))
}

pub(super) async fn delete_expired(db: &mut PgConnection) -> Result<u64> {
    let done = sqlx::query!("delete from sign_in_attempts where expires_at <= now()")
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}

/// Whose identity it is.
pub(super) async fn holder(
    db: &mut PgConnection,
    issuer: &str,
    subject: &str,
) -> Result<Option<UserId>> {
    Ok(sqlx::query_scalar!(
        r#"select user_id as "user: UserId" from identities where issuer = $1 and subject = $2"#,
        issuer,
        subject
    )
    .fetch_optional(db)
    .await?)
}

/// Whose identity it is, noting that it was used.
pub(super) async fn use_identity(
    db: &mut PgConnection,
    issuer: &str,
    subject: &str,
) -> Result<Option<UserId>> {
    Ok(sqlx::query_scalar!(
        r#"update identities set last_used_at = now() where issuer = $1 and subject = $2
        returning user_id as "user: UserId""#,
        issuer,
        subject
    )
    .fetch_optional(db)
    .await?)
}

pub(super) async fn insert_identity(
    db: &mut PgConnection,
    user: UserId,
    identity: &Newcomer,
) -> Result<()> {
    sqlx::query!(
        "insert into identities (issuer, subject, user_id, provider, label)
        values ($1, $2, $3, $4, $5)",
        identity.issuer,
        identity.subject,
        user.0,
        identity.provider,
        identity.email
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn identities_of(
    db: &mut PgConnection,
    user: UserId,
) -> Result<Vec<IdentityView>> {
    Ok(sqlx::query_as!(
        IdentityView,
        r#"select issuer, subject, provider, '' as "provider_name!", label, created_at, last_used_at
        from identities where user_id = $1 order by created_at, issuer"#,
        user.0
    )
    .fetch_all(db)
    .await?)
}

pub(super) async fn delete_identity(
    db: &mut PgConnection,
    user: UserId,
    issuer: &str,
    subject: &str,
) -> Result<Option<Gone>> {
    Ok(sqlx::query_as!(
        Gone,
        "delete from identities where user_id = $1 and issuer = $2 and subject = $3
        returning provider, label",
        user.0,
        issuer,
        subject
    )
    .fetch_optional(db)
    .await?)
}
