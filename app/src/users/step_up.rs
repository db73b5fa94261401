//! `/step-up`: shows that it is still the person themselves, before something dangerous.

use super::{
    Doorway,
    second_step::answers,
    server_fns::{StepUp, steps_up_by},
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
    let factors = data(|| (), |()| steps_up_by());
    let next_of = next.clone();
    let sso = super::leading_to("/sign-in/sso", &next);
    view! {
        <Doorway
            title="Confirm that it is you"
            about="What you are about to do could lock somebody out, or let somebody in. You are asked again after ten minutes."
        >
            <WhyNot/>
            {load(factors, move |factors| {
                if factors.any() {
                    answers(factors, action, next.clone(), "Continue")
                } else {
                    by_password(next.clone(), action)
                }
            })}
            <StepUpProviders next=next_of/>
            <p class="doorway-other">
                "You came by your company's account? "
                <a class="link" href=sso>"Sign in with it again"</a>
            </p>
        </Doorway>
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
