//! The numbers of the usage page and of the overview, read from rollups.
//!
//! Without a filter, and with one, they are read by one dimension at a time; with more, from all dimensions at once.

use super::{
    fold::{self, Fold},
    pieces::{Done, Grain, Piece, cover},
    store::{
        calls, cells, minutes, names,
        sums::{self, By},
    },
};
use crate::{Actor, Result, Services, plans};
use api_types::{
    Permission, TenantId,
    usage::{Bar, Group, Layer, Outcome, Range, Totals, UsageFilter, UsageReport},
};
use sqlx::PgConnection;
use std::collections::{BTreeMap, HashMap};
use time::{Duration, OffsetDateTime};

/// Every dimension that has groups.
const DIMENSIONS: [&str; 6] = ["toolkit", "tool", "client", "key", "member", "connection"];
/// What is no group: everything.
const ALL: &str = "all";
/// The only value of it.
const EVERYTHING: &str = "";
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * 24 * HOUR;

/// The usage page's numbers.
pub async fn report(s: &Services, a: &Actor, filter: &UsageFilter) -> Result<UsageReport> {
    a.require(Permission::ViewUsage)?;
    let span = Span::of(filter.range);
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let found = read(&mut tx, a.tenant(), filter, &span).await?;
    let names = names::of(&mut tx, a.tenant(), &found.fold.ids()).await?;
    let since = plans::shown_since(s, &mut tx, a.tenant()).await?;
    let since = since.max(span.from);
    let recent = calls::newest(&mut tx, a.tenant(), filter, since, None).await?;
    tx.commit().await?;
    let groups = |dimension| found.fold.groups(dimension, &names);
    // Names of keys and people are for those who may see them elsewhere.
    let shown = |permission, dimension| {
        if a.may(permission) {
            groups(dimension)
        } else {
            Vec::new()
        }
    };
    Ok(UsageReport {
        total: found.fold.total.totals(),
        before: found.before,
        bars: found.bars,
        layers: found.layers,
        hours_of_week: found.hours_of_week,
        by_tool: groups("tool"),
        by_client: groups("client"),
        by_toolkit: groups("toolkit"),
        // A log-in is named after its person.
        by_credential: if a.may(Permission::ViewClients) {
            shown(Permission::ViewMembers, "key")
        } else {
            Vec::new()
        },
        by_member: shown(Permission::ViewMembers, "member"),
        by_connection: groups("connection"),
        by_outcome: found.fold.outcomes(),
        recent: recent.calls,
    })
}

/// The sums of a range, without charts or tables.
pub async fn summary(s: &Services, a: &Actor, range: Range) -> Result<(Totals, Vec<Group>)> {
    a.require(Permission::ViewUsage)?;
    let span = Span::of(range);
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let done = sums::done(&mut tx).await?;
    let dimensions = words(&[ALL, "tool"]);
    let by = By::new(a.tenant(), &dimensions);
    let pieces = span.pieces(Grain::Month, &done);
    let rows = sums::sums(&mut tx, by, &pieces, span.whole()).await?;
    let latencies = sums::latencies(&mut tx, by, &pieces).await?;
    tx.commit().await?;
    let fold = Fold::of_sums(&rows, ALL).with_latencies(&latencies, ALL);
    Ok((fold.total.totals(), fold.groups("tool", &HashMap::new())))
}

/// The overview's numbers.
pub(crate) struct Day {
    pub calls: i64,
    pub error_share: f64,
    pub by_hour: Vec<i64>,
}

/// The last 24 hours of a tenant, by hour.
pub(crate) async fn last_day(db: &mut PgConnection, tenant: TenantId) -> Result<Day> {
    let span = Span::of(Range::Day);
    let done = sums::done(db).await?;
    let dimensions = words(&[ALL]);
    let by = By::new(tenant, &dimensions);
    let rows = sums::sums(db, by, &span.pieces(span.grain(), &done), span.grid()).await?;
    let total = Fold::of_sums(&rows, ALL).total.totals();
    let bars = fold::bars(&span, fold::moments(&rows, ALL));
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

/// What was used in a range by the values of a dimension, in steps of so many seconds from its beginning, from rollups: what
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
    let rows = sums::sums(db, by, &pieces, (since, step)).await?;
    let mut used: BTreeMap<_, (i64, i64)> = BTreeMap::new();
    for row in rows {
        let sum = used.entry((row.bar, row.value)).or_default();
        *sum = (sum.0 + row.calls, sum.1 + row.units);
    }
    let used = used.into_iter().map(|((at, value), (calls, units))| Used {
        value,
        at,
        calls,
        units,
    });
    Ok(used.collect())
}

/// What was read, before it has names.
struct Found {
    fold: Fold,
    before: Totals,
    bars: Vec<Bar>,
    layers: Vec<Layer>,
    hours_of_week: Option<Vec<i64>>,
}

/// How many filters there are besides the outcome.
enum Narrow {
    All,
    One(&'static str, String),
    Several,
}

impl Narrow {
    fn of(filter: &UsageFilter) -> Self {
        let set = [
            ("toolkit", filter.toolkit.clone()),
            ("tool", filter.tool.clone()),
            ("client", filter.client.map(|id| id.to_string())),
            ("key", filter.credential.map(|id| id.to_string())),
            ("member", filter.member.map(|id| id.to_string())),
            ("connection", filter.connection.map(|id| id.to_string())),
        ];
        let mut set = set
            .into_iter()
            .filter_map(|(dimension, value)| Some((dimension, value?)));
        match (set.next(), set.next()) {
            (None, _) => Self::All,
            (Some((dimension, value)), None) => Self::One(dimension, value),
            _ => Self::Several,
        }
    }
}

async fn read(
    db: &mut PgConnection,
    tenant: TenantId,
    filter: &UsageFilter,
    span: &Span,
) -> Result<Found> {
    let done = sums::done(db).await?;
    match Narrow::of(filter) {
        Narrow::All => everything(db, tenant, filter, span, &done).await,
        Narrow::One(dimension, value) => {
            one(db, tenant, filter, span, &done, (dimension, &value)).await
        }
        Narrow::Several => several(db, tenant, filter, span, &done).await,
    }
}

async fn everything(
    db: &mut PgConnection,
    tenant: TenantId,
    filter: &UsageFilter,
    span: &Span,
    done: &Done,
) -> Result<Found> {
    let mut dimensions = words(&DIMENSIONS);
    dimensions.push(ALL.into());
    let by = |dimensions| By::new(tenant, dimensions).ending(filter.outcome);
    let (pieces, recent) = apart(span.pieces(span.most(), done));
    let outcome = filter.outcome.map(Outcome::as_str);
    let recent = minutes::minutes(db, tenant, outcome, &recent).await?;
    let groups = sums::sums(db, by(&dimensions), &pieces, span.whole()).await?;
    let timed = words(&[ALL, "tool", "client"]);
    let latencies = sums::latencies(db, by(&timed), &pieces).await?;
    let earlier = span.before();
    let (pieces, edges) = apart(earlier.pieces(Grain::Month, done));
    let edges = minutes::minutes(db, tenant, outcome, &edges).await?;
    let before = sums::sums(db, by(&dimensions), &pieces, earlier.whole()).await?;
    let before = Fold::of_sums(&before, ALL).with_minutes(&edges);
    let fold = Fold::of_sums(&groups, ALL)
        .with_latencies(&latencies, ALL)
        .with_minutes(&recent)
        .with_before(&before);
    let (alone, charts) = (words(&[ALL]), words(&[ALL, "tool"]));
    let tools = fold.layered();
    let mut shown = tools.clone();
    shown.push(EVERYTHING.into());
    let (over_time, _) = apart(span.pieces(span.grain(), done));
    let over_time = sums::sums(db, by(&charts).of(&shown), &over_time, span.grid()).await?;
    let bars = fold::moments(&over_time, ALL).chain(fold::recent(&recent));
    let bars = fold::bars(span, bars);
    let older = over_time.iter().filter(|row| row.dimension == "tool");
    let older = older.map(|row| (row.bar, row.value.as_str(), row.calls));
    let recently = recent.iter().filter(|row| tools.contains(&row.tool));
    let recently = recently.map(|row| (row.at, row.tool.as_str(), row.calls));
    let (days, _) = apart(span.pieces(Grain::Day, done));
    let hours = hours_of_week(db, by(&alone), span, &days).await?;
    Ok(Found {
        before: before.untimed(),
        layers: fold::layers(span, older.chain(recently), &bars),
        hours_of_week: hours.map(|hours| fold::with_recent_hours(hours, &recent)),
        fold,
        bars,
    })
}

/// Pieces that are sums, and those that are minutes.
fn apart(pieces: Vec<Piece>) -> (Vec<Piece>, Vec<Piece>) {
    let sums = |piece: &Piece| piece.grain != Grain::Minute;
    pieces.into_iter().partition(sums)
}

async fn one(
    db: &mut PgConnection,
    tenant: TenantId,
    filter: &UsageFilter,
    span: &Span,
    done: &Done,
    (dimension, value): (&str, &str),
) -> Result<Found> {
    let (dimensions, values) = (words(&[dimension]), words(&[value]));
    let by = By::new(tenant, &dimensions)
        .of(&values)
        .ending(filter.outcome);
    let over_time = span.pieces(span.grain(), done);
    let moments = cells::over_time(db, tenant, filter, &over_time, span.grid()).await?;
    let pieces = span.pieces(Grain::Month, done);
    let groups = cells::cells(db, tenant, filter, &pieces).await?;
    // Of other dimensions only the minutes have durations.
    let latencies = match dimension {
        "tool" | "client" => sums::latencies(db, by, &pieces).await?,
        _ => Vec::new(),
    };
    let earlier = span.before();
    let pieces = earlier.pieces(Grain::Month, done);
    let before = sums::sums(db, by, &pieces, earlier.whole()).await?;
    let bars = fold::bars(span, fold::all(&moments));
    Ok(Found {
        fold: Fold::of_cells(&groups).with_latencies(&latencies, dimension),
        before: Fold::of_sums(&before, dimension).total.totals(),
        layers: fold::layers(span, fold::by_tool(&moments), &bars),
        hours_of_week: hours_of_week(db, by, span, &span.pieces(Grain::Day, done)).await?,
        bars,
    })
}

async fn several(
    db: &mut PgConnection,
    tenant: TenantId,
    filter: &UsageFilter,
    span: &Span,
    done: &Done,
) -> Result<Found> {
    let over_time = span.pieces(span.grain(), done);
    let moments = cells::over_time(db, tenant, filter, &over_time, span.grid()).await?;
    let groups = cells::cells(db, tenant, filter, &span.pieces(Grain::Month, done)).await?;
    let earlier = span.before().pieces(Grain::Month, done);
    let before = cells::cells(db, tenant, filter, &earlier).await?;
    let bars = fold::bars(span, fold::all(&moments));
    Ok(Found {
        fold: Fold::of_cells(&groups),
        before: Fold::of_cells(&before).total.totals(),
        layers: fold::layers(span, fold::by_tool(&moments), &bars),
        hours_of_week: None,
        bars,
    })
}

async fn hours_of_week(
    db: &mut PgConnection,
    by: By<'_>,
    span: &Span,
    pieces: &[Piece],
) -> Result<Option<Vec<i64>>> {
    if span.bars * span.step < WEEK {
        return Ok(None);
    }
    let rows = sums::hours_of_week(db, by, pieces).await?;
    Ok(Some(fold::hours_of_week(&rows)))
}

/// A range cut into bars. The last bar is the one that now falls into.
pub(super) struct Span {
    pub from: OffsetDateTime,
    pub bars: i64,
    pub step: i64,
}

impl Span {
    pub(super) fn of(range: Range) -> Self {
        let (length, step) = range.seconds();
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let from = now - now.rem_euclid(step) + step - length;
        let from = OffsetDateTime::from_unix_timestamp(from).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        Self {
            from,
            bars: length / step,
            step,
        }
    }

    /// The time before it, as long, in one bar.
    fn before(&self) -> Self {
        let length = self.bars * self.step;
        Self {
            from: self.from - Duration::seconds(length),
            bars: 1,
            step: length,
        }
    }

    /// The bar that holds this moment.
    pub(super) fn place(&self, at: OffsetDateTime) -> Option<usize> {
        let seconds = (at - self.from).whole_seconds();
        usize::try_from(seconds.div_euclid(self.step)).ok()
    }

    /// The coarsest rollup that its bars can be made of.
    fn grain(&self) -> Grain {
        match self.step {
            ..HOUR => Grain::Minute,
            86_400.. => Grain::Day,
            _ => Grain::Hour,
        }
    }

    /// The coarsest rollup that its sums are made of. Bars that are minutes need them all.
    fn most(&self) -> Grain {
        match self.grain() {
            Grain::Minute => Grain::Minute,
            _ => Grain::Month,
        }
    }

    fn grid(&self) -> (OffsetDateTime, i64) {
        (self.from, self.step)
    }

    /// All of it as one bar.
    fn whole(&self) -> (OffsetDateTime, i64) {
        (self.from, self.bars * self.step)
    }

    fn pieces(&self, most: Grain, done: &Done) -> Vec<Piece> {
        let until = self.from + Duration::seconds(self.bars * self.step);
        cover(self.from, until, most, done)
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).into()).collect()
}
