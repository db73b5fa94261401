//! From rows of the database to the numbers of a report. Nothing here asks anything.

use super::{
    Span,
    store::{
        cells::{Cell, Moment},
        minutes::Minute,
        sums::{HourOfWeek, Latency, Sum},
    },
};
use api_types::usage::{Bar, Group, Layer, Outcome, Totals};
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// Tools that have an area of their own.
const LAYERS: usize = 6;

/// Sums of one group while it is being added up.
#[derive(Clone, Default)]
pub(super) struct Sums {
    calls: i64,
    errors: i64,
    units: i64,
    duration_us: i64,
    bytes: i64,
    /// Calls by class of duration, from class 0 on.
    by_latency: Vec<i64>,
}

impl Sums {
    fn add(&mut self, outcome: &str, [calls, units, duration_us, bytes]: [i64; 4]) {
        self.calls += calls;
        self.units += units;
        self.duration_us += duration_us;
        self.bytes += bytes;
        if outcome != Outcome::Ok.as_str() {
            self.errors += calls;
        }
    }

    /// The duration that this share of the calls did not exceed, within 9 %: classes are quarter
    /// powers of two.
    fn percentile_ms(&self, share: f64) -> Option<f64> {
        let calls: i64 = self.by_latency.iter().sum();
        if calls == 0 {
            return None;
        }
        let wanted = (calls as f64 * share).ceil() as i64;
        let mut seen = 0;
        let class = self.by_latency.iter().position(|calls| {
            seen += calls;
            seen >= wanted
        })?;
        Some((class as f64 / 4.0).exp2() / 1000.0)
    }

    fn add_latencies(&mut self, row: &Latency) {
        for (class, calls) in row.classes.iter().zip(&row.calls) {
            self.add_latency(*class, *calls);
        }
    }

    fn add_latency(&mut self, class: i16, calls: i64) {
        let class = usize::try_from(class).unwrap_or(0);
        if self.by_latency.len() <= class {
            self.by_latency.resize(class + 1, 0);
        }
        self.by_latency[class] += calls;
    }

    fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.errors += other.errors;
        self.units += other.units;
        self.duration_us += other.duration_us;
        self.bytes += other.bytes;
        for (class, calls) in (0_i16..).zip(&other.by_latency) {
            self.add_latency(class, *calls);
        }
    }

    pub(super) fn totals(&self) -> Totals {
        Totals {
            calls: self.calls,
            errors: self.errors,
            units: self.units,
            mean_ms: self.duration_us as f64 / 1000.0 / self.calls.max(1) as f64,
            p50_ms: self.percentile_ms(0.5),
            p95_ms: self.percentile_ms(0.95),
            bytes: self.bytes,
        }
    }
}

/// Sums by dimension and value, and of everything.
#[derive(Default)]
pub(super) struct Fold {
    pub(super) total: Sums,
    outcomes: HashMap<String, i64>,
    groups: HashMap<(String, String), Sums>,
    before: HashMap<(String, String), i64>,
}

impl Fold {
    /// What is everything stands in the rows of `all`, a dimension.
    pub(super) fn of_sums(rows: &[Sum], all: &str) -> Self {
        let mut fold = Self::default();
        for row in rows {
            let numbers = [row.calls, row.units, row.duration_us, row.bytes];
            if row.dimension == all {
                fold.total.add(&row.outcome, numbers);
                *fold.outcomes.entry(row.outcome.clone()).or_default() += row.calls;
            }
            let key = (row.dimension.clone(), row.value.clone());
            fold.groups
                .entry(key)
                .or_default()
                .add(&row.outcome, numbers);
        }
        fold
    }

    /// Each cell belongs to one group of each dimension.
    pub(super) fn of_cells(cells: &[Cell]) -> Self {
        let mut fold = Self::default();
        for cell in cells {
            let numbers = [cell.calls, cell.units, cell.duration_us, cell.bytes];
            fold.total.add(&cell.outcome, numbers);
            *fold.outcomes.entry(cell.outcome.clone()).or_default() += cell.calls;
            let ids = [
                ("client", cell.client),
                ("key", cell.key),
                ("member", cell.member),
                ("connection", cell.connection),
            ];
            let ids = ids.into_iter().filter(|(_, id)| !id.is_nil());
            let ids = ids.map(|(dimension, id)| (dimension, id.to_string()));
            let names = [
                ("toolkit", cell.toolkit.clone()),
                ("tool", cell.tool.clone()),
            ];
            for (dimension, value) in names.into_iter().chain(ids) {
                let group = fold.groups.entry((dimension.into(), value)).or_default();
                group.add(&cell.outcome, numbers);
            }
        }
        fold
    }

    /// Adds durations. Those of `all`, a dimension, are those of everything.
    pub(super) fn with_latencies(mut self, rows: &[Latency], all: &str) -> Self {
        for row in rows {
            if row.dimension == all {
                self.total.add_latencies(row);
            }
            let key = (row.dimension.clone(), row.value.clone());
            if let Some(group) = self.groups.get_mut(&key) {
                group.add_latencies(row);
            }
        }
        self
    }

    /// Adds minutes. Durations of toolkits, keys, members and connections are nowhere else, so they stay out.
    pub(super) fn with_minutes(mut self, rows: &[Minute]) -> Self {
        let (mut words, mut ids) = (HashMap::new(), HashMap::new());
        for row in rows {
            let numbers = [row.calls, row.units, row.duration_us, row.bytes];
            let add = |sums: &mut Sums, is_timed: bool| {
                sums.add(&row.outcome, numbers);
                if is_timed {
                    sums.add_latency(row.class, row.calls);
                }
            };
            add(&mut self.total, true);
            *self.outcomes.entry(row.outcome.clone()).or_default() += row.calls;
            for (dimension, word) in [("toolkit", &row.toolkit), ("tool", &row.tool)] {
                let sums = words.entry((dimension, word.as_str())).or_default();
                add(sums, dimension == "tool");
            }
            for (dimension, id) in [
                ("client", row.client),
                ("key", row.key),
                ("member", row.member),
                ("connection", row.connection),
            ] {
                if !id.is_nil() {
                    add(
                        ids.entry((dimension, id)).or_default(),
                        dimension == "client",
                    );
                }
            }
        }
        let words = words
            .into_iter()
            .map(|((dimension, word), sums)| (dimension, word.to_owned(), sums));
        let ids = ids
            .into_iter()
            .map(|((dimension, id), sums)| (dimension, id.to_string(), sums));
        for (dimension, value, sums) in words.chain(ids) {
            self.groups
                .entry((dimension.to_owned(), value))
                .or_default()
                .merge(&sums);
        }
        self
    }

    /// The sums of everything, of which the durations were not all read.
    pub(super) fn untimed(&self) -> Totals {
        Totals {
            p50_ms: None,
            p95_ms: None,
            ..self.total.totals()
        }
    }

    /// Adds what there was before.
    pub(super) fn with_before(mut self, before: &Self) -> Self {
        let groups = before.groups.iter();
        self.before = groups
            .map(|(key, sums)| (key.clone(), sums.calls))
            .collect();
        self
    }

    /// The ids in it, to be named.
    pub(super) fn ids(&self) -> Vec<Uuid> {
        let values = self.groups.keys().filter(|(dimension, _)| {
            ["client", "key", "member", "connection"].contains(&dimension.as_str())
        });
        values.filter_map(|(_, value)| value.parse().ok()).collect()
    }

    /// The groups of a dimension, the most called first.
    pub(super) fn groups(&self, dimension: &str, names: &HashMap<Uuid, String>) -> Vec<Group> {
        let ours = self.groups.iter().filter(|((of, _), _)| of == dimension);
        let mut groups: Vec<_> = ours
            .map(|(key, sums)| {
                let id = key.1.parse().ok();
                let name = id.and_then(|id: Uuid| names.get(&id));
                let before = self.before.get(key).copied();
                Group {
                    key: key.1.clone(),
                    name: name.unwrap_or(&key.1).clone(),
                    totals: sums.totals(),
                    before: (!self.before.is_empty()).then(|| before.unwrap_or(0)),
                }
            })
            .collect();
        groups.sort_by(|a, b| {
            let by_calls = b.totals.calls.cmp(&a.totals.calls);
            by_calls.then_with(|| a.name.cmp(&b.name))
        });
        groups
    }

    /// The tools that have an area of their own.
    pub(super) fn layered(&self) -> Vec<String> {
        let tools = self.groups.iter().filter(|((of, _), _)| of == "tool");
        let mut tools: Vec<_> = tools.map(|((_, tool), sums)| (-sums.calls, tool)).collect();
        tools.sort();
        tools
            .into_iter()
            .take(LAYERS)
            .map(|(_, tool)| tool.clone())
            .collect()
    }

    /// How the calls ended, in the order of outcomes.
    pub(super) fn outcomes(&self) -> Vec<(Outcome, i64)> {
        let counted = |outcome: &Outcome| {
            let calls = self.outcomes.get(outcome.as_str()).copied();
            Some((*outcome, calls.filter(|calls| *calls > 0)?))
        };
        Outcome::ALL.iter().filter_map(counted).collect()
    }
}

/// Calls at a time: those that were answered with a result, and all others.
pub(super) type Calls = (OffsetDateTime, i64, i64);

/// The bars of a span, none missing.
pub(super) fn bars(span: &Span, moments: impl Iterator<Item = Calls>) -> Vec<Bar> {
    let mut bars: Vec<_> = (0..span.bars)
        .map(|nth| Bar {
            start: span.from + time::Duration::seconds(nth * span.step),
            ok: 0,
            errors: 0,
        })
        .collect();
    for (at, ok, errors) in moments {
        if let Some(bar) = span.place(at).and_then(|place| bars.get_mut(place)) {
            bar.ok += ok;
            bar.errors += errors;
        }
    }
    bars
}

/// Calls over time by tool: the most called, and all others together, which are what is left of the bars.
pub(super) fn layers<'a>(
    span: &Span,
    moments: impl Iterator<Item = (OffsetDateTime, &'a str, i64)>,
    bars: &[Bar],
) -> Vec<Layer> {
    let mut tools: HashMap<&str, Vec<i64>> = HashMap::new();
    for (at, tool, calls) in moments {
        let numbers = tools.entry(tool).or_insert_with(|| vec![0; bars.len()]);
        if let Some(number) = span.place(at).and_then(|place| numbers.get_mut(place)) {
            *number += calls;
        }
    }
    let mut tools: Vec<_> = tools.into_iter().collect();
    tools.sort_by_key(|(tool, calls)| (-calls.iter().sum::<i64>(), *tool));
    tools.truncate(LAYERS);
    let mut others: Vec<_> = bars.iter().map(|bar| bar.ok + bar.errors).collect();
    for (_, calls) in &tools {
        others
            .iter_mut()
            .zip(calls)
            .for_each(|(all, calls)| *all -= calls);
    }
    let layer = |tool: Option<&str>, calls| Layer {
        tool: tool.map(Into::into),
        calls,
    };
    let mut layers: Vec<_> = tools
        .into_iter()
        .map(|(tool, calls)| layer(Some(tool), calls))
        .collect();
    if others.iter().any(|calls| *calls > 0) {
        layers.push(layer(None, others));
    }
    layers
}

/// Calls by hour of the week, from Monday 00:00 on.
pub(super) fn hours_of_week(rows: &[HourOfWeek]) -> Vec<i64> {
    let mut hours = vec![0; 7 * 24];
    for row in rows {
        let hour = usize::try_from(row.hour).ok();
        if let Some(hour) = hour.and_then(|hour| hours.get_mut(hour)) {
            *hour += row.calls;
        }
    }
    hours
}

/// Adds minutes to them.
pub(super) fn with_recent_hours(mut hours: Vec<i64>, recent: &[Minute]) -> Vec<i64> {
    for row in recent {
        let day = usize::from(row.at.weekday().number_days_from_monday());
        hours[day * 24 + usize::from(row.at.hour())] += row.calls;
    }
    hours
}

/// What bars are made of.
pub(super) fn moments<'a>(rows: &'a [Sum], dimension: &'a str) -> impl Iterator<Item = Calls> + 'a {
    let ours = rows.iter().filter(move |row| row.dimension == dimension);
    ours.map(|row| {
        if row.outcome == Outcome::Ok.as_str() {
            (row.bar, row.calls, 0)
        } else {
            (row.bar, 0, row.calls)
        }
    })
}

/// The same of minutes.
pub(super) fn recent(rows: &[Minute]) -> impl Iterator<Item = Calls> {
    rows.iter().map(|row| {
        if row.outcome == Outcome::Ok.as_str() {
            (row.at, row.calls, 0)
        } else {
            (row.at, 0, row.calls)
        }
    })
}

/// The same of cells.
pub(super) fn all(moments: &[Moment]) -> impl Iterator<Item = Calls> {
    moments.iter().map(|m| (m.bar, m.ok, m.errors))
}

/// The same of cells, for layers.
pub(super) fn by_tool(moments: &[Moment]) -> impl Iterator<Item = (OffsetDateTime, &str, i64)> {
    let calls = moments
        .iter()
        .map(|m| (m.bar, m.tool.as_str(), m.ok + m.errors));
    calls.filter(|(_, _, calls)| *calls > 0)
}
