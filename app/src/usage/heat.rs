//! When in the week calls come: a square an hour, darker the more there are. The same numbers stand in a table.

use crate::ui::{Column, count, plot::Beside};
use leptos::prelude::*;

const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
const SIDE: f64 = 10.0;
const GAP: f64 = 1.0;

/// 168 numbers, from Monday 00:00 on.
#[component]
pub fn HeatMap(hours: Vec<i64>) -> AnyView {
    let most = hours.iter().copied().max().unwrap_or(0).max(1);
    let squares = hours.iter().enumerate().map(|(place, calls)| {
        let (day, hour) = (place / 24, place % 24);
        let words = format!("{} {}: {}", DAYS[day], clock(hour), count(*calls));
        // Nothing at all is told from a little.
        let shade = if *calls == 0 {
            0.0
        } else {
            0.15 + 0.85 * *calls as f64 / most as f64
        };
        view! {
            <rect
                class=if *calls == 0 { "heat-none" } else { "heat" }
                x=SIDE * hour as f64
                y=SIDE * day as f64
                width=SIDE - GAP
                height=SIDE - GAP
                rx="1"
                fill-opacity=(shade > 0.0).then(|| format!("{shade:.2}"))
            >
                <title>{words}</title>
            </rect>
        }
    });
    let squares = squares.collect_view();
    let days = DAYS.map(|day| view! { <span>{&day[..3]}</span> });
    let under = [0, 6, 12, 18, 23].map(|hour| view! { <span>{clock(hour)}</span> });
    view! {
        <figure class="chart heat-map">
            <div class="chart-side" aria-hidden="true">{days.into_iter().collect_view()}</div>
            <svg viewBox="0 0 239 69" preserveAspectRatio="none" role="img" aria-label=describe(&hours)>
                {squares}
            </svg>
            <div class="chart-under" aria-hidden="true">{under.into_iter().collect_view()}</div>
            <figcaption class="chart-legend">
                <span class="muted">"The darker, the more calls. Times in UTC"</span>
            </figcaption>
        </figure>
        <Beside
            label="Calls by hour of the week"
            caption="Calls by hour of the week, without empty hours"
            columns=[Column::text("Day"), Column::text("From (UTC)"), Column::number("Calls")]
            rows=rows(&hours)
        />
    }
    .into_any()
}

fn rows(hours: &[i64]) -> Vec<AnyView> {
    let called = hours.iter().enumerate().filter(|(_, calls)| **calls > 0);
    let row = |(place, calls): (usize, &i64)| {
        view! {
            <tr>
                <th scope="row">{DAYS[place / 24]}</th>
                <td>{clock(place % 24)}</td>
                <td class="num">{count(*calls)}</td>
            </tr>
        }
        .into_any()
    };
    called.map(row).collect()
}

fn clock(hour: usize) -> String {
    format!("{hour:02}:00")
}

/// The drawing in one sentence.
fn describe(hours: &[i64]) -> String {
    let busiest = hours.iter().enumerate().max_by_key(|(_, calls)| **calls);
    let busiest = busiest
        .filter(|(_, calls)| **calls > 0)
        .map(|(place, calls)| {
            let (day, hour) = (DAYS[place / 24], clock(place % 24));
            format!(": the busiest is {day} {hour} with {}", count(*calls))
        });
    format!("Calls by hour of the week{}", busiest.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_hour_is_told() {
        let mut hours = vec![0; 168];
        assert_eq!(describe(&hours), "Calls by hour of the week");
        hours[24 + 9] = 7;
        let told = "Calls by hour of the week: the busiest is Tuesday 09:00 with 7";
        assert_eq!(describe(&hours), told);
    }
}
