//! Test events, and sending again. Neither is audited: nothing of the tenant changes.

use super::{
    store::{self, Wanted},
    told, types,
};
use crate::{Actor, Result, Services, TenantTx, audit::chain::time_text};
use api_types::{Permission, Refusal, TenantId, WebhookId, webhooks::EndpointState};
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

/// Deliveries that are sent again in one go.
const MOST: i64 = 10_000;

/// What a test says.
#[derive(Serialize)]
struct Test {
    tenant: TenantId,
    what: &'static str,
    endpoint: WebhookId,
}

/// Sends an endpoint a test event, whatever its filters are.
pub async fn test(s: &Services, a: &Actor, id: WebhookId) -> Result<()> {
    let mut tx = live(s, a, id).await?;
    let data = Test {
        tenant: a.tenant(),
        what: "A test of this endpoint",
        endpoint: id,
    };
    let payload = told::payload(types::TEST, &time_text(OffsetDateTime::now_utc()), &data)?;
    store::insert_for_one(&mut tx, a.tenant(), id, types::TEST, &payload).await?;
    store::notify(&mut tx, &[a.tenant().0]).await?;
    tx.commit().await?;
    s.webhooks.wake();
    Ok(())
}

/// Sends a delivery again, now, with the same id and all attempts ahead of it.
pub async fn replay(s: &Services, a: &Actor, delivery: Uuid) -> Result<()> {
    a.require(Permission::ManageWebhooks)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let wanted = Wanted {
        id: Some(delivery),
        most: 1,
        ..Wanted::default()
    };
    let found = store::deliveries(&mut tx, a.tenant(), wanted).await?.pop();
    let endpoint = found.ok_or(Refusal::NotFound)?.endpoint;
    tx.commit().await?;
    let mut tx = live(s, a, endpoint).await?;
    store::replay(&mut tx, a.tenant(), delivery).await?;
    store::notify(&mut tx, &[a.tenant().0]).await?;
    tx.commit().await?;
    s.webhooks.wake();
    Ok(())
}

/// Sends again what an endpoint was told between two moments, what was given up or what arrived too; at most 10,000
/// deliveries, the oldest first. Answers how many.
pub async fn replay_between(
    s: &Services,
    a: &Actor,
    id: WebhookId,
    from: OffsetDateTime,
    to: OffsetDateTime,
    only_dead: bool,
) -> Result<i64> {
    let mut tx = live(s, a, id).await?;
    if from > to {
        return Err(Refusal::invalid("to", "the end is before the beginning").into());
    }
    let between = (from, to);
    let number = store::replay_between(&mut tx, a.tenant(), id, between, only_dead, MOST).await?;
    store::notify(&mut tx, &[a.tenant().0]).await?;
    tx.commit().await?;
    s.webhooks.wake();
    Ok(number)
}

/// Holds an endpoint that something is to be sent to.
async fn live(s: &Services, a: &Actor, id: WebhookId) -> Result<TenantTx> {
    a.require(Permission::ManageWebhooks)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let held = store::hold(&mut tx, a.tenant(), id).await?;
    if held.ok_or(Refusal::NotFound)?.state == EndpointState::Disabled {
        return Err(Refusal::conflict("the webhook is disabled: enable it first").into());
    }
    Ok(tx)
}
