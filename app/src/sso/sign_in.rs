//! `/sign-in/sso`: an address leads to its company's provider.

use crate::{sign_in_with::WhyNot, ui::Look, users::Doorway};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn SignInSsoPage() -> AnyView {
    let query = use_query_map();
    let next = query.with_untracked(|query| query.get("next").unwrap_or_default());
    view! {
        <Doorway title="Single sign-on" about="Your address leads to your company's own sign-in.">
            <WhyNot/>
            <form action="/sign-in/sso/start" method="post">
                <div class="form">
                    <input type="hidden" name="next" value=next/>
                    <div class="field">
                        <label class="label" for="sso-email">"Work email"</label>
                        <input class="input" id="sso-email" type="email" name="email" autocomplete="username" required autofocus/>
                    </div>
                    <button type="submit" class=Look::Primary.class()>"Continue with SSO"</button>
                </div>
            </form>
            <p class="doorway-other">
                <a class="link" href="/sign-in">"Sign in another way"</a>
            </p>
        </Doorway>
    }
    .into_any()
}
