//! `/confirm-address?token=…`: confirms an address. Opening the page does nothing, because mail
//! programs open links too; the button does.

use super::server_fns::ConfirmAddress;
use crate::ui::{Form, Post, Submit, data, load};
use crate::users::{Doorway, server_fns::who_am_i};
use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, location::Url};

#[component]
pub fn ConfirmAddressPage() -> AnyView {
    let query = use_query_map();
    let token = query.with_untracked(|query| query.get("token").unwrap_or_default());
    let action = Post::<ConfirmAddress>::new();
    let who = data(|| (), |()| who_am_i());
    view! {
        <Doorway title="Confirm your address" about="One click, and this address is known to be yours.">
            {load(who, move |who| match who {
                Some(name) => form(name, token.clone(), action),
                None => sign_in_first(&token),
            })}
        </Doorway>
    }
    .into_any()
}

fn form(name: String, token: String, action: Post<ConfirmAddress>) -> AnyView {
    view! {
        <p>"You are signed in as " <strong>{name}</strong> "."</p>
        <Form action done="Your address is confirmed.">
            <input type="hidden" name="token" value=token/>
            <Submit label="Confirm address"/>
        </Form>
    }
    .into_any()
}

fn sign_in_first(token: &str) -> AnyView {
    let back = format!("/confirm-address?token={}", Url::escape(token));
    let href = format!("/sign-in?next={}", Url::escape(&back));
    view! {
        <p>"Please sign in to the account that you are confirming."</p>
        <a class="button button-primary" href=href>"Sign in"</a>
    }
    .into_any()
}
