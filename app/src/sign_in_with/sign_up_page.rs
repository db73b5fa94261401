//! `/sign-up/with`: somebody whom a provider knows chooses how they are called, and joins those who have invited them or
//! names a tenant of their own.

use super::server_fns::{SignUpWith, newcomer};
use crate::{
    ui::{Field, Form, Post, Submit, data, load},
    users::{Doorway, FirstTenantField},
};
use api_types::{
    members::Offer,
    sign_in_with::{Invited, SigningUp},
};
use leptos::prelude::*;

#[component]
pub fn SignUpWithPage() -> AnyView {
    let action = Post::<SignUpWith>::new();
    let newcomer = data(|| (), |()| newcomer());
    view! {
        <Doorway
            title="One more step"
            about="You are new here. Nothing is created before you continue."
        >
            {load(newcomer, move |known| form(known, action))}
            <p class="doorway-other">
                "Not you? " <a class="link" href="/sign-in">"Start again"</a>
            </p>
        </Doorway>
    }
    .into_any()
}

fn form(known: SigningUp, action: Post<SignUpWith>) -> AnyView {
    let SigningUp { newcomer, invited } = known;
    let label = match invited {
        Invited::Here(_) => "Create account and join",
        Invited::ByLetter | Invited::No => "Create account",
    };
    view! {
        <Form action>
            <div class="field">
                <span class="label">{newcomer.provider_name} " account"</span>
                <p>{newcomer.email}</p>
            </div>
            <Field label="Your name" name="name" value=newcomer.name autocomplete="name" required=true maxlength=100/>
            {match invited {
                Invited::Here(offer) => wanted_by(offer),
                Invited::ByLetter => perhaps_tenant(),
                Invited::No => view! { <FirstTenantField/> }.into_any(),
            }}
            <Submit label/>
        </Form>
    }
    .into_any()
}

/// They have come by an invitation, and join what it is for.
fn wanted_by(offer: Offer) -> AnyView {
    view! {
        <p>
            {offer.invited_by} " invites you to join " <strong>{offer.tenant_name}</strong>
            " with the role " {offer.role} "."
        </p>
    }
    .into_any()
}

/// An invitation is in their mail.
fn perhaps_tenant() -> AnyView {
    let hint = "Leave this empty to join those who have invited you, and nothing else.";
    view! {
        <p>
            "Somebody has invited this address. Create your account, then follow the link in that letter to join."
        </p>
        <FirstTenantField required=false hint/>
    }
    .into_any()
}
