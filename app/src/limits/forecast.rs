//! What other limits would have refused: asked by a form that is sent by GET, drawn with the table beside.

use crate::ui::{
    Card, Column, FilterForm, count, counted, figures,
    plot::{self, Beside, Plot, STEP, nice},
};
use api_types::limits::{Forecast, ForecastDay};
use leptos::prelude::*;

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
            <FilterForm action clear submit="Try it">
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
    let units_of = |number| counted(number, "unit", "units");
    let used = forecast.used();
    let were = if used == 1 { "was" } else { "were" };
    let mut said = vec![format!("{} {were} used in 30 days.", units_of(used))];
    if let Some(units) = units {
        let quota = units_of(units);
        let first = forecast.days.iter().find(|day| day.refused > 0);
        said.push(match first {
            None => format!("A quota of {quota} would have refused nothing."),
            Some(first) => format!(
                "A quota of {quota} would have refused {} of them, from {} on.",
                count(forecast.refused()),
                figures::day(first.day)
            ),
        });
    }
    if let Some(rate) = per_minute {
        let rate = counted(rate, "call a minute", "calls a minute");
        said.push(match forecast.minutes {
            0 => format!("{rate} would have been enough in the last 3 days."),
            minutes => format!(
                "{rate} would have refused up to {} in {} of the last 3 days' minutes.",
                counted(forecast.too_fast, "call", "calls"),
                count(minutes)
            ),
        });
    }
    said.into_iter()
        .map(|words| view! { <li>{words}</li> }.into_any())
        .collect()
}

fn chart(forecast: &Forecast) -> AnyView {
    let days = &forecast.days;
    let top = nice(days.iter().map(|day| day.used).max().unwrap_or(0));
    let width = STEP * days.len() as f64;
    let bars: Vec<AnyView> = days
        .iter()
        .enumerate()
        .map(|(place, day)| bar(place, day, top))
        .collect();
    let label = format!(
        "Units of the last 30 days: {} used, {} of them refused",
        count(forecast.used()),
        count(forecast.refused())
    );
    let ends = [days.first(), days.last()].into_iter().flatten();
    let under = ends.map(|day| figures::day(day.day)).collect();
    let legend = view! {
        <span class="chart-key chart-key-ok">"Let through"</span>
        <span class="chart-key chart-key-errors">"Refused"</span>
        <span class="muted">"Days in UTC"</span>
    };
    view! { <Plot top width label drawn=bars.into_any() under legend=legend.into_any()/> }
        .into_any()
}

fn bar(place: usize, day: &ForecastDay, top: i64) -> AnyView {
    let words = format!(
        "{}: {} units, {} refused",
        figures::day(day.day),
        count(day.used),
        count(day.refused)
    );
    plot::bar(place, (day.used - day.refused, day.refused), top, words)
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
        <Beside
            label="Units by day"
            caption="Units by day, newest first, without empty days"
            columns=[Column::text("Day"), Column::number("Used"), Column::number("Refused")]
            rows
        />
    }
    .into_any()
}
