//! `/sign-in`.

use super::{Doorway, server_fns::SignIn};
use crate::{
    passkeys::{
        PasskeyButton,
        server_fns::{SignInWithPasskey, begin_passkey_sign_in},
    },
    sign_in_with::{Providers, WhyNot},
    ui::{Field, Form, Post, Submit},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn SignInPage() -> AnyView {
    let action = Post::<SignIn>::new();
    let by_passkey = Post::<SignInWithPasskey>::new();
    let query = use_query_map();
    let next = query.with_untracked(|query| query.get("next").unwrap_or_default());
    let after = next.clone();
    let next_of = next.clone();
    let sso = super::leading_to("/sign-in/sso", &next);
    view! {
        <Doorway title="Sign in" about="Welcome back.">
            <WhyNot/>
            <Form action>
                <input type="hidden" name="next" value=next/>
                <Field label="Email" name="email" kind="email" autocomplete="username" required=true autofocus=true/>
                <Field
                    label="Password"
                    name="password"
                    kind="password"
                    autocomplete="current-password"
                    required=true
                />
                <Submit label="Sign in"/>
            </Form>
            <PasskeyButton
                label="Sign in with a passkey"
                action=by_passkey
                begin=|| Box::pin(begin_passkey_sign_in())
                next=after
            />
            <Providers wish="sign_in" words="Sign in with" next=next_of/>
            <p class="doorway-other">
                <a class="link" href=sso>"Continue with SSO"</a>
            </p>
            <p class="doorway-other">
                <a class="link" href="/forgot">"Forgot your password?"</a>
            </p>
            <p class="doorway-other">
                "New here? " <a class="link" href="/sign-up">"Create an account"</a>
            </p>
        </Doorway>
    }
    .into_any()
}
