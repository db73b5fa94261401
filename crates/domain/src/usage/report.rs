//! The numbers of the usage page and of the overview, read from rollups.

use super::store::{self, Row};
use crate::{Actor, Result, Services};
use api_types::{
    Permission, TenantId,
    usage::{Bar, Group, Outcome, Range, Totals, UsageFilter, UsageReport},
};
use sqlx::PgConnection;
use std::collections::{BTreeMap, HashMap};
use time::OffsetDateTime;
use uuid::Uuid;

/// The usage page's numbers.
pub async fn report(s: &Services, a: &Actor, filter: &UsageFilter) -> Result<UsageReport> {
    a.require(Permission::ViewUsage)?;
    let span = Span::of(filter.range);
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let rows = store::sums(&mut tx, a.tenant(), filter, &span).await?;
    let names = store::client_names(&mut tx, a.tenant()).await?;
    let recent = store::recent(&mut tx, a.tenant(), filter, span.from).await?;
    tx.commit().await?;
    Ok(Fold::of(rows).finish(&span, &names, recent))
}

/// The sums of a range, without charts or tables.
pub async fn summary(
    s: &Services,
    a: &Actor,
    filter: &UsageFilter,
) -> Result<(Totals, Vec<Group>)> {
    a.require(Permission::ViewUsage)?;
    let span = Span::of(filter.range);
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let rows = store::sums(&mut tx, a.tenant(), filter, &span).await?;
    tx.commit().await?;
    let report = Fold::of(rows).finish(&span, &HashMap::new(), Vec::new());
    Ok((report.total, report.by_tool))
}

/// The overview's numbers.
pub(crate) struct Day {
    pub calls: i64,
    pub error_share: f64,
    pub by_hour: Vec<i64>,
}

/// The last 24 hours of a tenant, by hour.
pub(crate) async fn last_day(db: &mut PgConnection, tenant: TenantId) -> Result<Day> {
    let span = Span::new(24 * 3600, 3600);
    let rows = store::sums(db, tenant, &UsageFilter::default(), &span).await?;
    let report = Fold::of(rows).finish(&span, &HashMap::new(), Vec::new());
    Ok(Day {
        calls: report.total.calls,
        error_share: report.total.error_share(),
        by_hour: report.bars.iter().map(|bar| bar.ok + bar.errors).collect(),
    })
}

/// A range cut into bars. The last bar is the one that now falls into.
pub(super) struct Span {
    pub from: OffsetDateTime,
    pub bars: i64,
    pub step: i64,
}

impl Span {
    fn of(range: Range) -> Self {
        let (length, step) = range.seconds();
        Self::new(length, step)
    }

    fn new(length: i64, step: i64) -> Self {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let from = now - now.rem_euclid(step) + step - length;
        let from = OffsetDateTime::from_unix_timestamp(from).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        Self {
            from,
            bars: length / step,
            step,
        }
    }

    /// Bars of a day or longer are read from days, the rest from minutes.
    pub fn by_day(&self) -> bool {
        self.step >= 24 * 3600
    }
}

/// Sums of one group while it is being added up.
#[derive(Default)]
struct Sums {
    calls: i64,
    errors: i64,
    bytes: i64,
    by_latency: BTreeMap<i16, i64>,
}

impl Sums {
    fn add(&mut self, row: &Row) {
        self.calls += row.calls;
        self.bytes += row.bytes;
        if row.outcome != Outcome::Ok.as_str() {
            self.errors += row.calls;
        }
        *self
            .by_latency
            .entry(row.latency_class.unwrap_or(0))
            .or_default() += row.calls;
    }

    /// The duration that this share of the calls did not exceed, within 9 %: classes are quarter
    /// powers of two.
    fn percentile_ms(&self, share: f64) -> f64 {
        let wanted = (self.calls as f64 * share).ceil() as i64;
        let mut seen = 0;
        for (class, calls) in &self.by_latency {
            seen += calls;
            if seen >= wanted {
                return (f64::from(*class) / 4.0).exp2() / 1000.0;
            }
        }
        0.0
    }

    fn totals(&self) -> Totals {
        Totals {
            calls: self.calls,
            errors: self.errors,
            p50_ms: self.percentile_ms(0.5),
            p95_ms: self.percentile_ms(0.95),
            bytes: self.bytes,
        }
    }
}

#[derive(Default)]
struct Fold {
    total: Sums,
    bars: HashMap<i64, (i64, i64)>,
    tools: HashMap<String, Sums>,
    clients: HashMap<Uuid, Sums>,
    outcomes: HashMap<String, i64>,
}

impl Fold {
    /// Each row belongs to one grouping set: by bar, by tool, by client, or to the whole.
    fn of(rows: Vec<Row>) -> Self {
        let mut fold = Self::default();
        for row in rows {
            match (&row.bar, &row.tool, row.client) {
                (Some(bar), ..) => {
                    let (ok, errors) = fold.bars.entry(bar.unix_timestamp()).or_default();
                    let side = if row.outcome == Outcome::Ok.as_str() {
                        ok
                    } else {
                        errors
                    };
                    *side += row.calls;
                }
                (_, Some(tool), _) => fold.tools.entry(tool.clone()).or_default().add(&row),
                (.., Some(client)) => fold.clients.entry(client).or_default().add(&row),
                _ => {
                    fold.total.add(&row);
                    *fold.outcomes.entry(row.outcome).or_default() += row.calls;
                }
            }
        }
        fold
    }

    fn finish(
        self,
        span: &Span,
        names: &HashMap<Uuid, String>,
        recent: Vec<api_types::usage::CallView>,
    ) -> UsageReport {
        let bars = (0..span.bars)
            .map(|nth| {
                let start = span.from + time::Duration::seconds(nth * span.step);
                let (ok, errors) = self
                    .bars
                    .get(&start.unix_timestamp())
                    .copied()
                    .unwrap_or((0, 0));
                Bar { start, ok, errors }
            })
            .collect();
        let client = |id: Uuid| names.get(&id).cloned().unwrap_or_else(|| id.to_string());
        UsageReport {
            total: self.total.totals(),
            bars,
            by_tool: groups(
                self.tools
                    .into_iter()
                    .map(|(tool, sums)| (tool.clone(), tool, sums)),
            ),
            by_client: groups(
                self.clients
                    .into_iter()
                    .map(|(id, sums)| (id.to_string(), client(id), sums)),
            ),
            by_outcome: Outcome::ALL
                .iter()
                .copied()
                .filter_map(|outcome| Some((outcome, *self.outcomes.get(outcome.as_str())?)))
                .collect(),
            recent,
        }
    }
}

/// The most called first.
fn groups(sums: impl Iterator<Item = (String, String, Sums)>) -> Vec<Group> {
    let mut groups: Vec<_> = sums
        .map(|(key, name, sums)| Group {
            key,
            name,
            totals: sums.totals(),
        })
        .collect();
    groups.sort_by(|a, b| {
        b.totals
            .calls
            .cmp(&a.totals.calls)
            .then_with(|| a.name.cmp(&b.name))
    });
    groups
}
