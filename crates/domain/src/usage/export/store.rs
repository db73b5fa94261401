//! The SQL of exports of calls.

use super::NewExport;
use crate::Result;
use anyhow::Context as _;
use api_types::{
    EventId, ExportId, TenantId, UserId,
    usage::{ExportState, ExportView, Format, Outcome, UsageFilter},
};
use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// A call as a file has it. Its fields are the columns, in this order.
#[derive(Clone, Debug, Serialize)]
pub struct ExportedCall {
    /// The id; the file goes on after it.
    pub event_id: Uuid,
    /// When it was admitted.
    #[serde(with = "time::serde::rfc3339")]
    pub occurred_at: OffsetDateTime,
    /// The toolkit.
    pub toolkit: String,
    /// The tool or kind of resource.
    pub tool: String,
    /// The client.
    pub client_id: Uuid,
    /// The client's name today.
    pub client: Option<String>,
    /// The key or grant.
    pub credential_id: Uuid,
    /// Who stands behind it.
    pub member_id: Option<Uuid>,
    /// The account at another service.
    pub connection_id: Option<Uuid>,
    /// `modern` or `legacy`.
    pub era: String,
    /// How it ended.
    pub outcome: String,
    /// What the plan's meter counts.
    pub units: i64,
    /// How long it took, in microseconds.
    pub duration_us: i64,
    /// Size of the request's body.
    pub request_bytes: i64,
    /// Size of the answer's body.
    pub response_bytes: i64,
    /// What went wrong, or why it was corrected.
    pub error: Option<String>,
    /// The id in the answer and in the log.
    pub request_id: Uuid,
    /// The call that this row corrects.
    pub corrects: Option<Uuid>,
}

/// Some calls, and the last that was looked at; none, at the end.
pub(super) struct Read {
    pub calls: Vec<ExportedCall>,
    pub last_looked_at: Option<Uuid>,
}

/// The calls that the filter leaves of the next so many.
pub(super) async fn calls(
    db: &mut PgConnection,
    tenant: TenantId,
    filter: &UsageFilter,
    after: Uuid,
    until: Uuid,
    most: i64,
) -> Result<Read> {
    let last_looked_at = sqlx::query_scalar!(
        r#"select event_id from (
            select event_id from usage_events
            where tenant_id = $1 and event_id > $2 and event_id < $3 order by event_id limit $4
        ) next order by event_id desc limit 1"#,
        tenant.0,
        after,
        until,
        most
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(last) = last_looked_at else {
        return Ok(Read {
            calls: Vec::new(),
            last_looked_at,
        });
    };
    let calls = sqlx::query_as!(
        ExportedCall,
        r#"select e.event_id, e.occurred_at, e.toolkit, e.tool, e.client_id, c.name as "client?",
            e.key_id as credential_id, e.member_id, e.connection_id, e.era, e.outcome, e.units, e.duration_us,
            e.request_bytes, e.response_bytes, e.error, e.request_id, e.corrects
        from usage_events e
        left join mcp_clients c on c.tenant_id = e.tenant_id and c.client_id = e.client_id
        where e.tenant_id = $1 and e.event_id > $2 and e.event_id <= $3
            and ($4::text is null or e.toolkit = $4) and ($5::text is null or e.tool = $5)
            and ($6::uuid is null or e.client_id = $6) and ($7::uuid is null or e.key_id = $7)
            and ($8::uuid is null or e.member_id = $8) and ($9::uuid is null or e.connection_id = $9)
            and ($10::text is null or e.outcome = $10)
        order by e.event_id"#,
        tenant.0,
        after,
        last,
        filter.toolkit,
        filter.tool,
        filter.client.map(|id| id.0),
        filter.credential.map(|id| id.0),
        filter.member.map(|id| id.0),
        filter.connection.map(|id| id.0),
        filter.outcome.map(Outcome::as_str)
    )
    .fetch_all(db)
    .await?;
    Ok(Read {
        calls,
        last_looked_at,
    })
}

pub(super) async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ExportId,
    by: UserId,
    new: &NewExport,
    until: OffsetDateTime,
    expected: i64,
) -> Result<()> {
    sqlx::query!(
        "insert into usage_exports (tenant_id, export_id, asked_by, format, since, until, filter, after, expected)
        values ($1, $2, $3, $4, $5, $6, left($7, 2000), $8, $9)",
        tenant.0,
        id.0,
        by.0,
        new.format.as_str(),
        new.since,
        until,
        new.words,
        new.after.map(|id| id.0),
        expected
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Says how far it is. Without a last call it is done.
pub(super) async fn moved(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ExportId,
    calls: usize,
    last: Option<Uuid>,
) -> Result<()> {
    sqlx::query!(
        "update usage_exports set calls = calls + $3, last_id = coalesce($4, last_id), moved_at = now(),
            state = case when $4::uuid is null then 'done' else state end
        where tenant_id = $1 and export_id = $2",
        tenant.0,
        id.0,
        calls as i64,
        last
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn list(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<ExportView>> {
    let rows = sqlx::query!(
        r#"select e.export_id, coalesce(u.name, '') as "asked_by!", e.format, e.since, e.until, e.expected, e.calls,
            e.last_id, e.state, e.moved_at < now() - interval '30 seconds' as "stalled!", e.created_at
        from usage_exports e left join users u on u.user_id = e.asked_by
        where e.tenant_id = $1 order by e.export_id desc limit 20"#,
        tenant.0
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ExportView {
                id: ExportId(row.export_id),
                asked_by: row.asked_by,
                format: Format::parse(&row.format).context("an unknown format")?,
                since: row.since,
                until: row.until,
                expected: row.expected,
                calls: row.calls,
                last: row.last_id.map(EventId),
                state: match (row.state.as_str(), row.stalled) {
                    ("done", _) => ExportState::Done,
                    (_, true) => ExportState::Stalled,
                    _ => ExportState::Running,
                },
                created_at: row.created_at,
            })
        })
        .collect()
}

/// As the system role.
pub(super) async fn delete_expired(db: &mut PgConnection) -> Result<u64> {
    let done =
        sqlx::query!("delete from usage_exports where created_at < now() - interval '30 days'")
            .execute(db)
            .await?;
    Ok(done.rows_affected())
}
