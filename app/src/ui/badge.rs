//! A word with a colour that says how things stand.

use leptos::prelude::*;

/// What the colour says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Neutral,
    Good,
    Warning,
    Bad,
    Accent,
}

impl Tone {
    pub fn class(self) -> &'static str {
        match self {
            Self::Neutral => "badge",
            Self::Good => "badge badge-good",
            Self::Warning => "badge badge-warning",
            Self::Bad => "badge badge-bad",
            Self::Accent => "badge badge-accent",
        }
    }
}

#[component]
pub fn Badge(#[prop(optional)] tone: Tone, #[prop(into)] text: String) -> AnyView {
    view! { <span class=tone.class()>{text}</span> }.into_any()
}
