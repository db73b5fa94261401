//! Dialogs on the native element. A dialog is part of the address (`?dialog=new`), so that a link
//! opens it, the back button closes it, and both work without WebAssembly; with it the browser
//! makes the page behind inert and keeps the focus inside.

use super::{Icon, IconView, LinkButton, Look, Submit};
use leptos::{html, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
};

/// Whether the address says so, as in `?dialog=new`.
pub fn query_is(key: &'static str, value: &'static str) -> Signal<bool> {
    let query = use_query_map();
    Signal::derive(move || query.with(|query| query.get_str(key) == Some(value)))
}

/// The path of the page, which is where a dialog closes to.
pub fn use_path() -> Signal<String> {
    let location = use_location();
    Signal::derive(move || location.pathname.get())
}

/// A dialog, shown while `open`; closing it goes to `close_to`.
#[component]
pub fn Modal(
    #[prop(into)] title: String,
    #[prop(into)] open: Signal<bool>,
    #[prop(into)] close_to: Signal<String>,
    /// Wide enough for code.
    #[prop(optional)]
    wide: bool,
    children: ChildrenFn,
) -> AnyView {
    let dialog = NodeRef::<html::Dialog>::new();
    let heading = title.clone();
    follow(dialog, open);
    let navigate = use_navigate();
    let close = move || navigate(&close_to.get_untracked(), quietly());
    let closed = close.clone();
    let class = if wide { "modal modal-wide" } else { "modal" };
    let content = move || {
        let children = children.clone();
        open.get().then(move || children()).into_any()
    };
    view! {
        <dialog
            class=class
            node_ref=dialog
            open=open.get_untracked()
            aria-label=title
            on:cancel=move |event: web_sys::Event| {
                event.prevent_default();
                close();
            }
            on:click=move |event| {
                if is_backdrop(&event) {
                    closed();
                }
            }
        >
            <div class="modal-frame">
                <header class="modal-header">
                    <h2>{heading}</h2>
                    <a
                        class="button button-quiet button-icon"
                        href=move || close_to.get()
                        aria-label="Close"
                        data-noscroll="true"
                    >
                        <IconView icon=Icon::X/>
                    </a>
                </header>
                <div class="modal-body">{content}</div>
            </div>
        </dialog>
    }
    .into_any()
}

/// What ends the form in a dialog: the button that sends it, and one that closes the dialog.
#[component]
pub fn DialogButtons(
    label: &'static str,
    #[prop(optional)] look: Look,
    /// Where closing leads, if not to the page alone.
    #[prop(optional)]
    back: Option<Signal<String>>,
) -> AnyView {
    let href = back.unwrap_or_else(use_path);
    view! {
        <div class="form-actions">
            <Submit label look/>
            <LinkButton href label="Cancel" look=Look::Quiet/>
        </div>
    }
    .into_any()
}

/// Makes the dialog modal once the browser's half runs, and follows the address from then on.
fn follow(dialog: NodeRef<html::Dialog>, open: Signal<bool>) {
    Effect::new(move |_| {
        let open = open.get();
        let Some(dialog) = dialog.get() else { return };
        dialog.close();
        if open {
            _ = dialog.show_modal();
            focus_first_input(&dialog);
        }
    });
}

/// The browser would choose the button that closes the dialog.
fn focus_first_input(dialog: &web_sys::HtmlDialogElement) {
    use leptos::wasm_bindgen::JsCast;
    let inputs =
        ".modal-body :is(input:not([type=hidden], [type=radio]:not(:checked)), select, textarea)";
    let Ok(Some(input)) = dialog.query_selector(inputs) else {
        return;
    };
    if let Some(input) = input.dyn_ref::<web_sys::HtmlElement>() {
        _ = input.focus();
    }
}

/// A click on the dialog element itself is one beside its frame.
pub fn is_backdrop(event: &web_sys::MouseEvent) -> bool {
    use leptos::wasm_bindgen::JsCast;
    let target = event.target();
    target.is_some_and(|target| target.has_type::<web_sys::HtmlDialogElement>())
}

fn quietly() -> NavigateOptions {
    NavigateOptions {
        scroll: false,
        ..Default::default()
    }
}
