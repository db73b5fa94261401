//! `/oauth/consent/{id}`: an app asks for rights, and a person decides.

use super::{consent_form::decision, server_fns::look_at_consent};
use crate::{
    ui::{Alert, Failure, Tone, data, use_param},
    users::Doorway,
};
use leptos::prelude::*;

#[component]
pub fn ConsentPage() -> AnyView {
    let id = use_param("id");
    let asked = data(move || id.get(), look_at_consent);
    let content = move || {
        Suspend::new(async move {
            match asked.await {
                Ok(view) => decision(view),
                Err(error) if error.is_not_found() => over(),
                Err(error) => view! { <Failure error/> }.into_any(),
            }
        })
    };
    view! {
        <Doorway title="Connect an app" about="Decide what it may do in your name.">
            <Transition fallback=|| ()>{content}</Transition>
        </Doorway>
    }
    .into_any()
}

fn over() -> AnyView {
    crate::set_not_found();
    view! {
        <div class="consent">
            <Alert
                tone=Tone::Warning
                text="This log-in request is over: they last 10 minutes. Start again in your app."
            />
        </div>
    }
    .into_any()
}
