//! What other limits would have refused: asked by a form that is sent by GET, drawn with the table beside.

use crate::ui::{Card, Column, FilterForm, Table, count, figures};
use api_types::limits::{Forecast, ForecastDay};
use leptos::prelude::*;

const HEIGHT: f64 = 100.0;
const STEP: f64 = 10.0;
const GAP: f64 = 1.6;

#[component]
pub fn ForecastCard(
    forecast: Forecast,
    units: Option<i64>,
    per_minute: Option<i64>,
    tenant: String,
) -> AnyView {
    let action = format!("/t/{tenant}/limits");
    let clear = (units.is_some() || per_minute.is_some()).then(|| action.clone());
    let text = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let said = said(&forecast, units, per_minute);
    let drawn = (forecast.used() > 0).then(|| chart(&forecast));
    view! {
        <Card
            title="What if"
            about="What another limit would have refused of the last 30 days, as if they were one month."
        >
            <FilterForm action clear>
                <label class="filter-label">
                    "Units a month"
                    <input class="input input-small" name="units" inputmode="numeric" value=text(units)/>
                </label>
                <label class="filter-label">
                    "Calls a minute"
                    <input class="input input-small" name="per_minute" inputmode="numeric" value=text(per_minute)/>
                </label>
            </FilterForm>
            <ul class="plain" aria-label="Answer">{said}</ul>
            {drawn}
            {(forecast.used() > 0).then(|| numbers(forecast.days))}
        </Card>
    }
    .into_any()
}

fn said(forecast: &Forecast, units: Option<i64>, per_minute: Option<i64>) -> Vec<AnyView> {
    let mut said = vec![format!(
        "{} units were used in 30 days.",
        count(forecast.used())
    )];
    if let Some(units) = units {
        let first = forecast.days.iter().find(|day| day.refused > 0);
        said.push(match first {
            None => format!(
                "A quota of {} units would have refused nothing.",
                count(units)
            ),
            Some(first) => format!(
                "A quota of {} units would have refused {} of them, from {} on.",
                count(units),
                count(forecast.refused()),
                figures::day(first.day)
            ),
        });
    }
    if let Some(rate) = per_minute {
        said.push(match forecast.minutes {
            0 => format!("{} calls a minute would have been enough in the last 3 days.", count(rate)),
            minutes => format!(
                "{} calls a minute would have refused up to {} calls in {} of the last 3 days' minutes.",
                count(rate),
                count(forecast.too_fast),
                count(minutes)
            ),
        });
    }
    said.into_iter()
        .map(|words| view! { <li>{words}</li> }.into_any())
        .collect()
}

fn chart(forecast: &Forecast) -> AnyView {
    let top = forecast
        .days
        .iter()
        .map(|day| day.used)
        .max()
        .unwrap_or(0)
        .max(1);
    let width = STEP * forecast.days.len() as f64;
    let bars: Vec<AnyView> = forecast
        .days
        .iter()
        .enumerate()
        .map(|(place, day)| bar(place, day, top))
        .collect();
    let label = format!(
        "Units of the last 30 days: {} used, {} of them refused",
        count(forecast.used()),
        count(forecast.refused())
    );
    view! {
        <figure class="chart">
            <div class="chart-side" aria-hidden="true">
                <span>{count(top)}</span>
                <span>"0"</span>
            </div>
            <svg viewBox=format!("0 0 {width} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=label>
                {bars}
            </svg>
            <figcaption class="chart-legend">
                <span class="chart-key chart-key-ok">"Let through"</span>
                <span class="chart-key chart-key-errors">"Refused"</span>
                <span class="muted">"Days in UTC"</span>
            </figcaption>
        </figure>
    }
    .into_any()
}

fn bar(place: usize, day: &ForecastDay, top: i64) -> AnyView {
    let scale = HEIGHT / top as f64;
    let (used, refused) = (day.used as f64 * scale, day.refused as f64 * scale);
    let x = STEP * place as f64 + GAP / 2.0;
    let width = STEP - GAP;
    let passed = used - refused;
    let words = format!(
        "{}: {} units, {} refused",
        figures::day(day.day),
        count(day.used),
        count(day.refused)
    );
    view! {
        <g>
            <title>{words}</title>
            <rect class="chart-ok" x=x width=width y={HEIGHT - passed} height=passed></rect>
            <rect class="chart-errors" x=x width=width y={HEIGHT - used} height=refused></rect>
        </g>
    }
    .into_any()
}

fn numbers(days: Vec<ForecastDay>) -> AnyView {
    let rows: Vec<AnyView> = days
        .into_iter()
        .rev()
        .filter(|day| day.used > 0)
        .map(|day| {
            view! {
                <tr>
                    <th scope="row">{figures::day(day.day)}</th>
                    <td class="num">{count(day.used)}</td>
                    <td class="num">{count(day.refused)}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <details class="more">
            <summary>"The same as a table"</summary>
            <Table
                label="Units by day"
                caption="Units by day, newest first, without empty days"
                columns=[Column::text("Day"), Column::number("Used"), Column::number("Refused")]
                rows
            />
        </details>
    }
    .into_any()
}
