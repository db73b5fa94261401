//! A button that has a passkey answer, and sends the answer where the page's form goes.

use super::browser;
use crate::{
    UiError,
    ui::{Alert, Look, Post, Posted, Tone},
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::location::Url;
use std::pin::Pin;

/// What a device is to sign, on its way from the server.
pub type Asked = Pin<Box<dyn Future<Output = Result<String, UiError>>>>;

/// Only there once the browser's half runs. `form` says itself what it thinks of the answer when it
/// is on the page as a form too (`told`).
#[component]
pub fn PasskeyButton<F: Posted>(
    label: &'static str,
    action: Post<F>,
    begin: fn() -> Asked,
    next: String,
    #[prop(optional)] told: bool,
) -> AnyView {
    let value = action.value();
    let refused = Signal::derive(move || {
        let refused = value.with(|value| value.as_ref()?.as_ref().err().map(ToString::to_string));
        refused.filter(|_| !told)
    });
    let send = Callback::new(move |answer: String| {
        let next = Url::escape(&next);
        action.send(format!("passkey={}&next={next}", Url::escape(&answer)));
    });
    button(label, begin, send, refused)
}

/// The part that is the same for every form, compiled once.
fn button(
    label: &'static str,
    begin: fn() -> Asked,
    send: Callback<String>,
    refused: Signal<Option<String>>,
) -> AnyView {
    let failed = RwSignal::new(None::<String>);
    let ask = move |_| {
        failed.set(None);
        spawn_local(async move {
            match answered(begin()).await {
                Ok(answer) => send.run(answer),
                Err(message) => drop(failed.try_set(Some(message))),
            }
        });
    };
    let said = move || failed.get().or_else(|| refused.get());
    view! {
        <div class="passkey" data-live="true">
            <button type="button" class=Look::Secondary.class() on:click=ask>{label}</button>
            <div aria-live="polite">
                {move || said().map(|text| view! { <Alert tone=Tone::Bad text/> })}
            </div>
        </div>
    }
    .into_any()
}

async fn answered(asked: Asked) -> Result<String, String> {
    let options = asked.await.map_err(|error| error.to_string())?;
    browser::get(&options).await
}
