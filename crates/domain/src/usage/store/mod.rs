//! The SQL of usage: rows on their way in. What is read and recomputed stands beside.

pub(super) mod arrivals;
pub(super) mod calls;
pub(super) mod cells;
pub(super) mod minutes;
pub(super) mod names;
pub(super) mod partitions;
pub(super) mod rollup;
pub(super) mod sums;

use super::{Event, Settled};
use crate::Result;
use api_types::{EventId, TenantId};
use sqlx::PgConnection;
use std::collections::HashSet;
use time::OffsetDateTime;
use uuid::Uuid;

/// Text that the database accepts, cut to a length.
fn clean(text: &str, longest: usize) -> String {
    text.chars().filter(|c| *c != '\0').take(longest).collect()
}

/// A call as the database takes it in: the type `usage_entry`, field by field.
#[derive(sqlx::Type)]
#[sqlx(type_name = "usage_entry")]
struct UsageEntry {
    tenant_id: Uuid,
    event_id: Uuid,
    occurred_at: OffsetDateTime,
    client_id: Uuid,
    key_id: Uuid,
    member_id: Option<Uuid>,
    connection_id: Option<Uuid>,
    toolkit: String,
    tool: String,
    era: String,
    outcome: String,
    units: i64,
    duration_us: i64,
    request_bytes: i64,
    response_bytes: i64,
    error: Option<String>,
    request_id: Uuid,
    corrects: Option<Uuid>,
    leases: Option<Vec<Uuid>>,
}

impl UsageEntry {
    fn of(event: &Event) -> Self {
        Self {
            tenant_id: event.tenant.0,
            event_id: event.id.0,
            occurred_at: event.at(),
            client_id: event.client.0,
            key_id: event.credential.0,
            member_id: event.member.map(|id| id.0),
            connection_id: event.connection.map(|id| id.0),
            toolkit: clean(&event.toolkit, 60),
            tool: clean(&event.tool, 200),
            era: event.era.as_str().to_owned(),
            outcome: event.outcome.as_str().to_owned(),
            units: event.units,
            duration_us: event.duration_us,
            request_bytes: event.request_bytes,
            response_bytes: event.response_bytes,
            error: event.error.as_ref().map(|text| clean(text, 500)),
            request_id: event.request_id,
            corrects: None,
            leases: (!event.leases.is_empty()).then(|| event.leases.clone()),
        }
    }
}

/// Inserts calls of any tenants in one statement: all or, if one is there already, none.
pub(super) async fn insert(db: &mut PgConnection, events: &[Event]) -> Result<()> {
    let rows: Vec<_> = events.iter().map(UsageEntry::of).collect();
    sqlx::query!(
        "insert into usage_events (tenant_id, event_id, occurred_at, client_id, key_id, member_id,
            connection_id, toolkit, tool, era, outcome, units, duration_us, request_bytes,
            response_bytes, error, request_id, corrects, leases)
        select tenant_id, event_id, occurred_at, client_id, key_id, member_id,
            connection_id, toolkit, tool, era, outcome, units, duration_us, request_bytes,
            response_bytes, error, request_id, corrects, leases
        from unnest($1::usage_entry[])",
        &rows as &[UsageEntry]
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Those of the calls that are there already: for each a look into the index of its partition.
pub(super) async fn known(db: &mut PgConnection, events: &[Event]) -> Result<HashSet<EventId>> {
    let tenants: Vec<_> = events.iter().map(|event| event.tenant.0).collect();
    let ids: Vec<_> = events.iter().map(|event| event.id.0).collect();
    let known = sqlx::query_scalar!(
        r#"select e.event_id as "id: EventId"
        from unnest($1::uuid[], $2::uuid[]) as sought (tenant_id, event_id)
        cross join lateral (
            select u.event_id from usage_events u
            where u.tenant_id = sought.tenant_id and u.event_id = sought.event_id limit 1
        ) e"#,
        &tenants,
        &ids
    )
    .fetch_all(db)
    .await?;
    Ok(known.into_iter().collect())
}

/// Writes the row of a call that a client may send again, and settles its key, in one statement: it is billed if and only if
/// its answer is kept. Answers whether it was; not, if the key is somebody else's by now.
pub(super) async fn settle(
    db: &mut PgConnection,
    event: &Event,
    settled: &Settled<'_>,
) -> Result<bool> {
    let done = sqlx::query!(
        "with settled as (
            update idempotency_keys set state = 'done', status = $5, response = $6
            where tenant_id = $2 and credential_id = $3 and key = $4 and holder = $7 and state = 'started'
            returning tenant_id
        )
        insert into usage_events (tenant_id, event_id, occurred_at, client_id, key_id, member_id,
            connection_id, toolkit, tool, era, outcome, units, duration_us, request_bytes,
            response_bytes, error, request_id, corrects, leases)
        select e.tenant_id, e.event_id, e.occurred_at, e.client_id, e.key_id, e.member_id,
            e.connection_id, e.toolkit, e.tool, e.era, e.outcome, e.units, e.duration_us, e.request_bytes,
            e.response_bytes, e.error, e.request_id, e.corrects, e.leases
        from settled join unnest($1::usage_entry[]) e on e.tenant_id = settled.tenant_id",
        &[UsageEntry::of(event)] as &[UsageEntry],
        event.tenant.0,
        event.credential.0,
        settled.key,
        settled.status,
        settled.response,
        settled.holder
    )
    .execute(&mut *db)
    .await?;
    if done.rows_affected() == 1 {
        return Ok(true);
    }
    // Its commit may have been the one whose answer got lost.
    Ok(known(db, std::slice::from_ref(event))
        .await?
        .contains(&event.id))
}

/// Tells every server that a tenant's usage has new numbers.
pub(super) async fn tell(db: &mut PgConnection, tenant: TenantId) -> Result<()> {
    sqlx::query!(
        "select pg_notify('bulkhead_tenant', $1::uuid::text || ' usage')",
        tenant.0
    )
    .execute(db)
    .await?;
    Ok(())
}
