//! Buttons, and links that look like them.

use super::{Icon, IconView, form::FormState};
use leptos::prelude::*;

/// How much a button stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// The one thing to do here.
    #[default]
    Primary,
    Secondary,
    /// Text alone, for rows and toolbars.
    Quiet,
    /// Cannot be undone.
    Danger,
}

impl Look {
    pub fn class(self) -> &'static str {
        match self {
            Self::Primary => "button button-primary",
            Self::Secondary => "button",
            Self::Quiet => "button button-quiet",
            Self::Danger => "button button-danger",
        }
    }
}

/// The button that sends the form around it. While the form is on its way it says so and does
/// nothing more.
#[component]
pub fn Submit(
    #[prop(into)] label: String,
    #[prop(optional)] look: Look,
    #[prop(optional)] icon: Option<Icon>,
    /// The name and value sent along, for a form with several buttons.
    #[prop(optional)]
    name: Option<&'static str>,
    #[prop(optional, into)] value: Option<String>,
) -> AnyView {
    let pending = use_context::<FormState>().map(|form| form.pending);
    let pending = move || pending.is_some_and(|pending| pending.get());
    view! {
        <button
            type="submit"
            class=look.class()
            name=name
            value=value
            aria-disabled=move || pending().then_some("true")
            aria-busy=move || pending().then_some("true")
        >
            {icon.map(|icon| view! { <IconView icon/> })}
            {label}
        </button>
    }
    .into_any()
}

/// A link to a page or a dialog that looks like a button.
#[component]
pub fn LinkButton(
    #[prop(into)] href: Signal<String>,
    #[prop(into)] label: String,
    #[prop(default = Look::Secondary)] look: Look,
    #[prop(optional)] icon: Option<Icon>,
) -> AnyView {
    view! {
        <a class=look.class() href=move || href.get() data-noscroll="true">
            {icon.map(|icon| view! { <IconView icon/> })}
            {label}
        </a>
    }
    .into_any()
}

/// A quiet link at the end of a row; its name says of which row.
#[component]
pub fn RowLink(
    #[prop(into)] href: String,
    word: &'static str,
    icon: Icon,
    #[prop(into)] of: String,
) -> AnyView {
    let label = format!("{word} {of}");
    view! {
        <a class="button button-quiet" href=href aria-label=label data-noscroll="true">
            <IconView icon/>
            {word}
        </a>
    }
    .into_any()
}
