//! What a person answers with besides their password: the same at sign-in and to confirm that it is
//! them.

use crate::{
    passkeys::{PasskeyButton, server_fns::begin_passkey_check},
    ui::{Field, Form, Post, Posted, Submit},
};
use api_types::accounts::Factors;
use leptos::prelude::*;

/// A passkey's button where they have one, and the field for codes; recovery codes stand in for
/// either.
pub fn answers<F: Posted>(
    factors: Factors,
    action: Post<F>,
    next: String,
    submit: &'static str,
) -> AnyView {
    let hint = if factors.app {
        "Six digits from your authenticator app, or one of your recovery codes."
    } else {
        "One of your recovery codes, if your passkey is not at hand."
    };
    let passkey = factors.passkey.then(|| {
        view! {
            <PasskeyButton
                label="Use a passkey"
                action
                begin=|| Box::pin(begin_passkey_check())
                next=next.clone()
                told=true
            />
            <p class="muted needs-scripts">"Answering with a passkey needs JavaScript."</p>
        }
    });
    view! {
        {passkey}
        <Form action>
            <input type="hidden" name="next" value=next.clone()/>
            <Field
                label="Code"
                name="code"
                autocomplete="one-time-code"
                required=true
                autofocus=true
                maxlength=30
                hint
            />
            <Submit label=submit/>
        </Form>
    }
    .into_any()
}
