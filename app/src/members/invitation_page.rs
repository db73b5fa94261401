//! `/invitations?token=…`: what the holder of an invitation's link sees, and how they join.

use super::server_fns::{AcceptInvitation, JoinWithNewAccount, look_at_invitation};
use crate::{
    sign_in_with::{buttons, server_fns::sign_in_providers},
    ui::{Alert, Field, Form, Post, Submit, Tone, data},
    users::{Doorway, invitation_path, server_fns::SignOut, sign_in_path},
};
use api_types::{members::Offer, sign_in_with::ProviderView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn InvitationPage() -> AnyView {
    let query = use_query_map();
    let token = query.with_untracked(|query| query.get("token").unwrap_or_default());
    let (accept, join) = (
        Post::<AcceptInvitation>::new(),
        Post::<JoinWithNewAccount>::new(),
    );
    let sign_out = Post::<SignOut>::new();
    let asked = token.clone();
    let offer = data(move || asked.clone(), look_at_invitation);
    let providers = data(|| (), |()| sign_in_providers());
    let content = move || {
        let token = token.clone();
        Suspend::new(async move {
            match offer.await {
                Ok(offer) => {
                    let providers = providers.await.unwrap_or_default();
                    invitation(offer, token, providers, accept, join, sign_out)
                }
                Err(error) if error.is_not_found() => over(),
                Err(error) => view! { <Alert tone=Tone::Bad text=error.to_string()/> }.into_any(),
            }
        })
    };
    view! {
        <Doorway title="Invitation" about="Joining a tenant of Bulkhead.">
            <Transition fallback=|| ()>{content}</Transition>
        </Doorway>
    }
    .into_any()
}

fn over() -> AnyView {
    crate::set_not_found();
    view! {
        <Alert
            tone=Tone::Warning
            text="This invitation does not work: it was used, taken back or replaced, or it is older \
                  than 7 days. Ask whoever invited you to send it again."
        />
    }
    .into_any()
}

fn invitation(
    offer: Offer,
    token: String,
    providers: Vec<ProviderView>,
    accept: Post<AcceptInvitation>,
    join: Post<JoinWithNewAccount>,
    sign_out: Post<SignOut>,
) -> AnyView {
    let words = view! {
        <p>
            {offer.invited_by.clone()} " invites " <strong>{offer.email.clone()}</strong> " to join "
            <strong>{offer.tenant_name.clone()}</strong> " with the role " {offer.role.clone()} "."
        </p>
    };
    let rest = match &offer.signed_in_as {
        Some(email) if *email == offer.email => join_as_one_is(token, accept),
        Some(email) => wrong_account(email, &offer.email, sign_out),
        None if offer.has_account => sign_in_first(&token),
        None => new_account(offer.email.clone(), token, providers, join),
    };
    view! { {words} {rest} }.into_any()
}

fn join_as_one_is(token: String, accept: Post<AcceptInvitation>) -> AnyView {
    view! {
        <Form action=accept>
            <input type="hidden" name="token" value=token/>
            <Submit label="Join"/>
        </Form>
    }
    .into_any()
}

fn wrong_account(own: &str, invited: &str, sign_out: Post<SignOut>) -> AnyView {
    let text = format!(
        "You are signed in as {own}, and this invitation is for {invited}. Sign out, and follow the \
         link again with the right account."
    );
    view! {
        <Alert tone=Tone::Warning text/>
        <Form action=sign_out>
            <Submit label="Sign out"/>
        </Form>
    }
    .into_any()
}

fn sign_in_first(token: &str) -> AnyView {
    let href = sign_in_path(Some(&invitation_path(token)));
    view! {
        <p>"This address has an account already."</p>
        <a class="button button-primary" href=href>"Sign in to join"</a>
    }
    .into_any()
}

fn new_account(
    email: String,
    token: String,
    providers: Vec<ProviderView>,
    join: Post<JoinWithNewAccount>,
) -> AnyView {
    let invitation = invitation_path(&token);
    view! {
        <Form action=join>
            <input type="hidden" name="token" value=token/>
            <div class="field">
                <span class="label">"Email"</span>
                <p>{email}</p>
            </div>
            <Field label="Your name" name="name" autocomplete="name" required=true maxlength=100/>
            <Field
                label="Password"
                name="password"
                kind="password"
                autocomplete="new-password"
                required=true
                minlength=10
                hint="At least 10 characters. A phrase you can remember is best."
            />
            <Submit label="Create account and join"/>
        </Form>
        {buttons(providers, "sign_in", "Join with", &invitation, true)}
    }
    .into_any()
}
