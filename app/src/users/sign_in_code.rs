//! `/sign-in/code`: the second step of a sign-in.

use super::{Doorway, server_fns::SignInWithCode};
use crate::ui::{Field, Form, Post, Submit};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn SignInCodePage() -> AnyView {
    let action = Post::<SignInWithCode>::new();
    let query = use_query_map();
    let next = query.with_untracked(|query| query.get("next").unwrap_or_default());
    view! {
        <Doorway title="Enter your code" about="One more step: your second factor.">
            <Form action>
                <input type="hidden" name="next" value=next/>
                <Field
                    label="Code"
                    name="code"
                    autocomplete="one-time-code"
                    required=true
                    autofocus=true
                    maxlength=30
                    hint="Six digits from your authenticator app, or one of your recovery codes."
                />
                <Submit label="Sign in"/>
            </Form>
            <p class="doorway-other">
                "Not you? " <a class="link" href="/sign-in">"Start again"</a>
            </p>
        </Doorway>
    }
    .into_any()
}
