//! A filter that is part of the page's address: a form sent by GET. In the hydrated page it
//! navigates, and leaves out what is empty.

use leptos::{form::form_data_from_event, html, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
    params::ParamsMap,
};
use web_sys::{SubmitEvent, UrlSearchParams};

/// The form and its buttons. `clear` is the address without the filter, while there is one.
#[component]
pub fn FilterForm(
    action: String,
    clear: Option<String>,
    #[prop(default = "Filter")] submit: &'static str,
    children: Children,
) -> AnyView {
    let navigate = use_navigate();
    let form = NodeRef::<html::Form>::new();
    follow_address(form);
    let target = action.clone();
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        let query = filled(&event).unwrap_or_default();
        let options = NavigateOptions {
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&format!("{target}{query}"), options);
    };
    view! {
        <form method="get" action=action node_ref=form on:submit=send>
            <div class="filters">
                {children()}
                <button type="submit" class="button">{submit}</button>
                {clear.map(|href| view! {
                    <a class="button button-quiet" href=href data-noscroll="true">"Clear"</a>
                })}
            </div>
        </form>
    }
    .into_any()
}

/// What a person chose outlives a change of the attributes, until the form is reset. That is right
/// while a page renews its numbers, and wrong once the address says another filter.
fn follow_address(form: NodeRef<html::Form>) {
    let query = use_query_map();
    Effect::new(move |before: Option<String>| {
        let now = query.with(ParamsMap::to_query_string);
        if before.is_some_and(|before| before != now)
            && let Some(form) = form.get_untracked()
        {
            form.reset();
        }
        now
    });
}

/// What is filled in, as a query string.
fn filled(event: &SubmitEvent) -> Option<String> {
    let fields = form_data_from_event(event).ok()?;
    let fields = UrlSearchParams::new_with_str_sequence_sequence(&fields).ok()?;
    let fields = fields.to_string().as_string()?;
    let filled: Vec<&str> = fields
        .split('&')
        .filter(|pair| !pair.ends_with('='))
        .collect();
    Some(if filled.is_empty() {
        String::new()
    } else {
        format!("?{}", filled.join("&"))
    })
}

/// One of several, or all. A chosen word that is not on offer is kept.
#[component]
pub fn FilterSelect(
    label: &'static str,
    name: &'static str,
    all: &'static str,
    mut options: Vec<(String, String)>,
    chosen: String,
) -> AnyView {
    if !chosen.is_empty() && !options.iter().any(|(value, _)| *value == chosen) {
        options.push((chosen.clone(), chosen.clone()));
    }
    let options: Vec<AnyView> = options
        .into_iter()
        .map(|(value, words)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{words}</option> }.into_any()
        })
        .collect();
    view! {
        <select class="input input-small" aria-label=label name=name>
            <option value="">{all}</option>
            {options}
        </select>
    }
    .into_any()
}

/// Words to look for.
#[component]
pub fn FilterText(
    label: &'static str,
    name: &'static str,
    value: Option<String>,
    /// The id of a list of proposals.
    #[prop(optional)]
    list: Option<&'static str>,
) -> AnyView {
    view! {
        <input
            type="search"
            class="input input-small"
            aria-label=label
            placeholder=label
            name=name
            value=value.unwrap_or_default()
            list=list
        />
    }
    .into_any()
}
