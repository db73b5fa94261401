//! Which operations of a document are tools: boxes in groups that are folded, because a document can have a thousand.
//! What a search does not show stays in the form: nothing is lost when it is saved.

use super::{
    api_fns::ChooseOperations,
    inputs::{finds, hidden, search},
};
use crate::ui::{Badge, Card, EmptyState, Form, Icon, Look, Post, Submit, Tone, count, use_path};
use api_types::connections::CandidateView;
use leptos::{prelude::*, wasm_bindgen::JsCast};
use leptos_router::hooks::use_query_map;
use web_sys::{HtmlElement, HtmlInputElement, MouseEvent};

/// A short document is shown unfolded.
const SHORT: usize = 40;

#[component]
pub fn Choose(
    candidates: Vec<CandidateView>,
    tenant: String,
    id: String,
    allowed: bool,
    choose: Post<ChooseOperations>,
) -> AnyView {
    if candidates.is_empty() {
        return view! {
            <Card title="Operations">
                <EmptyState icon=Icon::Search title="No operation" about="The document has none."/>
            </Card>
        }
        .into_any();
    }
    let asked = use_query_map().with_untracked(|query| query.get("q").unwrap_or_default());
    let words = RwSignal::new(asked);
    let is_short = candidates.len() <= SHORT;
    let groups: Vec<AnyView> = grouped(candidates)
        .into_iter()
        .map(|(name, members)| group(name, members, words, allowed, is_short))
        .collect();
    let path = use_path().get_untracked();
    view! {
        <Card title="Operations" about="Those that are ticked are tools of your clients.">
            {search("Search operations", path, words, ().into_any())}
            <Form action=choose done="Saved.">
                {hidden("tenant", tenant)}
                {hidden("id", id)}
                {allowed.then(|| view! { <Submit label="Save"/> })}
                <div class="operation-groups">{groups}</div>
            </Form>
        </Card>
    }
    .into_any()
}

/// The groups in the order in which the document begins them.
fn grouped(candidates: Vec<CandidateView>) -> Vec<(String, Vec<CandidateView>)> {
    let mut groups: Vec<(String, Vec<CandidateView>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for one in candidates {
        let name = one.group.clone().unwrap_or_default();
        let place = *places.entry(name.clone()).or_insert_with(|| {
            groups.push((name, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(one);
    }
    groups
}

fn group(
    name: String,
    members: Vec<CandidateView>,
    words: RwSignal<String>,
    allowed: bool,
    is_short: bool,
) -> AnyView {
    let chosen = members.iter().filter(|one| one.chosen).count();
    let can_choose = allowed && members.iter().any(|one| one.why_not.is_none());
    let all = members.len();
    let number = format!("{} of {}", count(chosen as i64), count(all as i64));
    let texts: Vec<String> = members.iter().map(searched).collect();
    let found = Memo::new(move |_| words.with(|words| texts.iter().any(|text| finds(text, words))));
    let is_open = move || is_short || words.with(|words| !words.trim().is_empty());
    let rows: Vec<AnyView> = members
        .into_iter()
        .map(|one| candidate(one, words, allowed))
        .collect();
    let title = if name.is_empty() {
        "Without a group".to_string()
    } else {
        name.clone()
    };
    let of = title.clone();
    view! {
        <details class="operation-group" open=is_open hidden=move || !found.get()>
            <summary><strong class="long-word">{title}</strong> " " <span class="muted">{number}</span></summary>
            // With WebAssembly it ticks; without, it sends the form and all of the group are chosen.
            {can_choose.then(|| view! {
                <button
                    type="submit"
                    class=Look::Quiet.class()
                    name="all_of"
                    value=name
                    on:click=|event| tick_all(&event)
                >
                    "Choose all"<span class="visually-hidden">" of "{of}</span>
                </button>
            })}
            <ul class="operations">{rows}</ul>
        </details>
    }
    .into_any()
}

/// Ticks every box of the group that is in sight; if all of them are ticked, none.
fn tick_all(event: &MouseEvent) {
    event.prevent_default();
    let button = event_target::<HtmlElement>(event);
    let Ok(Some(group)) = button.closest("details") else {
        return;
    };
    let boxes = "li:not([hidden]) input[type=checkbox]:not(:disabled)";
    let Ok(boxes) = group.query_selector_all(boxes) else {
        return;
    };
    let boxes: Vec<HtmlInputElement> = (0..boxes.length())
        .filter_map(|place| boxes.get(place)?.dyn_into().ok())
        .collect();
    let on = boxes.iter().any(|one| !one.checked());
    for one in boxes {
        one.set_checked(on);
    }
}

/// What of an operation is searched.
fn searched(one: &CandidateView) -> String {
    let tool = one.tool.as_deref().unwrap_or_default();
    format!("{} {tool} {}", one.key, one.about).to_lowercase()
}

fn candidate(one: CandidateView, words: RwSignal<String>, allowed: bool) -> AnyView {
    let text = searched(&one);
    let barred = one.why_not.is_some();
    let (tone, effect) = if one.writes {
        (Tone::Warning, "writes")
    } else {
        (Tone::Neutral, "reads")
    };
    let tool = one
        .tool
        .map(|tool| view! { <code class="muted long-word">{tool}</code> });
    view! {
        <li hidden=move || !words.with(|words| finds(&text, words))>
            <label class="checkbox">
                <input
                    type="checkbox"
                    name="keys[]"
                    value=one.key.clone()
                    checked=one.chosen
                    disabled={barred || !allowed}
                />
                <span class:faded=barred>
                    <span class="badges">
                        <code class="long-word">{one.key}</code>
                        <Badge tone text=effect/>
                        {one.deprecated.then(|| view! { <Badge text="on its way out"/> })}
                    </span>
                    <span class="hint">{one.about} " " {tool}</span>
                    {one.why_not.map(|why| view! { <span class="hint">{format!("Cannot be a tool: {why}")}</span> })}
                </span>
            </label>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(key: &str, group: Option<&str>) -> CandidateView {
        CandidateView {
            key: key.into(),
            tool: None,
            about: String::new(),
            group: group.map(Into::into),
            writes: false,
            deprecated: false,
            why_not: None,
            chosen: false,
        }
    }

    #[test]
    fn groups_keep_the_order_of_the_document() {
        let groups = grouped(vec![
            candidate("GET /pets", Some("pets")),
            candidate("GET /", None),
            candidate("POST /pets", Some("pets")),
        ]);
        let told: Vec<(&str, usize)> = groups
            .iter()
            .map(|(name, members)| (name.as_str(), members.len()))
            .collect();
        assert_eq!(told, [("pets", 2), ("", 1)]);
    }
}
