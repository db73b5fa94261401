//! Small charts, drawn as SVG by whoever renders the page.

use super::count;
use leptos::prelude::*;

const WIDTH: f64 = 240.0;
const HEIGHT: f64 = 48.0;

/// A line of numbers, oldest first. `label` says in words what it shows.
#[component]
pub fn Sparkline(values: Vec<i64>, #[prop(into)] label: String) -> AnyView {
    let points = points(&values);
    let area = format!("M0,{HEIGHT} L{points} L{WIDTH},{HEIGHT} Z");
    let line = format!("M{points}");
    view! {
        <svg
            class="sparkline"
            viewBox="0 0 240 48"
            preserveAspectRatio="none"
            role="img"
            aria-label=label
        >
            <path class="sparkline-area" d=area></path>
            <path class="sparkline-line" d=line vector-effect="non-scaling-stroke"></path>
        </svg>
    }
    .into_any()
}

/// The line's corners, "x,y x,y", a little inside so that its stroke is not cut.
fn points(values: &[i64]) -> String {
    let highest = values.iter().copied().max().unwrap_or(0).max(1) as f64;
    let step = WIDTH / (values.len().max(2) - 1) as f64;
    let corners = values.iter().enumerate().map(|(place, value)| {
        let y = HEIGHT - 2.0 - *value as f64 / highest * (HEIGHT - 4.0);
        format!("{:.1},{y:.1}", place as f64 * step)
    });
    corners.collect::<Vec<_>>().join(" ")
}

/// One number with its name.
#[component]
pub fn Stat(
    #[prop(into)] label: String,
    #[prop(into)] value: String,
    #[prop(optional, into)] note: Option<String>,
) -> AnyView {
    view! {
        <div class="stat">
            <dt>{label}</dt>
            <dd>
                {value}
                {note.map(|note| view! { <span class="stat-note">{note}</span> })}
            </dd>
        </div>
    }
    .into_any()
}

/// "12 calls", "1 call".
pub fn counted(number: i64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}
