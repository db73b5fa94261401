//! What pages show.

use super::{
    store::{self, Delivery, Endpoint, Wanted},
    types,
};
use crate::{Actor, Result, Services};
use api_types::{
    Permission, Refusal, WebhookId,
    webhooks::{
        DeliveryDetail, DeliveryPage, DeliveryState, WebhookDetail, WebhookList, WebhookView,
    },
};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::{NoContext, Timestamp, Uuid};

/// Deliveries on a page.
const A_PAGE: usize = 50;

/// The tenant's endpoints.
pub async fn list(s: &Services, a: &Actor) -> Result<WebhookList> {
    a.require(Permission::ViewWebhooks)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let endpoints = store::endpoints(&mut tx, a.tenant(), None, a_day_ago()).await?;
    tx.commit().await?;
    Ok(WebhookList {
        endpoints: endpoints.into_iter().map(view).collect(),
        types: types(),
        may_manage: a.decide(Permission::ManageWebhooks),
    })
}

/// One endpoint.
pub async fn detail(s: &Services, a: &Actor, id: WebhookId) -> Result<WebhookDetail> {
    a.require(Permission::ViewWebhooks)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let endpoint = one(&mut tx, a, id).await?;
    tx.commit().await?;
    Ok(WebhookDetail {
        endpoint: view(endpoint),
        types: types(),
        may_manage: a.decide(Permission::ManageWebhooks),
    })
}

/// What an endpoint was told, the newest first: all of it or what is in one state, after the page that ended with `after`.
pub async fn deliveries(
    s: &Services,
    a: &Actor,
    id: WebhookId,
    state: Option<DeliveryState>,
    after: Option<Uuid>,
) -> Result<DeliveryPage> {
    a.require(Permission::ViewWebhooks)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    one(&mut tx, a, id).await?;
    let wanted = Wanted {
        endpoint: Some(id),
        state,
        before: after,
        most: A_PAGE as i64 + 1,
        ..Wanted::default()
    };
    let rows = store::deliveries(&mut tx, a.tenant(), wanted).await?;
    tx.commit().await?;
    let has_more = rows.len() > A_PAGE;
    let rows = rows.into_iter().take(A_PAGE);
    let deliveries: Vec<_> = rows.map(|Delivery { view, .. }| view).collect();
    let last = deliveries.last().map(|last| last.id);
    Ok(DeliveryPage {
        deliveries,
        next: last.filter(|_| has_more),
    })
}

/// One delivery, with what was sent and what was answered.
pub async fn delivery(s: &Services, a: &Actor, id: Uuid) -> Result<DeliveryDetail> {
    a.require(Permission::ViewWebhooks)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let wanted = Wanted {
        id: Some(id),
        most: 1,
        ..Wanted::default()
    };
    let found = store::deliveries(&mut tx, a.tenant(), wanted).await?.pop();
    let Delivery {
        endpoint: webhook,
        view: delivery,
    } = found.ok_or(Refusal::NotFound)?;
    let payload = store::payload(&mut tx, a.tenant(), id).await?;
    let attempts = store::attempts(&mut tx, a.tenant(), id).await?;
    tx.commit().await?;
    Ok(DeliveryDetail {
        webhook,
        delivery,
        payload,
        attempts,
        may_manage: a.decide(Permission::ManageWebhooks),
    })
}

async fn one(db: &mut PgConnection, a: &Actor, id: WebhookId) -> Result<Endpoint> {
    let found = store::endpoints(db, a.tenant(), Some(id), a_day_ago()).await?;
    Ok(found.into_iter().next().ok_or(Refusal::NotFound)?)
}

/// Ids of deliveries begin with their time, so that an index has them in order.
fn a_day_ago() -> Uuid {
    let then = OffsetDateTime::now_utc() - Duration::DAY;
    let seconds = then.unix_timestamp().cast_unsigned();
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, 0))
}

fn view(row: Endpoint) -> WebhookView {
    WebhookView {
        id: row.id,
        url: row.url,
        about: row.about,
        events: row.events,
        state: row.state,
        trouble: row.trouble,
        failing_since: row.failing_since,
        previous_secret_until: row.previous_until,
        created_at: row.created_at,
        delivered: row.delivered,
        retrying: row.retrying,
        dead: row.dead,
    }
}
