//! Copying to the clipboard. Without WebAssembly the text can still be selected.

use super::{Icon, IconView};
use leptos::prelude::*;

/// Copies `text`, and says so for two seconds.
#[component]
pub fn CopyButton(
    #[prop(into)] text: Signal<String>,
    #[prop(default = "Copy".into(), into)] label: String,
) -> AnyView {
    let copied = RwSignal::new(false);
    let copy = move |_| {
        let writing = window()
            .navigator()
            .clipboard()
            .write_text(&text.get_untracked());
        leptos::task::spawn_local(async move {
            if wasm_bindgen_futures::JsFuture::from(writing).await.is_ok() {
                copied.set(true);
                set_timeout(move || copied.set(false), std::time::Duration::from_secs(2));
            }
        });
    };
    view! {
        <button type="button" class="button button-quiet copy" data-live="true" on:click=copy>
            {move || {
                let icon = if copied.get() { Icon::Check } else { Icon::Copy };
                view! { <IconView icon/> }
            }}
            <span aria-live="polite">
                {move || if copied.get() { "Copied".to_string() } else { label.clone() }}
            </span>
        </button>
    }
    .into_any()
}

/// A line of code beside its copy button.
#[component]
pub fn CopyField(#[prop(into)] text: String, #[prop(into)] label: String) -> AnyView {
    view! {
        <div class="copy-field">
            <code tabindex="0" aria-label=label>{text.clone()}</code>
            <CopyButton text=Signal::stored(text)/>
        </div>
    }
    .into_any()
}
