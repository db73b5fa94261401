//! `/sign-up/with`: somebody whom a provider knows chooses how they and their tenant are called.

use super::server_fns::{SignUpWith, newcomer};
use crate::{
    ui::{Field, Form, Post, Submit, data, load},
    users::{Doorway, FirstTenantField},
};
use api_types::sign_in_with::Newcomer;
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
            {load(newcomer, move |newcomer| form(newcomer, action))}
            <p class="doorway-other">
                "Not you? " <a class="link" href="/sign-in">"Start again"</a>
            </p>
        </Doorway>
    }
    .into_any()
}

fn form(newcomer: Newcomer, action: Post<SignUpWith>) -> AnyView {
    view! {
        <Form action>
            <div class="field">
                <span class="label">{newcomer.provider_name} " account"</span>
                <p>{newcomer.email}</p>
            </div>
            <Field label="Your name" name="name" value=newcomer.name autocomplete="name" required=true maxlength=100/>
            <FirstTenantField/>
            <Submit label="Create account"/>
        </Form>
    }
    .into_any()
}
