//! What charts over time are made of: the frame with its scale, bars of two parts, and the same numbers as a table. All is
//! drawn by the server, sharp at any width, and needs no script.

use super::{Column, Table, count};
use leptos::prelude::*;

/// The drawing's own units; the page stretches it.
pub const HEIGHT: f64 = 100.0;
/// The width of one place, a bar and its gap.
pub const STEP: f64 = 10.0;
const GAP: f64 = 1.6;

/// The frame: the scale from nothing to `top` beside the drawing, words under it, and the legend. `label` says it in words.
#[component]
pub fn Plot(
    top: i64,
    width: f64,
    label: String,
    #[prop(into)] drawn: AnyView,
    under: Vec<String>,
    #[prop(into)] legend: AnyView,
) -> AnyView {
    let under = under.into_iter().map(|word| view! { <span>{word}</span> });
    let under = under.collect_view();
    view! {
        <figure class="chart">
            <div class="chart-side" aria-hidden="true">
                <span>{count(top)}</span>
                <span>{count(top / 2)}</span>
                <span>"0"</span>
            </div>
            <svg
                viewBox=format!("0 0 {width} {HEIGHT}")
                preserveAspectRatio="none"
                role="img"
                aria-label=label
            >
                {[0.0, HEIGHT / 2.0, HEIGHT].map(|y| rule(y, width)).into_iter().collect_view()}
                {drawn}
            </svg>
            <div class="chart-under" aria-hidden="true">{under}</div>
            <figcaption class="chart-legend">{legend}</figcaption>
        </figure>
    }
    .into_any()
}

fn rule(y: f64, width: f64) -> AnyView {
    view! {
        <line class="chart-rule" x1="0" x2=width y1=y y2=y vector-effect="non-scaling-stroke"></line>
    }
    .into_any()
}

/// A bar of what went well with what did not on top of it.
pub fn bar(place: usize, (well, badly): (i64, i64), top: i64, words: String) -> AnyView {
    if well + badly == 0 {
        return ().into_any();
    }
    let scale = HEIGHT / top as f64;
    let (well, badly) = (well as f64 * scale, badly as f64 * scale);
    let x = STEP * place as f64 + GAP / 2.0;
    let width = STEP - GAP;
    view! {
        <g>
            <title>{words}</title>
            <rect class="chart-ok" x=x width=width y={HEIGHT - well} height=well></rect>
            <rect class="chart-errors" x=x width=width y={HEIGHT - well - badly} height=badly></rect>
        </g>
    }
    .into_any()
}

/// The same numbers for those who cannot see the drawing, and for those who want to copy them.
#[component]
pub fn Beside(
    label: &'static str,
    caption: &'static str,
    #[prop(into)] columns: Vec<Column>,
    rows: Vec<AnyView>,
) -> AnyView {
    view! {
        <details class="more">
            <summary>"The same as a table"</summary>
            <Table label caption columns rows/>
        </details>
    }
    .into_any()
}

/// The next number that is easy to halve and to read.
pub fn nice(most: i64) -> i64 {
    let mut unit = 1;
    loop {
        for step in [2, 4, 6, 10] {
            if most <= step * unit {
                return step * unit;
            }
        }
        unit *= 10;
    }
}
