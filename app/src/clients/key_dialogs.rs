//! The dialogs that end a key's life: rotating it, or revoking it.

use super::server_fns::{ClientDetail, RevokeKey, RotateKey};
use crate::ui::{DialogButtons, Form, Look, Modal, Post, Select, query_is, use_path};
use api_types::api_keys::KeyView;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The key that the address names, while its dialog is asked for.
fn asked(dialog: &'static str, detail: StoredValue<ClientDetail>) -> Memo<Option<KeyView>> {
    let (query, open) = (use_query_map(), query_is("dialog", dialog));
    Memo::new(move |_| {
        let id = query
            .with(|query| query.get("key"))
            .filter(|_| open.get())?;
        detail.with_value(|detail| {
            detail
                .keys
                .iter()
                .find(|key| key.id.to_string() == id)
                .cloned()
        })
    })
}

#[component]
pub fn RotateDialog(
    detail: StoredValue<ClientDetail>,
    tenant: Signal<String>,
    rotate: Post<RotateKey>,
) -> AnyView {
    let (key, path) = (asked("rotate", detail), use_path());
    let open = Signal::derive(move || key.with(Option::is_some));
    view! {
        <Modal title="Rotate key" open close_to=path>
            {move || key.get().map(|key| view! { <Rotate key tenant rotate/> })}
        </Modal>
    }
    .into_any()
}

#[component]
fn Rotate(key: KeyView, tenant: Signal<String>, rotate: Post<RotateKey>) -> AnyView {
    view! {
        <Form action=rotate>
            <p>
                "A new key with the rights of " <strong>{key.name}</strong>
                " is made. The old one keeps working for the time you choose, so that nothing stops \
                 while you replace it."
            </p>
            <input type="hidden" name="tenant" value=tenant.get_untracked()/>
            <input type="hidden" name="key" value=key.id.to_string()/>
            <Select label="The old key works for" name="overlap_hours" options=overlaps() value="24"/>
            <DialogButtons label="Rotate key"/>
        </Form>
    }
    .into_any()
}

/// How long what is replaced may go on working.
pub fn overlaps() -> Vec<(String, String)> {
    [
        ("0", "No time: it stops now"),
        ("1", "1 hour"),
        ("24", "24 hours"),
        ("168", "7 days"),
    ]
    .map(|(hours, words)| (hours.into(), words.into()))
    .to_vec()
}

#[component]
pub fn RevokeDialog(
    detail: StoredValue<ClientDetail>,
    tenant: Signal<String>,
    revoke: Post<RevokeKey>,
) -> AnyView {
    let (key, path) = (asked("revoke", detail), use_path());
    let open = Signal::derive(move || key.with(Option::is_some));
    view! {
        <Modal title="Revoke key" open close_to=path>
            {move || key.get().map(|key| view! { <Revoke key tenant revoke/> })}
        </Modal>
    }
    .into_any()
}

#[component]
fn Revoke(key: KeyView, tenant: Signal<String>, revoke: Post<RevokeKey>) -> AnyView {
    view! {
        <Form action=revoke done="Key revoked.">
            <p>
                "Every call with " <strong>{key.name}</strong> " ("
                <code>{format!("{}…", key.display_prefix)}</code>
                ") is refused from now on, on every server. This cannot be undone."
            </p>
            <input type="hidden" name="tenant" value=tenant.get_untracked()/>
            <input type="hidden" name="client" value=key.client.to_string()/>
            <input type="hidden" name="key" value=key.id.to_string()/>
            <DialogButtons label="Revoke key" look=Look::Danger/>
        </Form>
    }
    .into_any()
}
