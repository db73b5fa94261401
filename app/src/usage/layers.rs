//! Calls over time by tool, as areas one on the other: drawn by the server, no script. The same numbers stand in a table.

use super::chart::{axis, span};
use crate::ui::{
    Column, count,
    plot::{Beside, HEIGHT, Plot, STEP, nice},
};
use api_types::usage::{Bar, Layer, Range};
use leptos::prelude::*;

/// What has no area of its own.
const OTHERS: &str = "Other tools";

#[component]
pub fn Layers(layers: Vec<Layer>, bars: Vec<Bar>, range: Range) -> AnyView {
    let sum = |place: usize| layers.iter().map(|layer| layer.calls[place]).sum::<i64>();
    let top = nice((0..bars.len()).map(sum).max().unwrap_or(0));
    let width = STEP * (bars.len().max(2) - 1) as f64;
    let mut floor = vec![0; bars.len()];
    let mut areas = Vec::new();
    for (nth, layer) in layers.iter().enumerate() {
        let ceiling: Vec<i64> = floor.iter().zip(&layer.calls).map(|(a, b)| a + b).collect();
        let d = area(&floor, &ceiling, top);
        let words = format!("{}: {}", name(layer), count(layer.calls.iter().sum()));
        areas.push(view! { <path class=class(nth, layer) d=d><title>{words}</title></path> });
        floor = ceiling;
    }
    let keys = layers.iter().enumerate().map(|(nth, layer)| {
        view! {
            <span class="layer-key">
                <svg class=class(nth, layer) viewBox="0 0 1 1" aria-hidden="true">
                    <rect width="1" height="1"></rect>
                </svg>
                {name(layer)}
            </span>
        }
    });
    let keys = keys.collect_view();
    let (label, under) = (describe(&layers), axis(&bars, range));
    let drawn = areas.into_any();
    view! { <Plot top width label drawn under legend=keys.into_any()/> }.into_any()
}

/// The same numbers for those who cannot see the drawing, and for those who want to copy them.
#[component]
pub fn LayerNumbers(layers: Vec<Layer>, bars: Vec<Bar>, range: Range) -> AnyView {
    let called = |place: &usize| layers.iter().any(|layer| layer.calls[*place] > 0);
    let places = (0..bars.len()).rev().filter(called);
    let rows: Vec<AnyView> = places
        .flat_map(|place| {
            let at = span(bars[place].start, range);
            let of = layers.iter().filter(move |layer| layer.calls[place] > 0);
            of.map(move |layer| {
                view! {
                    <tr>
                        <th scope="row">{at.clone()}</th>
                        <td>{name(layer)}</td>
                        <td class="num">{count(layer.calls[place])}</td>
                    </tr>
                }
                .into_any()
            })
        })
        .collect();
    view! {
        <Beside
            label="Calls over time by tool"
            caption="Calls over time by tool, newest first, without empty times"
            columns=[Column::text("From (UTC)"), Column::text("Tool"), Column::number("Calls")]
            rows
        />
    }
    .into_any()
}

fn name(layer: &Layer) -> String {
    layer.tool.clone().unwrap_or_else(|| OTHERS.into())
}

fn class(nth: usize, layer: &Layer) -> String {
    match layer.tool {
        Some(_) => format!("layer layer-{nth}"),
        None => "layer layer-others".into(),
    }
}

/// From the left along the ceiling, and back along the floor.
fn area(floor: &[i64], ceiling: &[i64], top: i64) -> String {
    let point = |(place, calls): (usize, &i64)| {
        let y = HEIGHT - *calls as f64 * HEIGHT / top as f64;
        format!("{:.1},{y:.2}", place as f64 * STEP)
    };
    let there = ceiling.iter().enumerate().map(point);
    let back = floor.iter().enumerate().rev().map(point);
    format!("M{} Z", there.chain(back).collect::<Vec<_>>().join(" L"))
}

/// The drawing in one sentence.
fn describe(layers: &[Layer]) -> String {
    let parts = layers.iter().map(|layer| {
        let calls = layer.calls.iter().sum();
        format!("{} {}", name(layer), count(calls))
    });
    format!("Calls by tool: {}", parts.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_goes_along_its_ceiling_and_back_along_its_floor() {
        assert_eq!(
            area(&[0, 0], &[5, 10], 10),
            "M0.0,50.00 L10.0,0.00 L10.0,100.00 L0.0,100.00 Z"
        );
    }
}
