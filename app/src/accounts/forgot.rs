//! `/forgot`: asks for a link to choose a new password.

use super::server_fns::ForgotPassword;
use crate::ui::{Alert, Field, Form, Post, Submit, Tone, query_is};
use crate::users::Doorway;
use leptos::prelude::*;

const SENT: &str =
    "If there is an account with this address, a link is on its way. It works for an hour.";

#[component]
pub fn ForgotPage() -> AnyView {
    let action = Post::<ForgotPassword>::new();
    let sent = query_is("sent", "yes");
    let value = action.value();
    let sent = move || sent.get() || value.with(|value| matches!(value, Some(Ok(()))));
    view! {
        <Doorway title="Forgot your password?" about="We send you a link to choose a new one.">
            <div aria-live="polite">
                {move || sent().then(|| view! { <Alert tone=Tone::Good text=SENT/> })}
            </div>
            <Form action>
                <Field label="Email" name="email" kind="email" autocomplete="username" required=true autofocus=true/>
                <Submit label="Send the link"/>
            </Form>
            <p class="doorway-other">
                "Remembered it? " <a class="link" href="/sign-in">"Sign in"</a>
            </p>
        </Doorway>
    }
    .into_any()
}
