//! What an endpoint is told. A delivery is written in the transaction of what it tells of: it exists if and only if that
//! commits.

use super::{MOST_ENDPOINTS, store, types};
use crate::{Result, audit::chain::Entry};
use anyhow::Context as _;
use api_types::{TenantId, audit::Act};
use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::PgConnection;
use uuid::Uuid;

/// The body of a delivery.
#[derive(Serialize)]
struct Payload<'a, D> {
    #[serde(rename = "type")]
    event: &'a str,
    timestamp: &'a str,
    data: &'a D,
}

/// What is told of an act: its row in the audit log, without the address it came from.
#[derive(Serialize)]
struct Told<'a> {
    tenant: TenantId,
    seq: i64,
    what: &'a str,
    actor: Party<'a>,
    object: Party<'a>,
    before: Option<&'a RawValue>,
    after: Option<&'a RawValue>,
    request_id: Option<Uuid>,
}

/// Somebody who acted, or something that was acted on.
#[derive(Serialize)]
struct Party<'a> {
    kind: &'a str,
    id: Option<&'a str>,
    name: &'a str,
}

/// Tells the tenant's endpoints of an act.
pub(crate) async fn tell(
    db: &mut PgConnection,
    tenant: TenantId,
    act: Act,
    entry: &Entry,
) -> Result<()> {
    if !types::is_told(act) {
        return Ok(());
    }
    let actor_id = entry.actor_id.map(|id| id.to_string());
    let told = Told {
        tenant,
        seq: entry.seq,
        what: act.label(),
        actor: Party {
            kind: &entry.actor_kind,
            id: actor_id.as_deref(),
            name: &entry.actor_name,
        },
        object: Party {
            kind: &entry.object_kind,
            id: Some(&entry.object_id),
            name: &entry.object_name,
        },
        before: entry.before.as_deref(),
        after: entry.after.as_deref(),
        request_id: entry.request_id,
    };
    tell_of(db, tenant, act.as_str(), &entry.at, &told).await
}

/// Tells the tenant's endpoints of an event. `at`: when it happened, as RFC 3339 has it.
pub(crate) async fn tell_of(
    db: &mut PgConnection,
    tenant: TenantId,
    event: &str,
    at: &str,
    data: &impl Serialize,
) -> Result<()> {
    let payload = payload(event, at, data)?;
    // One for each endpoint that there may be. Those that none takes are lost, and cost nothing.
    let ids: Vec<Uuid> = (0..MOST_ENDPOINTS).map(|_| Uuid::now_v7()).collect();
    let filters = types::filters_for(event);
    store::insert_for_all(db, tenant, event, &filters, &payload, &ids).await
}

/// The body of a delivery.
pub(super) fn payload(event: &str, at: &str, data: &impl Serialize) -> Result<String> {
    let payload = Payload {
        event,
        timestamp: at,
        data,
    };
    Ok(serde_json::to_string(&payload).context("writing what a webhook tells")?)
}
