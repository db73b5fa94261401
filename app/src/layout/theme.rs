//! Light, dark or as the system is. Kept in a cookie, so that the server already sends the right one.

use crate::{
    Visit,
    ui::{BareForm, Icon, IconView, Post},
    users::server_fns::SetTheme,
    visit::Theme,
};
use leptos::prelude::*;

#[component]
pub fn ThemePicker() -> AnyView {
    let action = Post::<SetTheme>::new();
    let now = RwSignal::new(Visit::current().theme);
    let choices: Vec<AnyView> = Theme::ALL
        .into_iter()
        .map(|theme| choice(theme, now))
        .collect();
    view! {
        <BareForm action>
            <div class="segmented" role="group" aria-label="Theme">{choices}</div>
        </BareForm>
    }
    .into_any()
}

fn choice(theme: Theme, now: RwSignal<Theme>) -> AnyView {
    let icon = match theme {
        Theme::Light => Icon::Sun,
        Theme::Dark => Icon::Moon,
        Theme::System => Icon::Laptop,
    };
    view! {
        <button
            type="submit"
            name="theme"
            value=theme.as_str()
            title=theme.label()
            aria-label=theme.label()
            aria-pressed=move || if now.get() == theme { "true" } else { "false" }
            on:click=move |_| {
                now.set(theme);
                apply(theme);
            }
        >
            <IconView icon/>
        </button>
    }
    .into_any()
}

/// Shows the page in this theme at once.
pub fn apply(theme: Theme) {
    let Some(html) = document().document_element() else {
        return;
    };
    _ = match theme.attribute() {
        Some(word) => html.set_attribute("data-theme", word),
        None => html.remove_attribute("data-theme"),
    };
}
