//! The connect dialog: for each program a tab. Who can log in is told the URL first; below it, or
//! above while a fresh key is shown, stands the text with the key. Tabs are radio inputs, so that
//! they work without WebAssembly and by the arrow keys.

use super::{
    log_in_recipes::{self, LogIn},
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
        let fresh = secret.is_some();
        let key = secret.clone().unwrap_or_else(|| PLACEHOLDER.into());
        let tabs: Vec<AnyView> = recipes::all(&endpoint, &key, &server)
            .into_iter()
            .map(|recipe| {
                let log_in = log_in_recipes::of(recipe.id, &endpoint, &server);
                tab(recipe, log_in, first, fresh)
            })
            .collect();
        let lead = match secret {
            Some(secret) => fresh_key(secret),
            None => by_url(endpoint.clone()),
        };
        view! {
            <div class="stack">
                {lead}
                <fieldset class="tabs">
                    <legend class="visually-hidden">"Program to connect"</legend>
                    {tabs}
                </fieldset>
            </div>
        }
    };
    content.into_any()
}

/// The way that needs no key.
fn by_url(endpoint: String) -> AnyView {
    view! {
        <p>
            "Paste this URL into the program and log in when it asks you: it needs no key, and then \
             stands among the clients under a name of its own."
        </p>
        <CopyField text=endpoint label="MCP endpoint"/>
    }
    .into_any()
}

/// The key itself, this once.
fn fresh_key(secret: String) -> AnyView {
    view! {
        <Alert
            tone=Tone::Warning
            text="Copy the key now. It is stored only as a digest, so nobody can show it again."
        />
        <CopyField text=secret label="API key"/>
    }
    .into_any()
}

fn tab(recipe: Recipe, log_in: Option<LogIn>, first: &str, fresh: bool) -> AnyView {
    let (id, title) = (recipe.id, recipe.title);
    let input = format!("connect-{id}");
    let by_key = by_key(recipe, fresh);
    let panel = match log_in.map(|log_in| by_log_in(title, log_in)) {
        None => by_key,
        Some(log_in) if fresh => view! { {by_key} {folded("Without a key", log_in)} }.into_any(),
        Some(log_in) => view! { {log_in} {folded("With a key", by_key)} }.into_any(),
    };
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
            <div class="tab-panel">{panel}</div>
        </div>
    }
    .into_any()
}

fn folded(words: &'static str, content: AnyView) -> AnyView {
    view! {
        <details class="more">
            <summary>{words}</summary>
            <div class="stack">{content}</div>
        </details>
    }
    .into_any()
}

fn by_log_in(title: &str, log_in: LogIn) -> AnyView {
    let LogIn {
        steps,
        place,
        text,
        caution,
    } = log_in;
    view! {
        <p>{steps}</p>
        {snippet(format!("Log-in of {title}"), place, text)}
        {caution.map(|caution| view! { <p class="hint">{caution}</p> })}
    }
    .into_any()
}

fn by_key(recipe: Recipe, fresh: bool) -> AnyView {
    let Recipe {
        title,
        steps,
        place,
        text,
        caution,
        ..
    } = recipe;
    let lost = (!fresh).then(|| {
        let words = format!(
            "A key is readable only when it is made. Put yours where {PLACEHOLDER} stands; if it \
             is lost, rotate it."
        );
        view! { <p class="hint">{words}</p> }
    });
    view! {
        <p>{steps}</p>
        {snippet(format!("Configuration for {title}"), place, text)}
        {lost}
        {caution.map(|caution| view! { <p class="hint">{caution}</p> })}
    }
    .into_any()
}

/// A text to paste, and where.
fn snippet(label: String, place: &'static str, text: String) -> AnyView {
    view! {
        <div class="snippet">
            <div class="snippet-header">
                <span>{place}</span>
                <CopyButton text=Signal::stored(text.clone())/>
            </div>
            <pre tabindex="0" aria-label=label><code>{text}</code></pre>
        </div>
    }
    .into_any()
}
