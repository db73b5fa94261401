//! The form that issues a key.

use super::server_fns::{ClientDetail, CreateKey};
use crate::{
    Visit,
    ui::{DialogButtons, Field, Form, Post, Select, TextArea},
};
use api_types::toolkits::ToolkitView;
use leptos::prelude::*;

#[component]
pub fn KeyForm(
    detail: StoredValue<ClientDetail>,
    tenant: Signal<String>,
    create: Post<CreateKey>,
) -> AnyView {
    let ClientDetail {
        client, toolkits, ..
    } = detail.get_value();
    let lives = [
        ("", "Never"),
        ("7", "In 7 days"),
        ("30", "In 30 days"),
        ("90", "In 90 days"),
        ("365", "In a year"),
    ]
    .map(|(value, words)| (value.into(), words.into()))
    .to_vec();
    // What is wrong must not be folded away.
    let limits_refused = move || {
        create.value().with(|answer| match answer {
            Some(Err(error)) => {
                matches!(
                    error.field(),
                    Some("rate_limit_per_minute" | "allowed_networks")
                )
            }
            _ => false,
        })
    };
    view! {
        <Form action=create>
            <input type="hidden" name="tenant" value=tenant.get_untracked()/>
            <input type="hidden" name="client" value=client.id.to_string()/>
            <Field
                label="Name"
                name="name"
                required=true
                maxlength=80
                placeholder="laptop, ci, staging…"
                hint="To tell this client's keys apart."
            />
            <ScopeFields toolkits legend="What it may use"/>
            <Select label="Expires" name="expires_in_days" options=lives value="90"/>
            <details class="more" open=limits_refused>
                <summary>"Limits"</summary>
                <div class="form">
                    <Field
                        label="Calls a minute"
                        name="rate_limit_per_minute"
                        kind="number"
                        min="1"
                        max="1000000"
                        hint="Empty: no limit of its own."
                    />
                    <TextArea
                        label="Allowed networks"
                        name="allowed_networks"
                        rows=3
                        placeholder="192.0.2.0/24"
                        hint="Addresses or networks that may use the key, one a line. Empty: any."
                    />
                </div>
            </details>
            <DialogButtons label="Create key"/>
        </Form>
    }
    .into_any()
}

/// For each toolkit nothing, reading, or reading and writing.
#[component]
pub fn ScopeFields(
    toolkits: Vec<ToolkitView>,
    legend: &'static str,
    /// What is chosen before anybody chooses; reading everything, if it is not said.
    #[prop(optional)]
    chosen: Option<Vec<String>>,
) -> AnyView {
    let rows: Vec<AnyView> = toolkits
        .into_iter()
        .enumerate()
        .map(|(place, toolkit)| access(place, toolkit, chosen.as_deref()))
        .collect();
    view! {
        <fieldset class="field">
            <legend class="label">{legend}</legend>
            <div class="scopes">{rows}</div>
        </fieldset>
    }
    .into_any()
}

fn access(place: usize, toolkit: ToolkitView, chosen: Option<&[String]>) -> AnyView {
    let id = format!("scope-{}", toolkit.name);
    let read = format!("{}:read", toolkit.name);
    let write = format!("{}:write", toolkit.name);
    let typed = Visit::typed(&format!("scopes[{place}]"));
    let chosen = typed.unwrap_or_else(|| match chosen {
        None => read.clone(),
        Some(chosen) if chosen.contains(&write) => write.clone(),
        Some(chosen) if chosen.contains(&read) => read.clone(),
        Some(_) => String::new(),
    });
    let writes = toolkit.tools.iter().any(|tool| tool.writes);
    view! {
        <div>
            <label for=id.clone()>
                {toolkit.title}
                {(!toolkit.enabled).then(|| view! { <span class="note">"switched off in settings"</span> })}
            </label>
            <select class="input input-small" id=id name=format!("scopes[{place}]")>
                <option value="" selected={chosen.is_empty()}>"No access"</option>
                <option value=read.clone() selected={chosen == read}>"Read"</option>
                {writes.then(|| view! {
                    <option value=write.clone() selected={chosen == write}>"Read and write"</option>
                })}
            </select>
        </div>
    }
    .into_any()
}
