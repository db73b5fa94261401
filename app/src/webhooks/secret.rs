//! The secret of an endpoint, this once.

use super::teach::Verify;
use crate::{
    UiError,
    ui::{Alert, CopyField, LinkButton, Look, Modal, Tone, query_is},
};
use api_types::webhooks::NewSecret;
use leptos::prelude::*;

/// The secret that was just made, until its dialog is closed.
pub type Fresh = RwSignal<Option<NewSecret>>;

/// Takes the secret out of a form's answer.
pub fn remember(value: Signal<Option<Result<NewSecret, UiError>>>, fresh: Fresh) {
    Effect::new(move |_| {
        if let Some(Ok(made)) = value.get() {
            fresh.set(Some(made));
        }
    });
}

/// Drops it once the dialog that shows it is closed.
pub fn forget(fresh: Fresh) {
    let open = query_is("dialog", "secret");
    Effect::new(move |before: Option<bool>| {
        let open = open.get();
        if before == Some(true) && !open {
            fresh.set(None);
        }
        open
    });
}

/// The dialog that shows it. `next` is where one goes from there.
#[component]
pub fn SecretDialog(
    fresh: Fresh,
    close_to: Signal<String>,
    next: Signal<String>,
    label: &'static str,
) -> AnyView {
    view! {
        <Modal title="Signing secret" open=query_is("dialog", "secret") close_to wide=true>
            {move || match fresh.get() {
                Some(made) => shown(made, next, label),
                None => view! {
                    <Alert text="A secret is readable only when it is made. If it is lost, rotate it."/>
                }
                .into_any(),
            }}
        </Modal>
    }
    .into_any()
}

fn shown(made: NewSecret, next: Signal<String>, label: &'static str) -> AnyView {
    view! {
        <div class="stack">
            <Alert
                tone=Tone::Warning
                text="Copy the secret now: it is not shown again. Whoever has it can sign what your side takes for ours."
            />
            <CopyField text=made.secret label="Signing secret"/>
            <Verify at="secret"/>
            <div class="form-actions">
                <LinkButton href=next label look=Look::Primary/>
            </div>
        </div>
    }
    .into_any()
}
