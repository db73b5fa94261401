//! The sums of a range, for whoever shows a few of them or reckons with them.

use super::{
    charts,
    fold::Fold,
    pieces::{Grain, cover},
    report::{ALL, Span, words},
    store::{
        minutes::apart,
        sums::{self, By},
    },
};
use crate::{Actor, Result, Services};
use api_types::{
    Permission, TenantId,
    usage::{Group, Range, Totals, UsageFilter},
};
use sqlx::PgConnection;
use std::collections::{BTreeMap, HashMap};
use time::{Duration, OffsetDateTime};

const DAY: i64 = 24 * 3600;

/// The sums of a range, without charts or tables.
pub async fn summary(s: &Services, a: &Actor, range: Range) -> Result<(Totals, Vec<Group>)> {
    a.require(Permission::ViewUsage)?;
    let span = Span::of(range);
    let mut tx = s.db.tenant_snapshot(a.tenant()).await?;
    let done = sums::done(&mut tx).await?;
    let dimensions = words(&[ALL, "tool"]);
    let by = By::new(a.tenant(), &dimensions);
    let pieces = span.pieces(Grain::Month, &done);
    let (pieces, recent) = apart(&mut tx, a.tenant(), &UsageFilter::default(), pieces).await?;
    let rows = sums::sums(&mut tx, by, &pieces, span.whole()).await?;
    let latencies = sums::latencies(&mut tx, by, &pieces).await?;
    tx.commit().await?;
    let fold = Fold::of_sums(&rows, ALL)
        .with_latencies(&latencies, ALL)
        .with_minutes(&recent, &["tool"]);
    Ok((fold.total.totals(), fold.groups("tool", &HashMap::new())))
}

/// The overview's numbers.
pub(crate) struct Day {
    pub calls: i64,
    pub error_share: f64,
    pub by_hour: Vec<i64>,
}

/// The last 24 hours of a tenant, by hour, as a snapshot has them.
pub(crate) async fn last_day(db: &mut PgConnection, tenant: TenantId) -> Result<Day> {
    let span = Span::of(Range::Day);
    let done = sums::done(db).await?;
    let dimensions = words(&[ALL]);
    let by = By::new(tenant, &dimensions);
    let pieces = span.pieces(span.grain(), &done);
    let (pieces, recent) = apart(db, tenant, &UsageFilter::default(), pieces).await?;
    let rows = sums::sums(db, by, &pieces, span.grid()).await?;
    let moments = charts::moments(&rows, ALL).chain(charts::recent(&recent));
    let bars = charts::bars(&span, moments);
    let fold = Fold::of_sums(&rows, ALL).with_minutes(&recent, &[]);
    let total = fold.total.totals();
    Ok(Day {
        calls: total.calls,
        error_share: total.error_share(),
        by_hour: bars.iter().map(|bar| bar.ok + bar.errors).collect(),
    })
}

/// What a value of a dimension has used in one step of a range.
pub(crate) struct Used {
    pub value: String,
    /// When the step begins.
    pub at: OffsetDateTime,
    pub calls: i64,
    pub units: i64,
}

/// What was used, as a snapshot has it ([`crate::Db::tenant_snapshot`]), in a range by the values of a dimension, in steps of so many seconds from its beginning, from rollups: what
/// the last seconds add may be missing.
pub(crate) async fn used(
    db: &mut PgConnection,
    tenant: TenantId,
    dimension: &str,
    (since, until): (OffsetDateTime, OffsetDateTime),
    step: i64,
) -> Result<Vec<Used>> {
    let done = sums::done(db).await?;
    let dimensions = words(&[dimension]);
    let by = By::new(tenant, &dimensions);
    let most = if step < DAY { Grain::Hour } else { Grain::Day };
    let pieces = cover(since, until, most, &done);
    let (pieces, recent) = apart(db, tenant, &UsageFilter::default(), pieces).await?;
    let rows = sums::sums(db, by, &pieces, (since, step)).await?;
    let rows = rows
        .into_iter()
        .map(|row| (row.bar, row.value, row.calls, row.units));
    let recent = recent.iter().filter_map(|row| {
        let steps = (row.at - since).whole_seconds().div_euclid(step);
        let at = since + Duration::seconds(steps * step);
        Some((at, row.value(dimension)?, row.calls, row.units))
    });
    let mut used: BTreeMap<_, (i64, i64)> = BTreeMap::new();
    for (at, value, calls, units) in rows.chain(recent) {
        let sum = used.entry((at, value)).or_default();
        *sum = (sum.0 + calls, sum.1 + units);
    }
    let used = used.into_iter().map(|((at, value), (calls, units))| Used {
        value,
        at,
        calls,
        units,
    });
    Ok(used.collect())
}
