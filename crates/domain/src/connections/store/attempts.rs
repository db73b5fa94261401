//! The SQL of attempts: browsers on their way to a provider.

use crate::Result;
use anyhow::Context as _;
use api_types::{ConnectionId, TenantId, UserId, connections::Sharing};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Words;
use crate::connections::MINUTES;

/// What must be known when a browser comes back.
pub(in crate::connections) struct Attempt {
    pub user: UserId,
    pub provider: String,
    /// What is to be renewed; none: a new connection.
    pub renewing: Option<ConnectionId>,
    pub label: String,
    pub sharing: Sharing,
    pub scopes: Vec<String>,
    pub words: Words,
    /// PKCE's verifier is made of this and the state.
    pub nonce: [u8; 32],
    pub next: String,
}

/// Keeps an attempt, unless the person has too many on their way.
pub(in crate::connections) async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    state: &[u8; 32],
    browser: &[u8; 32],
    attempt: &Attempt,
    most: i64,
) -> Result<bool> {
    let words = serde_json::to_string(&attempt.words).context("writing an attempt down")?;
    let done = sqlx::query!(
        "insert into connection_attempts (tenant_id, attempt_id, digest, browser, user_id, provider,
            connection_id, label, sharing, scopes, words, nonce, next, expires_at)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now() + make_interval(mins => $14)
        where (select count(*) from connection_attempts
            where tenant_id = $1 and user_id = $5 and expires_at > now()) < $15",
        tenant.0,
        Uuid::now_v7(),
        state,
        browser,
        attempt.user.0,
        attempt.provider,
        attempt.renewing.map(|id| id.0),
        attempt.label,
        attempt.sharing.as_str(),
        &attempt.scopes,
        words,
        &attempt.nonce,
        attempt.next,
        MINUTES as i32,
        most
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whose attempt a state belongs to. Needs no tenant: a look-up function answers.
pub(in crate::connections) async fn tenant_of(
    db: &mut PgConnection,
    state: &[u8; 32],
) -> Result<Option<TenantId>> {
    Ok(sqlx::query_scalar!(
        r#"select connection_attempt_tenant($1) as "tenant: TenantId""#,
        state
    )
    .fetch_one(db)
    .await?)
}

/// Uses an attempt up, in one statement: of two answers at once, one finds nothing. An answer in another browser, of
/// another person or for another provider finds nothing either, and leaves it.
pub(in crate::connections) async fn take(
    db: &mut PgConnection,
    tenant: TenantId,
    state: &[u8; 32],
    browser: &[u8; 32],
    user: UserId,
    provider: &str,
) -> Result<Option<Attempt>> {
    let row = sqlx::query!(
        r#"delete from connection_attempts
        where tenant_id = $1 and digest = $2 and browser = $3 and user_id = $4 and provider = $5
            and expires_at > now()
        returning user_id as "user: UserId", provider, connection_id as "renewing: ConnectionId",
            label, sharing, scopes, words, nonce, next"#,
        tenant.0,
        state,
        browser,
        user.0,
        provider
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Attempt {
            user: row.user,
            provider: row.provider,
            renewing: row.renewing,
            label: row.label,
            sharing: Sharing::parse(&row.sharing).context("an unknown sharing")?,
            scopes: row.scopes,
            words: serde_json::from_str(&row.words).context("words of an attempt")?,
            nonce: row
                .nonce
                .try_into()
                .ok()
                .context("a nonce of another length")?,
            next: row.next,
        })
    })
    .transpose()
}

/// The tenant's name in addresses.
pub(in crate::connections) async fn slug(
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<Option<String>> {
    Ok(
        sqlx::query_scalar!("select slug from tenants where tenant_id = $1", tenant.0)
            .fetch_optional(db)
            .await?,
    )
}

/// Deletes attempts that came to nothing.
pub(in crate::connections) async fn delete_expired(db: &mut PgConnection) -> Result<u64> {
    let done = sqlx::query!("delete from connection_attempts where expires_at <= now()")
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}
