//! What stands for endpoints and deliveries wherever they are shown.

use super::events::EVERYTHING;
use crate::ui::{Badge, CopyButton, Tone, counted};
use api_types::webhooks::{DeliveryState, EndpointState};
use leptos::prelude::*;

/// More choices than this are counted in a list.
const MOST_CHIPS: usize = 5;

/// How an endpoint is, in one word.
#[component]
pub fn EndpointBadge(state: EndpointState) -> AnyView {
    let tone = match state {
        EndpointState::Enabled => Tone::Good,
        EndpointState::Failing => Tone::Warning,
        EndpointState::Disabled => Tone::Bad,
    };
    view! { <Badge tone text=state.label()/> }.into_any()
}

/// How far a delivery is, in a word or two.
#[component]
pub fn DeliveryBadge(state: DeliveryState) -> AnyView {
    let tone = match state {
        DeliveryState::Waiting => Tone::Accent,
        DeliveryState::Delivered => Tone::Good,
        DeliveryState::Retrying => Tone::Warning,
        DeliveryState::Dead => Tone::Bad,
    };
    view! { <Badge tone text=state.label()/> }.into_any()
}

/// What an endpoint answered; without an answer, what came of it.
pub fn answer(status: Option<i32>, attempts: i32) -> AnyView {
    match status {
        Some(status) => view! { <span class="tabular-nums">{status}</span> }.into_any(),
        None if attempts == 0 => view! { <span class="muted">"not sent yet"</span> }.into_any(),
        None => view! { <span class="muted">"no answer"</span> }.into_any(),
    }
}

/// What an endpoint is told. Where there is little room, the first few.
#[component]
pub fn EventChips(events: Vec<String>, #[prop(optional)] few: bool) -> AnyView {
    let most = if few { MOST_CHIPS } else { events.len() };
    let rest = events.len().saturating_sub(most);
    let more = (rest > 0).then(|| {
        let words = counted(rest as i64, "more", "more");
        view! { <li class="muted">{words}</li> }
    });
    let chips: Vec<AnyView> = events
        .into_iter()
        .take(most)
        .map(|event| view! { <li>{chip(event)}</li> }.into_any())
        .collect();
    view! { <ul class="badges">{chips} {more}</ul> }.into_any()
}

fn chip(event: String) -> AnyView {
    if event == EVERYTHING {
        return view! { <Badge tone=Tone::Accent text="Everything"/> }.into_any();
    }
    view! { <span class="badge event-chip"><code>{event}</code></span> }.into_any()
}

/// A text to read and to take along.
pub fn snippet(title: &'static str, text: String) -> AnyView {
    let copied = text.clone();
    snippet_of(title, text, "Copy", copied)
}

/// The same, where what is copied is not quite what is read.
pub fn snippet_of(
    title: &'static str,
    text: String,
    copy: &'static str,
    copied: String,
) -> AnyView {
    view! {
        <div class="snippet">
            <div class="snippet-header">
                <span>{title}</span>
                <CopyButton text=Signal::stored(copied) label=copy/>
            </div>
            <pre tabindex="0" aria-label=title><code>{text}</code></pre>
        </div>
    }
    .into_any()
}
