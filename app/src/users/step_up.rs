//! `/step-up`: shows that it is still the person themselves, before something dangerous.

use super::{
    Doorway,
    server_fns::{StepUp, steps_up_by_code},
};
use crate::sign_in_with::{StepUpProviders, WhyNot};
use crate::ui::{Field, Form, Post, Submit, data, load};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn StepUpPage() -> AnyView {
    let action = Post::<StepUp>::new();
    let query = use_query_map();
    let next = query.with_untracked(|query| query.get("next").unwrap_or_default());
    let next_of = next.clone();
    let sso = super::leading_to("/sign-in/sso", &next);
    let by_code = data(|| (), |()| steps_up_by_code());
    view! {
        <Doorway
            title="Confirm that it is you"
            about="What you are about to do could lock you out. You are asked again after ten minutes."
        >
            <WhyNot/>
            {load(by_code, move |by_code| form(by_code, next.clone(), action))}
            <StepUpProviders next=next_of/>
            <p class="doorway-other">
                "You came by your company's account? "
                <a class="link" href=sso>"Sign in with it again"</a>
            </p>
        </Doorway>
    }
    .into_any()
}

fn form(by_code: bool, next: String, action: Post<StepUp>) -> AnyView {
    let field = if by_code {
        view! {
            <Field
                label="Code"
                name="code"
                autocomplete="one-time-code"
                required=true
                autofocus=true
                maxlength=30
                hint="Six digits from your authenticator app, or one of your recovery codes."
            />
        }
        .into_any()
    } else {
        view! {
            <Field
                label="Password"
                name="password"
                kind="password"
                autocomplete="current-password"
                required=true
                autofocus=true
            />
        }
        .into_any()
    };
    view! {
        <Form action>
            <input type="hidden" name="next" value=next/>
            {field}
            <Submit label="Continue"/>
        </Form>
    }
    .into_any()
}
