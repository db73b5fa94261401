//! The field for a document that somebody pastes, or chooses as a file. The file is read in the browser and put into the
//! field: what is sent is text in any case.

use crate::ui::TextArea;
use leptos::{html, prelude::*, wasm_bindgen::JsCast};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};

#[component]
pub fn DocumentField(label: &'static str) -> AnyView {
    let frame = NodeRef::<html::Div>::new();
    let trouble = RwSignal::new(None::<&'static str>);
    let choose = move |event: web_sys::Event| {
        let Some(frame) = frame.get_untracked() else {
            return;
        };
        let input = event_target::<HtmlInputElement>(&event);
        let Some(file) = input.files().and_then(|files| files.get(0)) else {
            return;
        };
        let field = frame.query_selector("textarea").ok().flatten();
        leptos::task::spawn_local(async move {
            let text = JsFuture::from(file.text()).await.ok();
            let text = text.and_then(|text| text.as_string());
            let field = field.and_then(|field| field.dyn_into::<HtmlTextAreaElement>().ok());
            match (text, field) {
                (Some(text), Some(field)) => {
                    field.set_value(&text);
                    trouble.try_set(None);
                }
                _ => {
                    trouble.try_set(Some("This file could not be read. Paste its text instead."));
                }
            }
        });
    };
    view! {
        <div class="code-field form" node_ref=frame>
            <TextArea label name="document" rows=5 placeholder="openapi: 3.1.0 …" hint="JSON or YAML."/>
            // Without a name: what it holds is not sent a second time.
            <div class="field" data-live="true">
                <label for="document-file">"Read it from a file"</label>
                <input
                    class="input"
                    id="document-file"
                    type="file"
                    accept=".json,.yaml,.yml,application/json"
                    on:change=choose
                />
                <p class="error" aria-live="polite">{move || trouble.get()}</p>
            </div>
        </div>
    }
    .into_any()
}
