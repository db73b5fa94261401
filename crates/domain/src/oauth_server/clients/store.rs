//! The SQL of apps: programs that no tenant registered. Those that tenants registered are in [`own`](super::own).

use crate::Result;
use anyhow::Context as _;
use api_types::{McpClientId, TenantId, oauth::ClientSource};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;
use vault::Digest;

/// An app as stored.
pub(super) struct App {
    pub id: Uuid,
    pub oauth_id: String,
    pub source: ClientSource,
    pub metadata: String,
    pub secret: Option<Digest>,
    pub registration: Option<Digest>,
    pub fresh_until: Option<OffsetDateTime>,
}

/// An app to store.
pub(super) struct NewApp<'a> {
    pub id: Uuid,
    pub oauth_id: &'a str,
    pub source: ClientSource,
    pub metadata: &'a str,
    pub secret: Option<Digest>,
    pub registration: Option<Digest>,
    pub fresh_seconds: Option<f64>,
}

struct Row {
    app_id: Uuid,
    oauth_id: String,
    source: String,
    metadata: String,
    secret_digest: Option<Digest>,
    registration_digest: Option<Digest>,
    fresh_until: Option<OffsetDateTime>,
}

impl TryFrom<Row> for App {
    type Error = anyhow::Error;

    fn try_from(row: Row) -> anyhow::Result<Self> {
        Ok(Self {
            id: row.app_id,
            oauth_id: row.oauth_id,
            source: ClientSource::parse(&row.source).context("an unknown source of apps")?,
            metadata: row.metadata,
            secret: row.secret_digest,
            registration: row.registration_digest,
            fresh_until: row.fresh_until,
        })
    }
}

pub(super) async fn app(db: &mut PgConnection, oauth_id: &str) -> Result<Option<App>> {
    let row = sqlx::query_as!(
        Row,
        r#"select app_id, oauth_id, source, metadata, secret_digest as "secret_digest: Digest",
            registration_digest as "registration_digest: Digest", fresh_until
        from oauth_apps where oauth_id = $1"#,
        oauth_id
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(App::try_from).transpose()?)
}

/// Stores an app, or what a document says now in the place of what it said before.
pub(super) async fn put_app(db: &mut PgConnection, new: &NewApp<'_>) -> Result<App> {
    let row = sqlx::query_as!(
        Row,
        r#"insert into oauth_apps (app_id, oauth_id, source, metadata, secret_digest,
            registration_digest, fresh_until)
        values ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7))
        on conflict (oauth_id) do update
            set metadata = excluded.metadata, fresh_until = excluded.fresh_until, last_used_at = now()
        returning app_id, oauth_id, source, metadata, secret_digest as "secret_digest: Digest",
            registration_digest as "registration_digest: Digest", fresh_until"#,
        new.id,
        new.oauth_id,
        new.source.as_str(),
        new.metadata,
        new.secret.as_ref().map(<[u8; 32]>::as_slice),
        new.registration.as_ref().map(<[u8; 32]>::as_slice),
        new.fresh_seconds
    )
    .fetch_one(db)
    .await?;
    Ok(App::try_from(row)?)
}

/// What an app has said of itself that registered within the last ten minutes.
pub(in crate::oauth_server) async fn registered_lately(
    db: &mut PgConnection,
    oauth_id: &str,
) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        "select metadata from oauth_apps
        where oauth_id = $1 and source = 'registration' and created_at > now() - interval '10 minutes'",
        oauth_id
    )
    .fetch_optional(db)
    .await?)
}

pub(super) async fn replace_app(
    db: &mut PgConnection,
    id: Uuid,
    metadata: &str,
    secret: Option<Digest>,
) -> Result<()> {
    sqlx::query!(
        "update oauth_apps set metadata = $2, secret_digest = $3, last_used_at = now()
        where app_id = $1",
        id,
        metadata,
        secret.as_ref().map(<[u8; 32]>::as_slice)
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn delete_app(db: &mut PgConnection, id: Uuid) -> Result<()> {
    sqlx::query!("delete from oauth_apps where app_id = $1", id)
        .execute(db)
        .await?;
    Ok(())
}

/// Notes that an app was used, not more often than once an hour.
pub(in crate::oauth_server) async fn mark_used(db: &mut PgConnection, app: Uuid) -> Result<()> {
    sqlx::query!(
        "update oauth_apps set last_used_at = now()
        where app_id = $1 and last_used_at < now() - interval '1 hour'",
        app
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes apps that nobody has used for 30 days and that hold no grant: never because there are many.
pub(in crate::oauth_server) async fn delete_idle(system: &mut PgConnection) -> Result<u64> {
    let done = sqlx::query!(
        "delete from oauth_apps a
        where a.last_used_at < now() - interval '30 days' and not exists (
            select from mcp_clients c
            join oauth_grants g on g.tenant_id = c.tenant_id and g.client_id = c.client_id
            where c.app_id = a.app_id and g.ended_at is null
                and coalesce(g.last_used_at, g.created_at) > now() - interval '31 days')"
    )
    .execute(system)
    .await?;
    Ok(done.rows_affected())
}

/// Takes the id of an assertion. False if it was taken before.
pub(super) async fn take_assertion(
    db: &mut PgConnection,
    digest: &Digest,
    until: OffsetDateTime,
) -> Result<bool> {
    let done = sqlx::query!(
        "insert into oauth_assertions (digest, expires_at) values ($1, $2) on conflict do nothing",
        digest,
        until
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a client's log-in away, with its secrets. False if it had none.
pub(in crate::oauth_server) async fn delete_log_in(
    db: &mut PgConnection,
    tenant: TenantId,
    client: McpClientId,
) -> Result<bool> {
    let done = sqlx::query!(
        "delete from oauth_clients where tenant_id = $1 and client_id = $2",
        tenant.0,
        client.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
