//! One passkey in the list, and the dialog that renames it.

use super::{card::PasskeyForms, server_fns::RenamePasskey};
use crate::ui::{
    Badge, Field, Form, LinkButton, Look, Modal, Post, RelativeTime, Submit, Tone, use_path,
};
use api_types::accounts::PasskeyView;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

pub fn row(passkey: PasskeyView, forms: PasskeyForms) -> AnyView {
    let PasskeyView {
        id,
        name,
        backed_up,
        created_at,
        last_used_at,
    } = passkey;
    let label = format!("Remove {name}");
    let used = match last_used_at {
        Some(at) => view! { ", last used " <RelativeTime at/> }.into_any(),
        None => view! { ", not used yet" }.into_any(),
    };
    view! {
        <li class="row row-wrap">
            <div class="row-words">
                <strong>{name}</strong>
                <span class="muted">"Added " <RelativeTime at=created_at/> {used}</span>
            </div>
            {backed_up.then(|| view! { <Badge tone=Tone::Neutral text="Synced"/> })}
            <div class="form-actions">
                <LinkButton
                    href=Signal::stored(format!("/account?passkey={id}"))
                    label="Rename"
                    look=Look::Quiet
                />
                <Form action=forms.remove class="form-inline" done="Passkey removed. It no longer opens your account.">
                    <input type="hidden" name="passkey" value=id.to_string()/>
                    <button type="submit" class=Look::Quiet.class() aria-label=label>"Remove"</button>
                </Form>
            </div>
        </li>
    }
    .into_any()
}

#[component]
pub fn RenameDialog(
    passkeys: StoredValue<Vec<PasskeyView>>,
    action: Post<RenamePasskey>,
) -> AnyView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let id = query.with(|query| query.get("passkey"))?;
        passkeys.with_value(|all| all.iter().find(|one| one.id.to_string() == id).cloned())
    });
    let open = Signal::derive(move || asked.with(Option::is_some));
    view! {
        <Modal title="Rename passkey" open close_to=use_path()>
            {move || asked.get().map(|passkey| view! {
                <Form action done="Passkey renamed.">
                    <input type="hidden" name="passkey" value=passkey.id.to_string()/>
                    <Field label="Name" name="name" value=passkey.name required=true maxlength=80/>
                    <Submit label="Rename"/>
                </Form>
            })}
        </Modal>
    }
    .into_any()
}
