//! From rows of the database to charts. Nothing here asks anything.

use super::{
    report::Span,
    store::{
        cells::Moment,
        minutes::Minute,
        sums::{HourOfWeek, Sum},
    },
};
use api_types::usage::{Bar, Layer, Outcome};
use std::collections::HashMap;
use time::{Duration, OffsetDateTime};

/// Tools that have an area of their own.
pub(super) const LAYERS: usize = 6;

/// Calls at a time: those that were answered with a result, and all others.
pub(super) type Calls = (OffsetDateTime, i64, i64);

/// The bars of a span, none missing.
pub(super) fn bars(span: &Span, moments: impl Iterator<Item = Calls>) -> Vec<Bar> {
    let mut bars: Vec<_> = (0..span.bars)
        .map(|nth| Bar {
            start: span.from + Duration::seconds(nth * span.step),
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
pub(super) fn hours_of_week(rows: &[HourOfWeek], recent: &[Minute]) -> Vec<i64> {
    let mut hours = vec![0; 7 * 24];
    let recent = recent.iter().map(|row| {
        let day = row.at.weekday().number_days_from_monday();
        (i32::from(day) * 24 + i32::from(row.at.hour()), row.calls)
    });
    for (hour, calls) in rows.iter().map(|row| (row.hour, row.calls)).chain(recent) {
        let hour = usize::try_from(hour).ok();
        if let Some(hour) = hour.and_then(|hour| hours.get_mut(hour)) {
            *hour += calls;
        }
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

/// What bars are made of, of minutes.
pub(super) fn recent(rows: &[Minute]) -> impl Iterator<Item = Calls> {
    rows.iter().map(|row| {
        if row.outcome == Outcome::Ok.as_str() {
            (row.at, row.calls, 0)
        } else {
            (row.at, 0, row.calls)
        }
    })
}

/// Calls over time by tool, for layers.
pub(super) fn tools(rows: &[Sum]) -> impl Iterator<Item = (OffsetDateTime, &str, i64)> {
    let tools = rows.iter().filter(|row| row.dimension == "tool");
    tools.map(|row| (row.bar, row.value.as_str(), row.calls))
}

/// What bars are made of, of cells.
pub(super) fn all(moments: &[Moment]) -> impl Iterator<Item = Calls> {
    moments.iter().map(|m| (m.bar, m.ok, m.errors))
}

/// Calls over time by tool, of cells.
pub(super) fn by_tool(moments: &[Moment]) -> impl Iterator<Item = (OffsetDateTime, &str, i64)> {
    let calls = moments
        .iter()
        .map(|m| (m.bar, m.tool.as_str(), m.ok + m.errors));
    calls.filter(|(_, _, calls)| *calls > 0)
}

/// Calls over time by tool, of minutes.
pub(super) fn recent_by_tool(rows: &[Minute]) -> impl Iterator<Item = (OffsetDateTime, &str, i64)> {
    rows.iter()
        .map(|row| (row.at, row.tool.as_str(), row.calls))
}
