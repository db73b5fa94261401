//! The SQL of what endpoints are told: written with the act, read by people, and sent again at their wish.

use crate::Result;
use anyhow::Context as _;
use api_types::{
    TenantId, WebhookId,
    webhooks::{AttemptView, DeliveryState, DeliveryView},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// Writes a delivery for each endpoint that has one of these filters. In the transaction of the act: an endpoint that
/// somebody deletes meanwhile is waited for, and then not there.
pub(in crate::webhooks) async fn insert_for_all(
    db: &mut PgConnection,
    tenant: TenantId,
    event: &str,
    filters: &[String],
    payload: &str,
    ids: &[Uuid],
) -> Result<()> {
    sqlx::query!(
        "insert into webhook_deliveries (tenant_id, delivery_id, endpoint_id, event, payload, next_at)
        select $1, i.id, e.endpoint_id, $2, $4, now()
        from (
            select held.endpoint_id, row_number() over () as nth from (
                select endpoint_id from webhook_endpoints
                where tenant_id = $1 and state <> 'disabled' and events && $3
                for key share
            ) held
        ) e
        join unnest($5::uuid[]) with ordinality as i (id, nth) on i.nth = e.nth",
        tenant.0,
        event,
        filters,
        payload,
        ids
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes a delivery for one endpoint.
pub(in crate::webhooks) async fn insert_for_one(
    db: &mut PgConnection,
    tenant: TenantId,
    endpoint: WebhookId,
    event: &str,
    payload: &str,
) -> Result<()> {
    sqlx::query!(
        "insert into webhook_deliveries (tenant_id, delivery_id, endpoint_id, event, payload, next_at)
        values ($1, $2, $3, $4, $5, now())",
        tenant.0,
        Uuid::now_v7(),
        endpoint.0,
        event,
        payload
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Which deliveries are wanted.
#[derive(Clone, Copy, Default)]
pub(in crate::webhooks) struct Wanted {
    pub endpoint: Option<WebhookId>,
    pub id: Option<Uuid>,
    pub state: Option<DeliveryState>,
    /// Those before this one.
    pub before: Option<Uuid>,
    pub most: i64,
}

/// A delivery, and whose it is.
pub(in crate::webhooks) struct Delivery {
    pub endpoint: WebhookId,
    pub view: DeliveryView,
}

/// Deliveries, the newest first.
pub(in crate::webhooks) async fn deliveries(
    db: &mut PgConnection,
    tenant: TenantId,
    wanted: Wanted,
) -> Result<Vec<Delivery>> {
    let rows = sqlx::query!(
        r#"select delivery_id, endpoint_id as "endpoint: WebhookId", event, state, attempts, status,
            created_at, next_at
        from webhook_deliveries
        where tenant_id = $1
            and ($2::uuid is null or endpoint_id = $2)
            and ($3::uuid is null or delivery_id = $3)
            and ($4::text is null or state = $4)
            and ($5::uuid is null or delivery_id < $5)
        order by delivery_id desc limit $6"#,
        tenant.0,
        wanted.endpoint.map(|id| id.0),
        wanted.id,
        wanted.state.map(DeliveryState::as_str),
        wanted.before,
        wanted.most
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let view = DeliveryView {
                id: row.delivery_id,
                event: row.event,
                state: DeliveryState::parse(&row.state).context("an unknown state")?,
                attempts: row.attempts,
                status: row.status,
                created_at: row.created_at,
                next_at: row.next_at,
            };
            Ok(Delivery {
                endpoint: row.endpoint,
                view,
            })
        })
        .collect()
}

/// The body of a delivery.
pub(in crate::webhooks) async fn payload(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
) -> Result<String> {
    let payload = sqlx::query_scalar!(
        "select payload from webhook_deliveries where tenant_id = $1 and delivery_id = $2",
        tenant.0,
        id
    );
    Ok(payload.fetch_one(db).await?)
}

/// The newest attempts to make a delivery.
pub(in crate::webhooks) async fn attempts(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
) -> Result<Vec<AttemptView>> {
    Ok(sqlx::query_as!(
        AttemptView,
        "select number, at, duration_ms, status, error, response from webhook_attempts
        where tenant_id = $1 and delivery_id = $2 order by number desc limit 100",
        tenant.0,
        id
    )
    .fetch_all(db)
    .await?)
}

/// Has a delivery sent now, with all attempts ahead of it. One that is on its way may arrive twice.
pub(in crate::webhooks) async fn replay(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
) -> Result<()> {
    sqlx::query!(
        "update webhook_deliveries set state = 'waiting', tries = 0, next_at = now()
        where tenant_id = $1 and delivery_id = $2",
        tenant.0,
        id
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The same for all of a time that have an end, or were given up, the oldest first. Answers how many.
pub(in crate::webhooks) async fn replay_between(
    db: &mut PgConnection,
    tenant: TenantId,
    endpoint: WebhookId,
    (from, to): (OffsetDateTime, OffsetDateTime),
    only_dead: bool,
    most: i64,
) -> Result<i64> {
    let done = sqlx::query!(
        "update webhook_deliveries set state = 'waiting', tries = 0, next_at = now()
        where tenant_id = $1 and delivery_id in (
            select delivery_id from webhook_deliveries
            where tenant_id = $1 and endpoint_id = $2 and created_at >= $3 and created_at <= $4
                and (state = 'dead' or (state = 'delivered' and not $5))
            order by delivery_id limit $6)",
        tenant.0,
        endpoint.0,
        from,
        to,
        only_dead,
        most
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected().cast_signed())
}

/// Gives up what waits for an endpoint. What is on its way may still arrive, and is then written down.
pub(in crate::webhooks) async fn give_up_all(
    db: &mut PgConnection,
    tenant: TenantId,
    endpoint: WebhookId,
) -> Result<()> {
    sqlx::query!(
        "update webhook_deliveries set state = 'dead', next_at = null
        where tenant_id = $1 and endpoint_id = $2 and next_at is not null",
        tenant.0,
        endpoint.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes deliveries of a month ago. As the system role.
pub(in crate::webhooks) async fn delete_expired(db: &mut PgConnection) -> Result<u64> {
    let done = sqlx::query!(
        "delete from webhook_deliveries where created_at < now() - interval '30 days'"
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
