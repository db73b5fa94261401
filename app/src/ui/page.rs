//! The frames of a page: its header, cards, tables, notices and empty places.

use super::{Icon, IconView, Tone};
use leptos::prelude::*;
use leptos_meta::Title;

/// The title of a page, in the tab and on the page, with what one can do there at its side.
#[component]
pub fn PageHeader(
    #[prop(into)] title: String,
    #[prop(optional, into)] about: Option<String>,
    #[prop(optional)] children: Option<Children>,
) -> AnyView {
    view! {
        <Title text=title.clone()/>
        <header class="page-header">
            <div>
                <h1>{title}</h1>
                {about.map(|about| view! { <p class="muted">{about}</p> })}
            </div>
            {children.map(|children| view! { <div class="page-actions">{children()}</div> })}
        </header>
    }
    .into_any()
}

/// A bordered part of a page.
#[component]
pub fn Card(
    #[prop(optional, into)] title: Option<String>,
    #[prop(optional, into)] about: Option<String>,
    /// Without inner padding, for a table.
    #[prop(optional)]
    flush: bool,
    children: Children,
) -> AnyView {
    let body = if flush {
        "card-body card-flush"
    } else {
        "card-body"
    };
    view! {
        <section class="card">
            {title.map(|title| {
                view! {
                    <div class="card-header">
                        <h2>{title}</h2>
                        {about.map(|about| view! { <p class="muted">{about}</p> })}
                    </div>
                }
            })}
            <div class=body>{children()}</div>
        </section>
    }
    .into_any()
}

/// Around a table: lets it scroll sideways on a narrow screen, by keyboard too.
#[component]
pub fn TableFrame(#[prop(into)] label: String, children: Children) -> AnyView {
    view! {
        <div class="table-frame" role="region" aria-label=label tabindex="0">
            {children()}
        </div>
    }
    .into_any()
}

/// What a place says while nothing is in it, and how to change that.
#[component]
pub fn EmptyState(
    icon: Icon,
    #[prop(into)] title: String,
    #[prop(into)] about: String,
    #[prop(optional)] children: Option<Children>,
) -> AnyView {
    view! {
        <div class="empty">
            <span class="empty-icon"><IconView icon/></span>
            <p class="empty-title">{title}</p>
            <p class="muted">{about}</p>
            {children.map(|children| view! { <div class="page-actions">{children()}</div> })}
        </div>
    }
    .into_any()
}

/// A sentence that must be noticed.
#[component]
pub fn Alert(#[prop(optional)] tone: Tone, #[prop(into)] text: String) -> AnyView {
    let (class, icon) = match tone {
        Tone::Good => ("alert alert-good", Icon::CircleCheck),
        Tone::Bad => ("alert alert-bad", Icon::Alert),
        Tone::Warning => ("alert alert-warning", Icon::Alert),
        Tone::Neutral | Tone::Accent => ("alert", Icon::Shield),
    };
    view! { <div class=class><IconView icon/><p>{text}</p></div> }.into_any()
}
