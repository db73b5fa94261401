//! The fields of an endpoint, for adding one and for changing one.

use super::events::{EVERYTHING, Family, families};
use crate::{
    Visit,
    ui::{Checkbox, Field, counted},
};
use api_types::webhooks::{EventType, WebhookView};
use leptos::prelude::*;

#[component]
pub fn EndpointFields(
    types: Vec<EventType>,
    /// As it is now, when one is changed.
    #[prop(optional, into)]
    endpoint: Option<WebhookView>,
) -> AnyView {
    let (url, about, chosen) = endpoint.map_or_else(
        || (String::new(), String::new(), vec![EVERYTHING.into()]),
        |endpoint| (endpoint.url, endpoint.about, endpoint.events),
    );
    view! {
        <Field
            label="Address"
            name="url"
            kind="url"
            value=url
            required=true
            maxlength=2000
            placeholder="https://example.com/hooks/bulkhead"
            hint="https, and reachable from the internet."
        />
        <Field
            label="What it is for"
            name="about"
            value=about
            maxlength=200
            placeholder="Alerts of the on-call channel"
        />
        <EventFields types chosen/>
    }
    .into_any()
}

/// Everything, whole families, or single types. What a wider choice holds already is not shown.
#[component]
fn EventFields(types: Vec<EventType>, chosen: Vec<String>) -> AnyView {
    let chosen = match Visit::typed("events") {
        Some(words) => words.split_whitespace().map(Into::into).collect(),
        None => chosen,
    };
    let rows: Vec<AnyView> = families(types)
        .into_iter()
        .map(|family| row(family, &chosen))
        .collect();
    let all = chosen.iter().any(|word| word == EVERYTHING);
    let error = use_context::<crate::ui::FormState>().map(|form| form.error_of("events"));
    view! {
        <fieldset class="field event-choice">
            <legend class="label">"Events"</legend>
            <p class="error" aria-live="polite">{move || error.and_then(|error| error.get())}</p>
            <Checkbox
                label="Everything"
                name="events[]"
                value=EVERYTHING
                checked=all
                hint="Also kinds of events that later versions bring."
            />
            <ul class="event-families">{rows}</ul>
        </fieldset>
    }
    .into_any()
}

fn row(family: Family, chosen: &[String]) -> AnyView {
    let (title, all) = (family.title(), family.all());
    let is_whole = chosen.contains(&all);
    let is_chosen = |kind: &EventType| chosen.contains(&kind.name);
    // What is chosen must not be folded away.
    let open = family.types.iter().any(is_chosen);
    let number = counted(family.types.len() as i64, "event", "events");
    let summary = format!("Choose single ones of {title}");
    let boxes: Vec<AnyView> = family
        .types
        .into_iter()
        .map(|kind| {
            let checked = is_chosen(&kind);
            view! {
                <li>
                    <label class="checkbox">
                        <input type="checkbox" name="events[]" value=kind.name.clone() checked=checked/>
                        <span>{kind.about} " " <code class="muted long-word">{kind.name}</code></span>
                    </label>
                </li>
            }
            .into_any()
        })
        .collect();
    view! {
        <li class="event-family">
            <label class="checkbox">
                <input type="checkbox" name="events[]" value=all checked=is_whole/>
                <span>{title} <span class="muted">{format!(" ({number})")}</span></span>
            </label>
            <details class="more" open=open>
                <summary aria-label=summary>"Choose single ones"</summary>
                <ul class="event-types">{boxes}</ul>
            </details>
        </li>
    }
    .into_any()
}
