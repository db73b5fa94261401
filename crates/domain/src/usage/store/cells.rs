//! The SQL that reads numbers by all dimensions at once: what pages show with filters. No piece may be of minutes. About
//! `offset 0` see `sums`.

use super::sums::Columns;
use crate::{Result, usage::pieces::Piece};
use api_types::{
    TenantId,
    usage::{Outcome, UsageFilter},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// The sums of one combination, over a whole range.
pub(in crate::usage) struct Cell {
    pub toolkit: String,
    pub tool: String,
    pub client: Uuid,
    pub key: Uuid,
    pub member: Uuid,
    pub connection: Uuid,
    pub outcome: String,
    pub calls: i64,
    pub units: i64,
    pub duration_us: i64,
    pub bytes: i64,
}

/// Every combination that the filter leaves.
pub(in crate::usage) async fn cells(
    db: &mut PgConnection,
    tenant: TenantId,
    filter: &UsageFilter,
    pieces: &[Piece],
) -> Result<Vec<Cell>> {
    let pieces = Columns::of(pieces);
    Ok(sqlx::query_as!(
        Cell,
        r#"select toolkit, tool, client_id as client, key_id as key, member_id as member, connection_id as connection, outcome,
            sum(calls)::bigint as "calls!", sum(units)::bigint as "units!", sum(duration_us)::bigint as "duration_us!",
            sum(bytes)::bigint as "bytes!"
        from unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) p (grain, since, until)
        cross join lateral (
            select * from usage_cells c
            where c.tenant_id = $1 and c.grain = p.grain and c.bucket >= p.since and c.bucket < p.until
                and ($5::text is null or c.toolkit = $5) and ($6::text is null or c.tool = $6)
                and ($7::uuid is null or c.client_id = $7) and ($8::uuid is null or c.key_id = $8)
                and ($9::uuid is null or c.member_id = $9) and ($10::uuid is null or c.connection_id = $10)
                and ($11::text is null or c.outcome = $11) offset 0
        ) c
        group by 1, 2, 3, 4, 5, 6, 7"#,
        tenant.0,
        &pieces.grains,
        &pieces.since,
        &pieces.until,
        filter.toolkit,
        filter.tool,
        filter.client.map(|id| id.0),
        filter.credential.map(|id| id.0),
        filter.member.map(|id| id.0),
        filter.connection.map(|id| id.0),
        filter.outcome.map(Outcome::as_str)
    )
    .fetch_all(db)
    .await?)
}

/// The calls of a tool in a bar: those that were answered with a result, and all others.
pub(in crate::usage) struct Moment {
    pub bar: OffsetDateTime,
    pub tool: String,
    pub ok: i64,
    pub errors: i64,
}

/// Calls over time, in bars of `step` seconds from `origin` on.
pub(in crate::usage) async fn over_time(
    db: &mut PgConnection,
    tenant: TenantId,
    filter: &UsageFilter,
    pieces: &[Piece],
    (origin, step): (OffsetDateTime, i64),
) -> Result<Vec<Moment>> {
    let pieces = Columns::of(pieces);
    Ok(sqlx::query_as!(
        Moment,
        r#"select date_bin(make_interval(secs => $13::bigint), bucket, $12) as "bar!", tool,
            coalesce(sum(calls) filter (where outcome = 'ok'), 0)::bigint as "ok!",
            coalesce(sum(calls) filter (where outcome <> 'ok'), 0)::bigint as "errors!"
        from unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) p (grain, since, until)
        cross join lateral (
            select * from usage_cells c
            where c.tenant_id = $1 and c.grain = p.grain and c.bucket >= p.since and c.bucket < p.until
                and ($5::text is null or c.toolkit = $5) and ($6::text is null or c.tool = $6)
                and ($7::uuid is null or c.client_id = $7) and ($8::uuid is null or c.key_id = $8)
                and ($9::uuid is null or c.member_id = $9) and ($10::uuid is null or c.connection_id = $10)
                and ($11::text is null or c.outcome = $11) offset 0
        ) c
        group by 1, 2"#,
        tenant.0,
        &pieces.grains,
        &pieces.since,
        &pieces.until,
        filter.toolkit,
        filter.tool,
        filter.client.map(|id| id.0),
        filter.credential.map(|id| id.0),
        filter.member.map(|id| id.0),
        filter.connection.map(|id| id.0),
        filter.outcome.map(Outcome::as_str),
        origin,
        step
    )
    .fetch_all(db)
    .await?)
}
