//! Above every page of a tenant, until its person has confirmed their address.

use super::server_fns::SendConfirmation;
use crate::ui::{Alert, BareForm, Post, Tone};
use leptos::prelude::*;

#[component]
pub fn ConfirmBanner(email: String) -> AnyView {
    let action = Post::<SendConfirmation>::new();
    let value = action.value();
    let said = move || {
        value.with(|value| match value {
            Some(Ok(())) => "The letter is on its way.".to_string(),
            Some(Err(error)) => error.to_string(),
            None => String::new(),
        })
    };
    let text = format!("Please confirm your address: we have sent a letter to {email}.");
    view! {
        <section class="banner" aria-label="Unconfirmed address">
            <Alert tone=Tone::Warning text/>
            <BareForm action>
                <button type="submit" class="button">"Send the letter again"</button>
            </BareForm>
            <p class="muted" aria-live="polite">{said}</p>
        </section>
    }
    .into_any()
}
