//! The numbers of the usage page and of the overview, read from rollups.
//!
//! Without a filter, and with one, they are read by one dimension at a time; with more, from all dimensions at once.

use super::{
    charts::{self, LAYERS},
    fold::{DIMENSIONS, Fold},
    pieces::{Done, Grain, Piece, coarse, cover},
    store::{
        calls, cells,
        minutes::{Minute, apart},
        names,
        sums::{self, By},
    },
};
use crate::{Actor, Result, Services, plans};
use api_types::{
    Permission, TenantId,
    usage::{Bar, Layer, Range, Totals, UsageFilter, UsageReport},
};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

/// What is no group: everything.
pub(super) const ALL: &str = "all";
/// Of which, besides everything, durations are kept.
const TIMED: [&str; 2] = ["tool", "client"];
/// The only value of it.
const EVERYTHING: &str = "";
const HOUR: i64 = 3600;
const WEEK: i64 = 7 * 24 * HOUR;

/// The usage page's numbers.
pub async fn report(s: &Services, a: &Actor, filter: &UsageFilter) -> Result<UsageReport> {
    a.require(Permission::ViewUsage)?;
    let span = Span::of(filter.range);
    let mut tx = s.db.tenant_snapshot(a.tenant()).await?;
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
    let (pieces, recent) = apart(db, tenant, filter, span.pieces(span.most(), done)).await?;
    let groups = sums::sums(db, by(&dimensions), &pieces, span.whole()).await?;
    let mut timed = words(&TIMED);
    timed.push(ALL.into());
    let latencies = sums::latencies(db, by(&timed), &pieces).await?;
    let earlier = span.before();
    let (pieces, edges) = apart(db, tenant, filter, earlier.pieces(Grain::Month, done)).await?;
    let before = sums::sums(db, by(&dimensions), &pieces, earlier.whole()).await?;
    let before = Fold::of_sums(&before, ALL).with_minutes(&edges, &[]);
    let fold = Fold::of_sums(&groups, ALL)
        .with_latencies(&latencies, ALL)
        .with_minutes(&recent, &TIMED)
        .with_before(&before);
    let (alone, drawn) = (words(&[ALL]), words(&[ALL, "tool"]));
    let mut shown = fold.top_tools(LAYERS);
    shown.push(EVERYTHING.into());
    let over_time = coarse(span.pieces(span.grain(), done));
    let over_time = sums::sums(db, by(&drawn).of(&shown), &over_time, span.grid()).await?;
    let bars = charts::moments(&over_time, ALL).chain(charts::recent(&recent));
    let bars = charts::bars(span, bars);
    let recently = charts::recent_by_tool(&recent);
    let recently = recently.filter(|(_, tool, _)| shown.iter().any(|shown| shown == tool));
    let layered = charts::tools(&over_time).chain(recently);
    Ok(Found {
        before: before.total.totals(),
        layers: charts::layers(span, layered, &bars),
        hours_of_week: hours_of_week(db, by(&alone), span, done, &recent).await?,
        fold,
        bars,
    })
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
    let (pieces, recent) = apart(db, tenant, filter, span.pieces(span.most(), done)).await?;
    let groups = cells::cells(db, tenant, filter, &pieces).await?;
    let timed = if TIMED.contains(&dimension) {
        vec![dimension]
    } else {
        Vec::new()
    };
    let latencies = if timed.is_empty() {
        Vec::new()
    } else {
        sums::latencies(db, by, &pieces).await?
    };
    let fold = Fold::of_cells(&groups)
        .with_latencies(&latencies, dimension)
        .with_minutes(&recent, &timed);
    let earlier = span.before();
    let (pieces, edges) = apart(db, tenant, filter, earlier.pieces(Grain::Month, done)).await?;
    let before = sums::sums(db, by, &pieces, earlier.whole()).await?;
    let before = Fold::of_sums(&before, dimension).with_minutes(&edges, &[]);
    let (bars, layers) = drawn(db, tenant, filter, span, done, &recent).await?;
    Ok(Found {
        fold,
        before: before.total.totals(),
        hours_of_week: hours_of_week(db, by, span, done, &recent).await?,
        bars,
        layers,
    })
}

async fn several(
    db: &mut PgConnection,
    tenant: TenantId,
    filter: &UsageFilter,
    span: &Span,
    done: &Done,
) -> Result<Found> {
    let (pieces, recent) = apart(db, tenant, filter, span.pieces(span.most(), done)).await?;
    let groups = cells::cells(db, tenant, filter, &pieces).await?;
    let earlier = span.before().pieces(Grain::Month, done);
    let (pieces, edges) = apart(db, tenant, filter, earlier).await?;
    let before = cells::cells(db, tenant, filter, &pieces).await?;
    let before = Fold::of_cells(&before).with_minutes(&edges, &[]);
    let (bars, layers) = drawn(db, tenant, filter, span, done, &recent).await?;
    Ok(Found {
        fold: Fold::of_cells(&groups).with_minutes(&recent, &[]),
        before: before.total.totals(),
        hours_of_week: None,
        bars,
        layers,
    })
}

/// Bars and layers of what a filter leaves.
async fn drawn(
    db: &mut PgConnection,
    tenant: TenantId,
    filter: &UsageFilter,
    span: &Span,
    done: &Done,
    recent: &[Minute],
) -> Result<(Vec<Bar>, Vec<Layer>)> {
    let pieces = coarse(span.pieces(span.grain(), done));
    let moments = cells::over_time(db, tenant, filter, &pieces, span.grid()).await?;
    let bars = charts::bars(span, charts::all(&moments).chain(charts::recent(recent)));
    let layered = charts::by_tool(&moments).chain(charts::recent_by_tool(recent));
    let layers = charts::layers(span, layered, &bars);
    Ok((bars, layers))
}

async fn hours_of_week(
    db: &mut PgConnection,
    by: By<'_>,
    span: &Span,
    done: &Done,
    recent: &[Minute],
) -> Result<Option<Vec<i64>>> {
    if span.bars * span.step < WEEK {
        return Ok(None);
    }
    let days = coarse(span.pieces(Grain::Day, done));
    let rows = sums::hours_of_week(db, by, &days).await?;
    Ok(Some(charts::hours_of_week(&rows, recent)))
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
    pub(super) fn grain(&self) -> Grain {
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

    pub(super) fn grid(&self) -> (OffsetDateTime, i64) {
        (self.from, self.step)
    }

    /// All of it as one bar.
    pub(super) fn whole(&self) -> (OffsetDateTime, i64) {
        (self.from, self.bars * self.step)
    }

    pub(super) fn pieces(&self, most: Grain, done: &Done) -> Vec<Piece> {
        let until = self.from + Duration::seconds(self.bars * self.step);
        cover(self.from, until, most, done)
    }
}

pub(super) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).into()).collect()
}
