//! Who is signed in, at the foot of a sidebar, with what is theirs in a menu.

use super::ThemePicker;
use crate::ui::{BareForm, Icon, IconView, Post};
use crate::users::server_fns::SignOut;
use leptos::prelude::*;

/// The button and its menu. `more`: one more place to go, where there is one.
pub fn person(
    name: &str,
    email: &str,
    more: Option<(&'static str, Icon, &'static str)>,
) -> AnyView {
    let sign_out = Post::<SignOut>::new();
    let initial: String = name.chars().take(1).flat_map(char::to_uppercase).collect();
    view! {
        <button type="button" class="switcher person" popovertarget="person">
            <span class="avatar" aria-hidden="true">{initial}</span>
            <span class="switcher-name">{name.to_owned()}</span>
            <IconView icon=Icon::ChevronsUpDown/>
        </button>
        <div class="menu menu-bottom" id="person" popover="auto">
            <p class="menu-title">{email.to_owned()}</p>
            <ThemePicker/>
            <hr/>
            {more.map(|(href, icon, words)| view! {
                <a class="menu-item" href=href>
                    <IconView icon/>
                    {words}
                </a>
            })}
            <a class="menu-item" href="/account">
                <IconView icon=Icon::User/>
                "Your account"
            </a>
            <BareForm action=sign_out>
                <button type="submit" class="menu-item">
                    <IconView icon=Icon::SignOut/>
                    "Sign out"
                </button>
            </BareForm>
        </div>
    }
    .into_any()
}
