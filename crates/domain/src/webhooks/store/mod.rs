//! The SQL of webhooks: endpoints here, what is told to them in `deliveries`, and sending in `lease`.

mod deliveries;
mod lease;

pub(super) use deliveries::{
    Delivery, Wanted, attempts, delete_expired, deliveries, give_up_all, insert_for_all,
    insert_for_one, payload, replay, replay_between,
};
pub(super) use lease::{
    Came, Due, Standing, count_failure, count_success, due, release, settle, take,
};

use crate::{Result, data_keys::Sealed};
use anyhow::Context as _;
use api_types::{TenantId, WebhookId, webhooks::EndpointState};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// An endpoint as stored.
pub(super) struct Endpoint {
    pub id: WebhookId,
    pub url: String,
    pub about: String,
    pub events: Vec<String>,
    pub state: EndpointState,
    pub trouble: Option<String>,
    pub failing_since: Option<OffsetDateTime>,
    /// Only while it counts.
    pub previous_until: Option<OffsetDateTime>,
    pub created_at: OffsetDateTime,
    /// Of the last 24 hours.
    pub delivered: i64,
    pub retrying: i64,
    pub dead: i64,
}

/// The tenant's endpoints, or one of them, the newest first. `since`: the id that deliveries have from 24 hours ago on.
pub(super) async fn endpoints(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Option<WebhookId>,
    since: Uuid,
) -> Result<Vec<Endpoint>> {
    let rows = sqlx::query!(
        r#"select e.endpoint_id as "id: WebhookId", e.url, e.about, e.events, e.state, e.trouble,
            e.failing_since, e.created_at,
            case when e.previous_until > now() then e.previous_until end as previous_until,
            d.delivered as "delivered!", d.retrying as "retrying!", d.dead as "dead!"
        from webhook_endpoints e
        cross join lateral (
            select count(*) filter (where d.state = 'delivered') as delivered,
                count(*) filter (where d.state in ('waiting', 'retrying')) as retrying,
                count(*) filter (where d.state = 'dead') as dead
            from webhook_deliveries d
            where d.tenant_id = $1 and d.endpoint_id = e.endpoint_id and d.delivery_id >= $3
        ) d
        where e.tenant_id = $1 and ($2::uuid is null or e.endpoint_id = $2)
        order by e.created_at desc, e.endpoint_id"#,
        tenant.0,
        id.map(|id| id.0),
        since
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Endpoint {
                id: row.id,
                url: row.url,
                about: row.about,
                events: row.events,
                state: EndpointState::parse(&row.state).context("an unknown state")?,
                trouble: row.trouble,
                failing_since: row.failing_since,
                previous_until: row.previous_until,
                created_at: row.created_at,
                delivered: row.delivered,
                retrying: row.retrying,
                dead: row.dead,
            })
        })
        .collect()
}

/// An endpoint that nobody else changes until the transaction ends.
pub(super) struct Held {
    pub url: String,
    pub about: String,
    pub events: Vec<String>,
    pub state: EndpointState,
    pub secret: Sealed,
}

/// Holds an endpoint. Whoever tells it something meanwhile is not in the way.
pub(super) async fn hold(
    db: &mut PgConnection,
    tenant: TenantId,
    id: WebhookId,
) -> Result<Option<Held>> {
    let row = sqlx::query!(
        "select url, about, events, state, secret, secret_version from webhook_endpoints
        where tenant_id = $1 and endpoint_id = $2 for no key update",
        tenant.0,
        id.0
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Held {
            url: row.url,
            about: row.about,
            events: row.events,
            state: EndpointState::parse(&row.state).context("an unknown state")?,
            secret: Sealed {
                bytes: row.secret,
                version: row.secret_version,
            },
        })
    })
    .transpose()
}

/// What a person says of an endpoint.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    pub url: &'a str,
    pub about: &'a str,
    pub events: &'a [String],
}

pub(super) async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    id: WebhookId,
    said: Said<'_>,
    secret: &Sealed,
) -> Result<()> {
    sqlx::query!(
        "insert into webhook_endpoints (tenant_id, endpoint_id, url, about, events, secret, secret_version)
        values ($1, $2, $3, $4, $5, $6, $7)",
        tenant.0,
        id.0,
        said.url,
        said.about,
        said.events,
        secret.bytes,
        secret.version
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn count(db: &mut PgConnection, tenant: TenantId) -> Result<i64> {
    let counted = sqlx::query_scalar!(
        r#"select count(*) as "number!" from webhook_endpoints where tenant_id = $1"#,
        tenant.0
    );
    Ok(counted.fetch_one(db).await?)
}

pub(super) async fn update(
    db: &mut PgConnection,
    tenant: TenantId,
    id: WebhookId,
    said: Said<'_>,
) -> Result<()> {
    sqlx::query!(
        "update webhook_endpoints set url = $3, about = $4, events = $5
        where tenant_id = $1 and endpoint_id = $2",
        tenant.0,
        id.0,
        said.url,
        said.about,
        said.events
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Stores rotated secrets, of which the one before counts for 24 hours.
pub(super) async fn set_secret(
    db: &mut PgConnection,
    tenant: TenantId,
    id: WebhookId,
    secret: &Sealed,
) -> Result<()> {
    sqlx::query!(
        "update webhook_endpoints set secret = $3, secret_version = $4,
            previous_until = now() + interval '24 hours'
        where tenant_id = $1 and endpoint_id = $2",
        tenant.0,
        id.0,
        secret.bytes,
        secret.version
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Switches an endpoint on, as if nothing had failed, or off, with the reason.
pub(super) async fn switch(
    db: &mut PgConnection,
    tenant: TenantId,
    id: WebhookId,
    off_because: Option<&str>,
) -> Result<()> {
    sqlx::query!(
        "update webhook_endpoints set
            state = case when $3::text is null then 'enabled' else 'disabled' end, trouble = $3,
            failing_since = case when $3::text is not null then failing_since end,
            failures = case when $3::text is null then 0 else failures end
        where tenant_id = $1 and endpoint_id = $2",
        tenant.0,
        id.0,
        off_because
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes an endpoint with all that was told to it.
pub(super) async fn delete(db: &mut PgConnection, tenant: TenantId, id: WebhookId) -> Result<()> {
    sqlx::query!(
        "delete from webhook_endpoints where tenant_id = $1 and endpoint_id = $2",
        tenant.0,
        id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Tells open pages of these tenants that something has changed.
pub(super) async fn notify(db: &mut PgConnection, tenants: &[Uuid]) -> Result<()> {
    sqlx::query!(
        "select pg_notify('bulkhead_tenant', tenant_id::text || ' webhooks')
        from unnest($1::uuid[]) as t (tenant_id)",
        tenants
    )
    .execute(db)
    .await?;
    Ok(())
}
