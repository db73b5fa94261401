//! Calls over time as stacked bars: drawn by the server, sharp at any width, no script. The same
//! numbers stand in a table beside it.

use crate::ui::{
    Column, count, figures,
    plot::{self, Beside, Plot, STEP, nice},
};
use api_types::usage::{Bar, Range};
use leptos::prelude::*;
use time::OffsetDateTime;

#[component]
pub fn Chart(bars: Vec<Bar>, range: Range) -> AnyView {
    let most = bars.iter().map(|bar| bar.ok + bar.errors).max();
    let top = nice(most.unwrap_or(0));
    let label = describe(&bars, range);
    let under = axis(&bars, range);
    let width = STEP * bars.len() as f64;
    let drawn: Vec<AnyView> = bars
        .iter()
        .enumerate()
        .map(|(place, bar)| draw(place, bar, top, range))
        .collect();
    let legend = view! {
        <span class="chart-key chart-key-ok">"OK"</span>
        <span class="chart-key chart-key-errors">"Failed"</span>
        <span class="muted">"Times in UTC"</span>
    };
    view! { <Plot top width label drawn=drawn.into_any() under legend=legend.into_any()/> }
        .into_any()
}

/// The same numbers for those who cannot see the drawing, and for those who want to copy them.
#[component]
pub fn Numbers(bars: Vec<Bar>, range: Range) -> AnyView {
    let row = |bar: Bar| {
        view! {
            <tr>
                <th scope="row">{span(bar.start, range)}</th>
                <td class="num">{count(bar.ok)}</td>
                <td class="num">{count(bar.errors)}</td>
            </tr>
        }
        .into_any()
    };
    let called = bars.into_iter().rev().filter(|bar| bar.ok + bar.errors > 0);
    let rows: Vec<AnyView> = called.map(row).collect();
    view! {
        <Beside
            label="Calls over time"
            caption="Calls over time, newest first, without empty times"
            columns=[Column::text("From (UTC)"), Column::number("OK"), Column::number("Failed")]
            rows
        />
    }
    .into_any()
}

fn draw(place: usize, bar: &Bar, top: i64, range: Range) -> AnyView {
    let words = format!(
        "{}: {} OK, {} failed",
        span(bar.start, range),
        count(bar.ok),
        count(bar.errors)
    );
    plot::bar(place, (bar.ok, bar.errors), top, words)
}

/// The drawing in one sentence.
fn describe(bars: &[Bar], range: Range) -> String {
    let (ok, errors) = bars
        .iter()
        .fold((0, 0), |sum, bar| (sum.0 + bar.ok, sum.1 + bar.errors));
    let busiest = bars
        .iter()
        .max_by_key(|bar| bar.ok + bar.errors)
        .filter(|bar| bar.ok + bar.errors > 0);
    let busiest = busiest.map_or_else(String::new, |bar| {
        format!(
            "; busiest at {} with {}",
            span(bar.start, range),
            count(bar.ok + bar.errors)
        )
    });
    format!(
        "Calls over the {}: {} OK, {} failed{busiest}",
        words(range),
        count(ok),
        count(errors)
    )
}

/// The range in words.
pub fn words(range: Range) -> &'static str {
    match range {
        Range::Hour => "last hour",
        Range::Day => "last 24 hours",
        Range::Week => "last 7 days",
        Range::Month => "last 30 days",
        Range::Quarter => "last 90 days",
    }
}

/// The range's length in words.
pub fn length(range: Range) -> &'static str {
    match range {
        Range::Hour => "hour",
        Range::Day => "24 hours",
        Range::Week => "7 days",
        Range::Month => "30 days",
        Range::Quarter => "90 days",
    }
}

/// When a bar begins, as exactly as its length asks for.
pub(super) fn span(start: OffsetDateTime, range: Range) -> String {
    match range {
        Range::Month | Range::Quarter => figures::day(start.date()),
        _ => format!("{} {}", figures::day(start.date()), figures::clock(start)),
    }
}

/// What stands under the drawing: beginning, middle, end.
pub(super) fn axis(bars: &[Bar], range: Range) -> Vec<String> {
    let tick = |bar: &Bar| match range {
        Range::Hour | Range::Day => figures::clock(bar.start),
        _ => figures::day(bar.start.date()),
    };
    match bars {
        [first, .., last] => vec![tick(first), tick(&bars[bars.len() / 2]), tick(last)],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_ends_at_an_even_number_that_holds_the_tallest_bar() {
        assert_eq!(
            [nice(0), nice(3), nice(6), nice(7), nice(41), nice(999)],
            [2, 4, 6, 10, 60, 1000]
        );
    }
}
