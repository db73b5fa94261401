//! `/sign-in/code`: the second step of a sign-in.

use super::{
    Doorway,
    second_step::answers,
    server_fns::{SignInWithCode, second_step},
};
use crate::ui::{Post, data, load};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn SignInCodePage() -> AnyView {
    let action = Post::<SignInWithCode>::new();
    let query = use_query_map();
    let next = query.with_untracked(|query| query.get("next").unwrap_or_default());
    let factors = data(|| (), |()| second_step());
    view! {
        <Doorway title="One more step" about="Your second factor.">
            {load(factors, move |factors| answers(factors, action, next.clone(), "Sign in"))}
            <p class="doorway-other">
                "Not you? " <a class="link" href="/sign-in">"Start again"</a>
            </p>
        </Doorway>
    }
    .into_any()
}
