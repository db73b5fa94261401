//! The SQL of the calls behind a line of an invoice.

use crate::Result;
use api_types::{EventId, TenantId, billing::BilledCall};
use sqlx::PgConnection;
use time::OffsetDateTime;

/// Calls that are billed one by one, the newest first, those before this one.
pub(in crate::billing) async fn newest(
    db: &mut PgConnection,
    tenant: TenantId,
    from: OffsetDateTime,
    until: OffsetDateTime,
    before: Option<EventId>,
    most: i64,
) -> Result<Vec<BilledCall>> {
    let rows = sqlx::query!(
        r#"select e.event_id, e.occurred_at, e.tool, e.outcome, e.units,
            coalesce(c.name, e.client_id::text) as "client!"
        from usage_events e
        left join mcp_clients c on c.tenant_id = e.tenant_id and c.client_id = e.client_id
        where e.tenant_id = $1 and e.event_id >= usage_first_id($2) and e.event_id < usage_first_id($3)
            and ($4::uuid is null or e.event_id < $4)
            and e.units <> 0
        order by e.event_id desc limit $5"#,
        tenant.0,
        from,
        until,
        before.map(|before| before.0),
        most
    )
    .fetch_all(db)
    .await?;
    let calls = rows.into_iter().map(|row| BilledCall {
        id: EventId(row.event_id),
        at: row.occurred_at,
        tool: row.tool,
        client: row.client,
        outcome: row.outcome,
        units: row.units,
    });
    Ok(calls.collect())
}
