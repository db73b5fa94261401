//! `/sign-up`.

use super::{Doorway, server_fns::SignUp};
use crate::sign_in_with::Providers;
use crate::ui::{Field, Form, Post, Submit};
use leptos::prelude::*;

#[component]
pub fn SignUpPage() -> AnyView {
    let action = Post::<SignUp>::new();
    view! {
        <Doorway
            title="Create your account"
            about="One place to let MCP clients in, see what they do, and shut them out."
        >
            <Form action>
                <Field label="Your name" name="name" autocomplete="name" required=true maxlength=100 autofocus=true/>
                <Field label="Work email" name="email" kind="email" autocomplete="username" required=true/>
                <Field
                    label="Password"
                    name="password"
                    kind="password"
                    autocomplete="new-password"
                    required=true
                    minlength=10
                    hint="At least 10 characters. A phrase you can remember is best."
                />
                <FirstTenantField/>
                <Submit label="Create account"/>
            </Form>
            <Providers wish="sign_in" words="Sign up with"/>
            <p class="doorway-other">
                "Already have an account? " <a class="link" href="/sign-in">"Sign in"</a>
            </p>
        </Doorway>
    }
    .into_any()
}

/// How somebody's first tenant is called, on every page that makes an account.
#[component]
pub fn FirstTenantField(
    #[prop(default = true)] required: bool,
    #[prop(default = "Becomes your first tenant. You can rename it later.")] hint: &'static str,
) -> AnyView {
    view! {
        <Field
            label="Company or team"
            name="tenant_name"
            autocomplete="organization"
            required
            maxlength=80
            hint
        />
    }
    .into_any()
}
