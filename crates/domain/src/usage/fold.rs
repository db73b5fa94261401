//! From rows of the database to sums. Nothing here asks anything.

use super::store::{
    cells::Cell,
    minutes::Minute,
    sums::{Latency, Sum},
};
use api_types::usage::{Group, Outcome, Totals};
use std::collections::HashMap;
use uuid::Uuid;

/// Every dimension that has groups.
pub(super) const DIMENSIONS: [&str; 6] =
    ["toolkit", "tool", "client", "key", "member", "connection"];

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

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Value<'a> {
    Word(&'a str),
    /// None, if it is nil.
    Id(Uuid),
}

/// Calls that have all their values in common.
struct Row<'a> {
    /// In the order of the dimensions.
    values: [Value<'a>; DIMENSIONS.len()],
    outcome: &'a str,
    /// Calls, units, microseconds and bytes.
    numbers: [i64; 4],
    /// The class of their durations, if they have the same.
    class: Option<i16>,
}

impl<'a> Row<'a> {
    fn of_cell(cell: &'a Cell) -> Self {
        Self {
            values: [
                Value::Word(&cell.toolkit),
                Value::Word(&cell.tool),
                Value::Id(cell.client),
                Value::Id(cell.key),
                Value::Id(cell.member),
                Value::Id(cell.connection),
            ],
            outcome: &cell.outcome,
            numbers: [cell.calls, cell.units, cell.duration_us, cell.bytes],
            class: None,
        }
    }

    fn of_minute(row: &'a Minute) -> Self {
        Self {
            values: [
                Value::Word(&row.toolkit),
                Value::Word(&row.tool),
                Value::Id(row.client),
                Value::Id(row.key),
                Value::Id(row.member),
                Value::Id(row.connection),
            ],
            outcome: &row.outcome,
            numbers: [row.calls, row.units, row.duration_us, row.bytes],
            class: Some(row.class),
        }
    }

    fn calls(&self) -> i64 {
        self.numbers[0]
    }

    fn add_to(&self, sums: &mut Sums, is_timed: bool) {
        sums.add(self.outcome, self.numbers);
        if let (Some(class), true) = (self.class, is_timed) {
            sums.add_latency(class, self.calls());
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
        Self::default().with(cells.iter().map(Row::of_cell), &[])
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

    /// Adds minutes. Their durations go to everything and to the dimensions of which all durations are read, if there are any.
    pub(super) fn with_minutes(self, minutes: &[Minute], timed: &[&str]) -> Self {
        self.with(minutes.iter().map(Row::of_minute), timed)
    }

    fn with<'a>(mut self, rows: impl Iterator<Item = Row<'a>>, timed: &[&str]) -> Self {
        // Many rows have the same few values: each becomes a text once.
        let mut groups: HashMap<_, Sums> = HashMap::new();
        for row in rows {
            row.add_to(&mut self.total, !timed.is_empty());
            *self.outcomes.entry(row.outcome.into()).or_default() += row.calls();
            for (dimension, value) in DIMENSIONS.into_iter().zip(row.values) {
                if value != Value::Id(Uuid::nil()) {
                    let group = groups.entry((dimension, value)).or_default();
                    row.add_to(group, timed.contains(&dimension));
                }
            }
        }
        for ((dimension, value), sums) in groups {
            let value = match value {
                Value::Word(word) => word.into(),
                Value::Id(id) => id.to_string(),
            };
            let group = self.groups.entry((dimension.into(), value)).or_default();
            group.merge(&sums);
        }
        self
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

    /// The tools that are called most.
    pub(super) fn top_tools(&self, most: usize) -> Vec<String> {
        let tools = self.groups.iter().filter(|((of, _), _)| of == "tool");
        let mut tools: Vec<_> = tools.map(|((_, tool), sums)| (-sums.calls, tool)).collect();
        tools.sort();
        tools
            .into_iter()
            .take(most)
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
