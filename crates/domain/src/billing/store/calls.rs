//! The SQL of the calls behind a line of an invoice.

use crate::Result;
use api_types::{
    EventId, TenantId,
    billing::{BilledCall, ToolUnits},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// Calls that are billed, by tool, the most first.
pub(in crate::billing) async fn by_tool(
    db: &mut PgConnection,
    tenant: TenantId,
    from: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<Vec<ToolUnits>> {
    Ok(sqlx::query_as!(
        ToolUnits,
        r#"select tool, sum(calls)::bigint as "calls!", sum(calls)::bigint as "units!"
        from usage_minutes
        where tenant_id = $1 and bucket >= $2 and bucket < $3
            and outcome not in ('invalid', 'refused', 'limited')
        group by tool order by 3 desc, tool"#,
        tenant.0,
        from,
        until
    )
    .fetch_all(db)
    .await?)
}

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
        r#"select e.event_id, e.occurred_at, e.tool, e.outcome,
            coalesce(c.name, e.client_id::text) as "client!"
        from usage_events e
        left join mcp_clients c on c.tenant_id = e.tenant_id and c.client_id = e.client_id
        where e.tenant_id = $1 and e.event_id >= $2 and e.event_id < $3
            and ($4::uuid is null or e.event_id < $4)
            and e.outcome not in ('invalid', 'refused', 'limited')
        order by e.event_id desc limit $5"#,
        tenant.0,
        first_id(from),
        first_id(until),
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
        units: 1,
    });
    Ok(calls.collect())
}

/// The smallest id that a call of this time or later can have (RFC 9562, section 5.7).
fn first_id(from: OffsetDateTime) -> Uuid {
    let millis = (from.unix_timestamp_nanos() / 1_000_000).try_into();
    uuid::Builder::from_unix_timestamp_millis(millis.unwrap_or(0), &[0; 10]).into_uuid()
}
