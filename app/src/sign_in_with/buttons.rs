//! A button a provider: a plain form, because what follows is another site.

use super::server_fns::sign_in_providers;
use crate::ui::{Alert, Look, Tone, data, load};
use api_types::sign_in_with::{Failure, ProviderView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Every provider, for signing in or up.
#[component]
pub fn Providers(
    wish: &'static str,
    words: &'static str,
    #[prop(optional)] next: String,
) -> AnyView {
    let providers = data(|| (), |()| sign_in_providers());
    load(providers, move |providers| {
        buttons(providers, wish, words, &next, true)
    })
}

/// The same for some of them, perhaps below another way; nothing if there are none.
pub fn buttons(
    providers: Vec<ProviderView>,
    wish: &'static str,
    words: &str,
    next: &str,
    below: bool,
) -> AnyView {
    if providers.is_empty() {
        return ().into_any();
    }
    let buttons: Vec<AnyView> = providers
        .iter()
        .map(|provider| button(provider, wish, words, next))
        .collect();
    let or = below.then(|| view! { <p class="providers-or"><span>"or"</span></p> });
    view! {
        <div class="providers">
            {or}
            {buttons}
        </div>
    }
    .into_any()
}

/// The form of one provider.
pub(super) fn button(
    provider: &ProviderView,
    wish: &'static str,
    words: &str,
    next: &str,
) -> AnyView {
    let action = format!("/sign-in/with/{}", provider.id);
    view! {
        <form action=action method="post">
            <input type="hidden" name="wish" value=wish/>
            <input type="hidden" name="next" value=next.to_string()/>
            <button type="submit" class=Look::Secondary.class()>
                {words.to_string()} " " {provider.name.clone()}
            </button>
        </form>
    }
    .into_any()
}

/// Why the last try came to nothing, where the address says that it did.
#[component]
pub fn WhyNot() -> AnyView {
    let query = use_query_map();
    let failed =
        Signal::derive(move || query.with(|query| Failure::parse(query.get_str("failed")?)));
    let linked = Signal::derive(move || query.with(|query| query.get_str("linked").is_some()));
    let words = move || {
        let failed = failed.get().map(|failure| (Tone::Bad, failure.message()));
        let linked = linked.get().then_some((
            Tone::Good,
            "The account is linked, and signs you in from now on.",
        ));
        let (tone, text) = failed.or(linked)?;
        Some(view! { <Alert tone text/> })
    };
    view! { <div aria-live="polite">{words}</div> }.into_any()
}
