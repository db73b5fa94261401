//! The SQL of single calls: the newest, one of them, and corrections.

use crate::{Result, usage::time_of};
use anyhow::anyhow;
use api_types::{
    ConnectionId, CredentialId, EventId, McpClientId, TenantId,
    usage::{CallDetail, CallPage, CallView, Outcome, UsageFilter},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// So many calls are looked through for those that a filter leaves: it must not take longer, however rare they are.
const LOOKED_THROUGH: i64 = 20_000;
/// Calls of a page.
const PAGE: i64 = 50;

/// The smallest id that a call of this time or later can have (RFC 9562, section 5.7).
pub(in crate::usage) fn first_id(from: OffsetDateTime) -> Uuid {
    let millis = (from.unix_timestamp_nanos() / 1_000_000).try_into();
    uuid::Builder::from_unix_timestamp_millis(millis.unwrap_or(0), &[0; 10]).into_uuid()
}

/// A call as lists show it, before its words are read.
struct Row {
    event_id: Uuid,
    occurred_at: OffsetDateTime,
    client: String,
    key_id: Uuid,
    tool: String,
    era: String,
    outcome: String,
    units: i64,
    duration_us: i64,
    error: Option<String>,
    request_id: Uuid,
    corrects: Option<Uuid>,
}

impl Row {
    fn view(self) -> Result<CallView> {
        let outcome = Outcome::parse(&self.outcome)
            .ok_or_else(|| anyhow!("unknown outcome {} in the database", self.outcome))?;
        Ok(CallView {
            id: EventId(self.event_id),
            at: self.occurred_at,
            client: self.client,
            credential: CredentialId(self.key_id),
            tool: self.tool,
            era: self.era,
            outcome,
            units: self.units,
            duration_ms: self.duration_us as f64 / 1000.0,
            error: self.error,
            request_id: self.request_id.to_string(),
            corrects: self.corrects.map(EventId),
        })
    }
}

/// The newest calls before one, since a time: at most 50, among the last 20,000.
pub(in crate::usage) async fn newest(
    db: &mut PgConnection,
    tenant: TenantId,
    filter: &UsageFilter,
    since: OffsetDateTime,
    before: Option<EventId>,
) -> Result<CallPage> {
    let before = before.map_or(Uuid::max(), |before| before.0);
    let rows = sqlx::query_as!(
        Row,
        r#"select e.event_id, e.occurred_at, coalesce(c.name, e.client_id::text) as "client!",
            e.key_id, e.tool, e.era, e.outcome, e.units, e.duration_us, e.error, e.request_id, e.corrects
        from (
            select tenant_id, event_id, occurred_at, client_id, key_id, tool, era, outcome, units, duration_us,
                error, request_id, corrects
            from (
                select tenant_id, event_id, occurred_at, client_id, key_id, member_id, connection_id, toolkit, tool,
                    era, outcome, units, duration_us, error, request_id, corrects
                from usage_events
                where tenant_id = $1 and event_id >= $2 and event_id < $11
                order by event_id desc limit $10
            ) newest
            where ($3::text is null or tool = $3) and ($4::uuid is null or client_id = $4)
                and ($5::text is null or outcome = $5) and ($6::text is null or toolkit = $6)
                and ($7::uuid is null or key_id = $7) and ($8::uuid is null or member_id = $8)
                and ($9::uuid is null or connection_id = $9)
            order by event_id desc limit $12
        ) e
        left join mcp_clients c on c.tenant_id = e.tenant_id and c.client_id = e.client_id
        order by e.event_id desc"#,
        tenant.0,
        first_id(since),
        filter.tool,
        filter.client.map(|id| id.0),
        filter.outcome.map(Outcome::as_str),
        filter.toolkit,
        filter.credential.map(|id| id.0),
        filter.member.map(|id| id.0),
        filter.connection.map(|id| id.0),
        LOOKED_THROUGH,
        before,
        PAGE
    )
    .fetch_all(&mut *db)
    .await?;
    let calls: Vec<_> = rows.into_iter().map(Row::view).collect::<Result<_>>()?;
    let older = if calls.len() as i64 == PAGE {
        calls.last().map(|call| call.id)
    } else {
        last_looked_at(db, tenant, since, before).await?
    };
    Ok(CallPage { calls, older })
}

/// The last of the calls that were looked through, if there may be more behind it.
async fn last_looked_at(
    db: &mut PgConnection,
    tenant: TenantId,
    since: OffsetDateTime,
    before: Uuid,
) -> Result<Option<EventId>> {
    Ok(sqlx::query_scalar!(
        r#"select event_id as "id: EventId" from usage_events
        where tenant_id = $1 and event_id >= $2 and event_id < $3
        order by event_id desc offset $4 limit 1"#,
        tenant.0,
        first_id(since),
        before,
        LOOKED_THROUGH - 1
    )
    .fetch_optional(db)
    .await?)
}

/// One call, and the ids of what it has to do with.
pub(in crate::usage) async fn get(
    db: &mut PgConnection,
    tenant: TenantId,
    id: EventId,
) -> Result<Option<CallDetail>> {
    let row = sqlx::query!(
        r#"select e.event_id, e.occurred_at, coalesce(c.name, e.client_id::text) as "client_name!",
            e.client_id, e.key_id, e.member_id, e.connection_id, e.toolkit, e.tool, e.era, e.outcome, e.units,
            e.duration_us, e.request_bytes, e.response_bytes, e.error, e.request_id, e.corrects
        from usage_events e
        left join mcp_clients c on c.tenant_id = e.tenant_id and c.client_id = e.client_id
        where e.tenant_id = $1 and e.event_id = $2"#,
        tenant.0,
        id.0
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let call = Row {
        event_id: row.event_id,
        occurred_at: row.occurred_at,
        client: row.client_name,
        key_id: row.key_id,
        tool: row.tool,
        era: row.era,
        outcome: row.outcome,
        units: row.units,
        duration_us: row.duration_us,
        error: row.error,
        request_id: row.request_id,
        corrects: row.corrects,
    };
    let ids: Vec<_> = [Some(row.key_id), row.member_id, row.connection_id]
        .into_iter()
        .flatten()
        .collect();
    let names = super::names::of(db, tenant, &ids).await?;
    let name = |id: Uuid| names.get(&id).cloned();
    Ok(Some(CallDetail {
        call: call.view()?,
        toolkit: row.toolkit,
        client: McpClientId(row.client_id),
        credential: name(row.key_id),
        member: row.member_id.and_then(name),
        connection: row.connection_id.map(|id| {
            let label = name(id).unwrap_or_else(|| id.to_string());
            (ConnectionId(id), label)
        }),
        request_bytes: row.request_bytes,
        response_bytes: row.response_bytes,
        corrections: corrections(db, tenant, id).await?,
    }))
}

async fn corrections(
    db: &mut PgConnection,
    tenant: TenantId,
    of: EventId,
) -> Result<Vec<CallView>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select event_id, occurred_at, '' as "client!", key_id, tool, era, outcome, units, duration_us, error,
            request_id, corrects
        from usage_events where tenant_id = $1 and corrects = $2 order by event_id"#,
        tenant.0,
        of.0
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Row::view).collect()
}

/// Makes other corrections of the tenant wait until the transaction ends.
pub(in crate::usage) async fn take_turns(db: &mut PgConnection, tenant: TenantId) -> Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('corrections ' || $1::uuid::text, 0))",
        tenant.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The units of a call with its corrections. None, if there is no such call.
pub(in crate::usage) async fn units_of(
    db: &mut PgConnection,
    tenant: TenantId,
    id: EventId,
) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar!(
        r#"select e.units + coalesce((
            select sum(c.units)::bigint from usage_events c where c.tenant_id = $1 and c.corrects = $2), 0) as "units!"
        from usage_events e where e.tenant_id = $1 and e.event_id = $2 and e.corrects is null"#,
        tenant.0,
        id.0
    )
    .fetch_optional(db)
    .await?)
}

/// Writes a correction: with everything of the call that it corrects, but its own units and time, and the reason.
/// It arrives now, not when a transaction began that has waited for others: rollups look for what has arrived.
pub(in crate::usage) async fn correct(
    db: &mut PgConnection,
    id: EventId,
    tenant: TenantId,
    of: EventId,
    units: i64,
    reason: &str,
) -> Result<()> {
    sqlx::query!(
        "insert into usage_events (tenant_id, event_id, occurred_at, client_id, key_id, member_id, connection_id,
            toolkit, tool, era, outcome, units, duration_us, request_bytes, response_bytes, error, request_id, corrects,
            recorded_at)
        select tenant_id, $1, $6, client_id, key_id, member_id, connection_id,
            toolkit, tool, era, outcome, $4, 0, 0, 0, $5, request_id, event_id, clock_timestamp()
        from usage_events where tenant_id = $2 and event_id = $3 and corrects is null",
        id.0,
        tenant.0,
        of.0,
        units,
        reason,
        time_of(id)
    )
    .execute(db)
    .await?;
    Ok(())
}
