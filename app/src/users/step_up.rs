//! `/step-up`: shows that it is still the person themselves, before something dangerous.

use super::{
    Doorway,
    second_step::answers,
    server_fns::{StepUp, steps_up_by},
};
use crate::sign_in_with::{WhyNot, buttons};
use crate::ui::{Field, Form, LinkButton, Post, Submit, data, load};
use api_types::accounts::StepUpWays;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn StepUpPage() -> AnyView {
    let action = Post::<StepUp>::new();
    let query = use_query_map();
    let next = query.with_untracked(|query| query.get("next").unwrap_or_default());
    let known = data(|| (), |()| steps_up_by());
    view! {
        <Doorway
            title="Confirm that it is you"
            about="What you are about to do could lock somebody out, or let somebody in. You are asked again after ten minutes."
        >
            <WhyNot/>
            {load(known, move |known| ways(known, &next, action))}
        </Doorway>
    }
    .into_any()
}

/// Only what the person has.
fn ways(known: StepUpWays, next: &str, action: Post<StepUp>) -> AnyView {
    if known.is_empty() {
        return none();
    }
    let has_own = known.factors.any() || known.password;
    let own = if known.factors.any() {
        answers(known.factors, action, next.into(), "Continue")
    } else if known.password {
        by_password(next.into(), action)
    } else {
        ().into_any()
    };
    let company = known.company.then(|| by_company(next));
    view! {
        {own}
        {buttons(known.providers, "step_up", "Confirm with", next, has_own)}
        {company}
    }
    .into_any()
}

fn by_company(next: &str) -> AnyView {
    let href = super::leading_to("/sign-in/sso", next);
    view! {
        <p class="doorway-other">
            "You came by your company's account: "
            <a class="link" href=href>"Sign in with it again"</a>
        </p>
    }
    .into_any()
}

/// What let them in is gone since then.
fn none() -> AnyView {
    view! {
        <p>"Nothing that you have can confirm it. Choose a password: we send you a link for it."</p>
        <LinkButton href=Signal::stored("/forgot".to_string()) label="Choose a password"/>
    }
    .into_any()
}

fn by_password(next: String, action: Post<StepUp>) -> AnyView {
    view! {
        <Form action>
            <input type="hidden" name="next" value=next/>
            <Field
                label="Password"
                name="password"
                kind="password"
                autocomplete="current-password"
                required=true
                autofocus=true
            />
            <Submit label="Continue"/>
        </Form>
    }
    .into_any()
}
