//! The connect dialog: for each program a tab with the text to paste, the key filled in if it is
//! fresh. Tabs are radio inputs, so that they work without WebAssembly and by the arrow keys.

use super::{
    recipes::{self, PLACEHOLDER, Recipe},
    server_fns::ClientDetail,
};
use crate::ui::{Alert, CopyButton, CopyField, Tone};
use leptos::prelude::*;

#[component]
pub fn Connect(
    detail: StoredValue<ClientDetail>,
    tenant: Signal<String>,
    /// The secret of a key just made.
    secret: RwSignal<Option<String>>,
) -> AnyView {
    let ClientDetail {
        client, endpoint, ..
    } = detail.get_value();
    let server = format!("bulkhead-{}", tenant.get_untracked());
    let first = recipes::tab_for(client.kind);
    let content = move || {
        let secret = secret.get();
        let key = secret.clone().unwrap_or_else(|| PLACEHOLDER.into());
        let tabs: Vec<AnyView> = recipes::all(&endpoint, &key, &server)
            .into_iter()
            .map(|recipe| tab(recipe, first))
            .collect();
        view! {
            <div class="stack">
                <Key secret/>
                <fieldset class="tabs">
                    <legend class="visually-hidden">"Program to connect"</legend>
                    {tabs}
                </fieldset>
            </div>
        }
    };
    content.into_any()
}

/// The key itself, this once, or where to get one.
#[component]
fn Key(secret: Option<String>) -> AnyView {
    let Some(secret) = secret else {
        let text = format!(
            "A key is readable only when it is made. Put yours where {PLACEHOLDER} stands; if it \
             is lost, rotate it."
        );
        return view! { <Alert text/> }.into_any();
    };
    view! {
        <Alert
            tone=Tone::Warning
            text="Copy the key now. It is stored only as a digest, so nobody can show it again."
        />
        <CopyField text=secret label="API key"/>
    }
    .into_any()
}

fn tab(recipe: Recipe, first: &str) -> AnyView {
    let Recipe {
        id,
        title,
        steps,
        place,
        text,
        caution,
    } = recipe;
    let input = format!("connect-{id}");
    view! {
        <div class="tab">
            <input
                type="radio"
                class="visually-hidden"
                name="connect-tab"
                id=input.clone()
                checked={id == first}
            />
            <label for=input>{title}</label>
            <div class="tab-panel">
                <p>{steps}</p>
                <div class="snippet">
                    <div class="snippet-header">
                        <span>{place}</span>
                        <CopyButton text=Signal::stored(text.clone())/>
                    </div>
                    <pre tabindex="0" aria-label=format!("Configuration for {title}")><code>{text}</code></pre>
                </div>
                {caution.map(|caution| view! { <p class="hint">{caution}</p> })}
            </div>
        </div>
    }
    .into_any()
}
