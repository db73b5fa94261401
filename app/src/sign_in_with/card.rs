//! Accounts elsewhere on a person's own page.

use super::{buttons::button, server_fns::UnlinkIdentity};
use crate::ui::{Card, Form, LinkButton, Look, Post, RelativeTime};
use api_types::sign_in_with::{Identities, IdentityView};
use leptos::prelude::*;

#[component]
pub fn IdentitiesCard(identities: Identities, unlink: Post<UnlinkIdentity>) -> AnyView {
    let Identities {
        linked, providers, ..
    } = identities;
    if linked.is_empty() && providers.is_empty() {
        return ().into_any();
    }
    let none = linked.is_empty().then(|| {
        view! {
            <li class="row">
                <span class="muted">
                    "None yet. Link one, and it signs you in here without your password. Your second factor is asked for all the same."
                </span>
            </li>
        }
    });
    let rows: Vec<AnyView> = linked
        .into_iter()
        .map(|identity| row(identity, unlink))
        .collect();
    let buttons: Vec<AnyView> = providers
        .iter()
        .map(|provider| button(provider, "link", "Link", "/account"))
        .collect();
    view! {
        <div id="linked-accounts">
            <Card title="Linked accounts" about="Accounts elsewhere that sign you in here." flush=true>
                <ul class="rows">{none}{rows}</ul>
                <div class="card-footer">{buttons}</div>
            </Card>
        </div>
    }
    .into_any()
}

fn row(identity: IdentityView, unlink: Post<UnlinkIdentity>) -> AnyView {
    let label = format!("Unlink {} at {}", identity.label, identity.provider_name);
    view! {
        <li class="row">
            <div class="row-words">
                <strong>{identity.provider_name}</strong>
                <span class="muted">
                    {identity.label} " · linked " <RelativeTime at=identity.created_at/>
                </span>
            </div>
            <Form action=unlink class="form-inline" done="The account is no longer linked.">
                <input type="hidden" name="issuer" value=identity.issuer/>
                <input type="hidden" name="subject" value=identity.subject/>
                <button type="submit" class=Look::Quiet.class() aria-label=label>"Unlink"</button>
            </Form>
        </li>
    }
    .into_any()
}

/// In place of the form that changes a password, for whoever has none.
#[component]
pub fn NoPasswordCard() -> AnyView {
    view! {
        <Card title="Password" about="You have none: you sign in with a passkey, a linked account or your company's.">
            <p>"Choose one if you want a second way in. We send you a link for it."</p>
            <LinkButton href=Signal::stored("/forgot".to_string()) label="Choose a password"/>
        </Card>
    }
    .into_any()
}
