//! The SQL of usage.

use super::{Event, report::Span};
use crate::Result;
use anyhow::anyhow;
use api_types::{
    CredentialId, EventId, TenantId,
    usage::{CallView, Outcome, UsageFilter},
};
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};
use time::OffsetDateTime;
use uuid::Uuid;

/// Text that the database accepts, cut to a length.
fn clean(text: &str, longest: usize) -> String {
    text.chars().filter(|c| *c != '\0').take(longest).collect()
}

/// A call as the database takes it in: the type `usage_row`, field by field.
#[derive(sqlx::Type)]
#[sqlx(type_name = "usage_row")]
struct UsageRow {
    tenant_id: Uuid,
    event_id: Uuid,
    occurred_at: OffsetDateTime,
    client_id: Uuid,
    key_id: Uuid,
    toolkit: String,
    tool: String,
    era: String,
    outcome: String,
    duration_us: i64,
    request_bytes: i64,
    response_bytes: i64,
    error: Option<String>,
    request_id: Uuid,
    connection_id: Option<Uuid>,
    leases: Option<Vec<Uuid>>,
}

impl UsageRow {
    fn of(event: &Event) -> Self {
        Self {
            tenant_id: event.tenant.0,
            event_id: event.id.0,
            occurred_at: event.at,
            client_id: event.client.0,
            key_id: event.credential.0,
            toolkit: clean(&event.toolkit, 60),
            tool: clean(&event.tool, 200),
            era: event.era.as_str().to_owned(),
            outcome: event.outcome.as_str().to_owned(),
            duration_us: event.duration_us,
            request_bytes: event.request_bytes,
            response_bytes: event.response_bytes,
            error: event.error.as_ref().map(|text| clean(text, 500)),
            request_id: event.request_id,
            connection_id: event.connection.map(|id| id.0),
            leases: (!event.leases.is_empty()).then(|| event.leases.clone()),
        }
    }
}

/// Inserts calls of any tenants in one statement: all or, if one is there already, none.
pub(super) async fn insert(db: &mut PgConnection, events: &[Event]) -> Result<()> {
    let rows: Vec<_> = events.iter().map(UsageRow::of).collect();
    sqlx::query!(
        "insert into usage_events (tenant_id, event_id, occurred_at, client_id, key_id, toolkit,
            tool, era, outcome, duration_us, request_bytes, response_bytes, error, request_id,
            connection_id, leases)
        select tenant_id, event_id, occurred_at, client_id, key_id, toolkit,
            tool, era, outcome, duration_us, request_bytes, response_bytes, error, request_id,
            connection_id, leases
        from unnest($1::usage_row[])",
        &rows as &[UsageRow]
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Those of the calls that are there already.
pub(super) async fn known(db: &mut PgConnection, events: &[Event]) -> Result<HashSet<EventId>> {
    let tenants: Vec<_> = events.iter().map(|event| event.tenant.0).collect();
    let ids: Vec<_> = events.iter().map(|event| event.id.0).collect();
    let known = sqlx::query_scalar!(
        r#"select event_id as "id: EventId" from usage_events
        where (tenant_id, event_id) in (select * from unnest($1::uuid[], $2::uuid[]))"#,
        &tenants,
        &ids
    )
    .fetch_all(db)
    .await?;
    Ok(known.into_iter().collect())
}

pub(super) async fn take_lock(db: &mut PgConnection, name: i64) -> Result<bool> {
    Ok(
        sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock($1) as "taken!""#, name)
            .fetch_one(db)
            .await?,
    )
}

pub(super) async fn final_until(db: &mut PgConnection) -> Result<OffsetDateTime> {
    Ok(
        sqlx::query_scalar!("select final_until from usage_rollup_state")
            .fetch_one(db)
            .await?,
    )
}

/// A call's deadline and the writing of its row fit into two minutes, so older minutes are final.
pub(super) async fn advance(db: &mut PgConnection) -> Result<()> {
    sqlx::query!(
        "update usage_rollup_state
        set final_until = date_trunc('minute', now() - interval '2 minutes')
        where final_until < date_trunc('minute', now() - interval '2 minutes')"
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Recomputes every minute since `from`. Answers the tenants whose numbers changed.
pub(super) async fn roll_up_minutes(
    db: &mut PgConnection,
    from: OffsetDateTime,
) -> Result<Vec<TenantId>> {
    Ok(sqlx::query_scalar!(
        r#"with changed as (
            insert into usage_minutes as m (tenant_id, bucket, client_id, key_id, toolkit, tool,
                outcome, latency_class, calls, duration_us, request_bytes, response_bytes)
            select tenant_id, date_trunc('minute', occurred_at), client_id, key_id, toolkit, tool,
                outcome, round(4 * ln(greatest(duration_us, 1)::float8) / ln(2::float8))::smallint,
                count(*), sum(duration_us)::bigint, sum(request_bytes)::bigint,
                sum(response_bytes)::bigint
            from usage_events where occurred_at >= $1
            group by 1, 2, 3, 4, 5, 6, 7, 8
            on conflict (tenant_id, bucket, client_id, key_id, toolkit, tool, outcome,
                latency_class)
            do update set calls = excluded.calls, duration_us = excluded.duration_us,
                request_bytes = excluded.request_bytes, response_bytes = excluded.response_bytes
                where m.calls <> excluded.calls
            returning tenant_id
        )
        select distinct tenant_id as "tenant!: TenantId" from changed"#,
        from
    )
    .fetch_all(db)
    .await?)
}

/// Recomputes the days since the one that holds the hour before `from`, from their minutes.
pub(super) async fn roll_up_days(db: &mut PgConnection, from: OffsetDateTime) -> Result<()> {
    sqlx::query!(
        "insert into usage_days as d (tenant_id, bucket, client_id, key_id, toolkit, tool,
            outcome, latency_class, calls, duration_us, request_bytes, response_bytes)
        select tenant_id, date_bin('1 day', bucket, timestamptz 'epoch'), client_id, key_id,
            toolkit, tool, outcome, latency_class, sum(calls)::bigint, sum(duration_us)::bigint,
            sum(request_bytes)::bigint, sum(response_bytes)::bigint
        from usage_minutes
        where bucket >= date_bin('1 day', $1::timestamptz - interval '1 hour', timestamptz 'epoch')
        group by 1, 2, 3, 4, 5, 6, 7, 8
        on conflict (tenant_id, bucket, client_id, key_id, toolkit, tool, outcome, latency_class)
        do update set calls = excluded.calls, duration_us = excluded.duration_us,
            request_bytes = excluded.request_bytes, response_bytes = excluded.response_bytes
            where d.calls <> excluded.calls",
        from
    )
    .execute(db)
    .await?;
    Ok(())
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

/// Sums of one grouping set: exactly one of `bar`, `tool` and `client` is given, or none.
pub(super) struct Row {
    pub bar: Option<OffsetDateTime>,
    pub tool: Option<String>,
    pub client: Option<Uuid>,
    pub outcome: String,
    pub latency_class: Option<i16>,
    pub calls: i64,
    pub bytes: i64,
}

pub(super) async fn sums(
    db: &mut PgConnection,
    tenant: TenantId,
    filter: &UsageFilter,
    span: &Span,
) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        r#"with rollups as (
            select bucket, client_id, tool, outcome, latency_class, calls,
                request_bytes + response_bytes as bytes
            from usage_minutes
            where tenant_id = $1 and bucket >= case when $2
                then date_bin('1 day', now(), timestamptz 'epoch') else $3 end
            union all
            select bucket, client_id, tool, outcome, latency_class, calls,
                request_bytes + response_bytes
            from usage_days
            where $2 and tenant_id = $1 and bucket >= $3
                and bucket < date_bin('1 day', now(), timestamptz 'epoch')
        )
        select date_bin(make_interval(secs => $4::bigint), bucket, $3) as bar, tool,
            client_id as client, outcome as "outcome!", latency_class,
            sum(calls)::bigint as "calls!", sum(bytes)::bigint as "bytes!"
        from rollups
        where ($5::text is null or tool = $5) and ($6::uuid is null or client_id = $6)
            and ($7::text is null or outcome = $7)
        group by grouping sets ((1, outcome), (tool, outcome, latency_class),
            (client_id, outcome, latency_class), (outcome, latency_class))"#,
        tenant.0,
        span.by_day(),
        span.from,
        span.step,
        filter.tool,
        filter.client.map(|client| client.0),
        filter.outcome.map(Outcome::as_str)
    )
    .fetch_all(db)
    .await?)
}

/// The names of all clients, archived ones too: their calls stay.
pub(super) async fn client_names(
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<HashMap<Uuid, String>> {
    let rows = sqlx::query!(
        "select client_id, name from mcp_clients where tenant_id = $1",
        tenant.0
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.client_id, row.name))
        .collect())
}

/// The smallest id that a call of this time or later can have (RFC 9562, section 5.7).
fn first_id(from: OffsetDateTime) -> Uuid {
    let millis = (from.unix_timestamp_nanos() / 1_000_000).try_into();
    uuid::Builder::from_unix_timestamp_millis(millis.unwrap_or(0), &[0; 10]).into_uuid()
}

/// The newest calls, at most 50.
pub(super) async fn recent(
    db: &mut PgConnection,
    tenant: TenantId,
    filter: &UsageFilter,
    from: OffsetDateTime,
) -> Result<Vec<CallView>> {
    let rows = sqlx::query!(
        r#"select e.event_id, e.occurred_at, coalesce(c.name, e.client_id::text) as "client!",
            e.key_id, e.tool, e.era, e.outcome, e.duration_us, e.error, e.request_id
        from usage_events e
        left join mcp_clients c on c.tenant_id = e.tenant_id and c.client_id = e.client_id
        where e.tenant_id = $1 and e.event_id >= $2
            and ($3::text is null or e.tool = $3) and ($4::uuid is null or e.client_id = $4)
            and ($5::text is null or e.outcome = $5)
        order by e.event_id desc limit 50"#,
        tenant.0,
        first_id(from),
        filter.tool,
        filter.client.map(|client| client.0),
        filter.outcome.map(Outcome::as_str)
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let outcome = Outcome::parse(&row.outcome)
                .ok_or_else(|| anyhow!("unknown outcome {} in the database", row.outcome))?;
            Ok(CallView {
                id: EventId(row.event_id),
                at: row.occurred_at,
                client: row.client,
                credential: CredentialId(row.key_id),
                tool: row.tool,
                era: row.era,
                outcome,
                duration_ms: row.duration_us as f64 / 1000.0,
                error: row.error,
                request_id: row.request_id.to_string(),
            })
        })
        .collect()
}
