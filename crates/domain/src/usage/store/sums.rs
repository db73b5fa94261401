//! The SQL that reads numbers by one dimension at a time: what pages show without a filter, or with one. No piece may be of
//! minutes: those are read as they are (`minutes`).
//!
//! `offset 0` makes PostgreSQL look each piece up by its index. It thinks little of a range whose ends it does not know, and
//! would read the numbers of all tenants. Which index it is depends on the filter, so statements are planned with their
//! values: [`crate::Db::tenant_snapshot`].

use crate::{
    Result,
    usage::pieces::{Done, Piece},
};
use api_types::{TenantId, usage::Outcome};
use sqlx::PgConnection;
use time::OffsetDateTime;

/// Up to when there are numbers.
pub(in crate::usage) async fn done(db: &mut PgConnection) -> Result<Done> {
    Ok(sqlx::query_as!(
        Done,
        "select hours_until as hours, days_until as days, months_until as months from usage_rollup_state"
    )
    .fetch_one(db)
    .await?)
}

/// Pieces as a statement takes them.
pub(super) struct Columns {
    pub grains: Vec<String>,
    pub since: Vec<OffsetDateTime>,
    pub until: Vec<OffsetDateTime>,
}

impl Columns {
    pub(super) fn of(pieces: &[Piece]) -> Self {
        Self {
            grains: pieces
                .iter()
                .map(|piece| piece.grain.as_str().into())
                .collect(),
            since: pieces.iter().map(|piece| piece.since).collect(),
            until: pieces.iter().map(|piece| piece.until).collect(),
        }
    }
}

/// Whose numbers: of a tenant, by these dimensions, of some values alone or of all, with one outcome or with all.
#[derive(Clone, Copy)]
pub(in crate::usage) struct By<'a> {
    pub tenant: TenantId,
    pub dimensions: &'a [String],
    pub values: Option<&'a [String]>,
    pub outcome: Option<&'a str>,
}

impl<'a> By<'a> {
    pub(in crate::usage) fn new(tenant: TenantId, dimensions: &'a [String]) -> Self {
        Self {
            tenant,
            dimensions,
            values: None,
            outcome: None,
        }
    }

    pub(in crate::usage) fn of(self, values: &'a [String]) -> Self {
        let values = Some(values);
        Self { values, ..self }
    }

    pub(in crate::usage) fn ending(self, outcome: Option<Outcome>) -> Self {
        let outcome = outcome.map(Outcome::as_str);
        Self { outcome, ..self }
    }
}

/// The sums of a value and an outcome, in a bar if there are bars.
pub(in crate::usage) struct Sum {
    pub dimension: String,
    pub value: String,
    pub outcome: String,
    pub bar: OffsetDateTime,
    pub calls: i64,
    pub units: i64,
    pub duration_us: i64,
    pub bytes: i64,
}

/// Sums in bars of `step` seconds from `origin` on. One bar, if the step is as long as it all.
pub(in crate::usage) async fn sums(
    db: &mut PgConnection,
    by: By<'_>,
    pieces: &[Piece],
    (origin, step): (OffsetDateTime, i64),
) -> Result<Vec<Sum>> {
    let pieces = Columns::of(pieces);
    Ok(sqlx::query_as!(
        Sum,
        r#"select d.dimension as "dimension!", s.value as "value!", s.outcome as "outcome!",
            date_bin(make_interval(secs => $8::bigint), s.bucket, $7) as "bar!",
            sum(s.calls)::bigint as "calls!", sum(s.units)::bigint as "units!",
            sum(s.duration_us)::bigint as "duration_us!", sum(s.bytes)::bigint as "bytes!"
        from unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) p (grain, since, until)
        cross join unnest($5::text[]) d (dimension)
        cross join lateral (
            select * from usage_sums s
            where s.tenant_id = $1 and s.grain = p.grain and s.dimension = d.dimension
                and s.bucket >= p.since and s.bucket < p.until offset 0
        ) s
        where ($6::text[] is null or s.value = any($6)) and ($9::text is null or s.outcome = $9)
        group by 1, 2, 3, 4"#,
        by.tenant.0,
        &pieces.grains,
        &pieces.since,
        &pieces.until,
        by.dimensions,
        by.values,
        origin,
        step,
        by.outcome
    )
    .fetch_all(db)
    .await?)
}

/// How many calls of a value took how long, in a part of the range.
pub(in crate::usage) struct Latency {
    pub dimension: String,
    pub value: String,
    pub classes: Vec<i16>,
    pub calls: Vec<i64>,
}

/// Durations, by quarter powers of two of microseconds. They are added up by the caller, which is quicker than taking
/// arrays apart in the database.
pub(in crate::usage) async fn latencies(
    db: &mut PgConnection,
    by: By<'_>,
    pieces: &[Piece],
) -> Result<Vec<Latency>> {
    let pieces = Columns::of(pieces);
    Ok(sqlx::query_as!(
        Latency,
        r#"select s.dimension as "dimension!", s.value as "value!", s.latency_classes as "classes!",
            s.latency_calls as "calls!"
        from unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) p (grain, since, until)
        cross join unnest($5::text[]) d (dimension)
        cross join lateral (
            select * from usage_sums s
            where s.tenant_id = $1 and s.grain = p.grain and s.dimension = d.dimension
                and s.bucket >= p.since and s.bucket < p.until offset 0
        ) s
        where ($6::text[] is null or s.value = any($6)) and ($7::text is null or s.outcome = $7)
            and s.latency_calls is not null"#,
        by.tenant.0,
        &pieces.grains,
        &pieces.since,
        &pieces.until,
        by.dimensions,
        by.values,
        by.outcome
    )
    .fetch_all(db)
    .await?)
}

/// Calls in an hour of the week, from Monday 00:00 on.
pub(in crate::usage) struct HourOfWeek {
    pub hour: i32,
    pub calls: i64,
}

/// Calls by hour of the week, of pieces that are days or hours.
pub(in crate::usage) async fn hours_of_week(
    db: &mut PgConnection,
    by: By<'_>,
    pieces: &[Piece],
) -> Result<Vec<HourOfWeek>> {
    let pieces = Columns::of(pieces);
    Ok(sqlx::query_as!(
        HourOfWeek,
        r#"with parts as (
            select case p.grain when 'day' then s.bucket + make_interval(hours => h.hour) else s.bucket end as at,
                case p.grain when 'day' then h.calls else s.calls end as calls
            from unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) p (grain, since, until)
            cross join unnest($5::text[]) d (dimension)
            cross join lateral (
                select * from usage_sums s
                where s.tenant_id = $1 and s.grain = p.grain and s.dimension = d.dimension
                    and s.bucket >= p.since and s.bucket < p.until offset 0
            ) s
            left join lateral unnest(s.hours, s.hour_calls) h (hour, calls) on p.grain = 'day'
            where ($6::text[] is null or s.value = any($6)) and ($7::text is null or s.outcome = $7)
        )
        -- The first of all hours was on a Thursday.
        select ((date_part('epoch', at)::bigint / 3600 + 72) % 168)::integer as "hour!", sum(calls)::bigint as "calls!"
        from parts where calls > 0
        group by 1"#,
        by.tenant.0,
        &pieces.grains,
        &pieces.since,
        &pieces.until,
        by.dimensions,
        by.values,
        by.outcome
    )
    .fetch_all(db)
    .await?)
}
