//! Pages that move by themselves: the server says over SSE that something changed, and the page
//! loads its data again, at most once a second, and not while somebody fills in a dialog.

use super::use_path;
use crate::Visit;
use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, closure::Closure},
};
use leptos_router::hooks::use_query_map;
use std::{mem, time::Duration};
use web_sys::EventSource;

const REST: Duration = Duration::from_secs(1);

/// Follows the stream at an address and says whether it does. What changed since the page was rendered is told as soon as
/// the stream is open. A page that was come to without rendering says when the first one was: that is too early, and
/// loads it once too often at worst.
#[component]
pub fn Live(address: Signal<String>, changed: impl Fn() + Copy + Send + Sync + 'static) -> AnyView {
    let connected = RwSignal::new(false);
    let changed = unless_a_dialog_is_open(changed);
    let since = Visit::current().rendered_at;
    Effect::new(move |_| {
        let address = format!("{}?since={since}", address.get());
        follow(&address, connected, changed);
    });
    let words = move || if connected.get() { "Live" } else { "Not live" };
    view! {
        <span class="live" data-live="true" class:live-on=move || connected.get() role="status">
            <span class="live-dot" aria-hidden="true"></span>
            {words}
        </span>
    }
    .into_any()
}

/// Does it now, or once the dialog that is open is closed: one that is drawn anew forgets what was typed. Other forms
/// keep it, for their fields stay the same elements. Not at all where the dialog led to another page.
fn unless_a_dialog_is_open(act: impl Fn() + Copy + Send + Sync + 'static) -> Callback<()> {
    let (query, path) = (use_query_map(), use_path());
    let has_dialog = move || query.with(|query| query.get_str("dialog").is_some());
    let here = move || path.get_untracked();
    let missed = StoredValue::new(None);
    Effect::new(move |_| {
        if !has_dialog() && missed.get_value() == Some(here()) {
            missed.set_value(None);
            act();
        }
    });
    Callback::new(move |()| {
        if untrack(has_dialog) {
            missed.set_value(Some(here()));
        } else {
            act();
        }
    })
}

/// Listens until the page is left. The browser connects again by itself; what was told meanwhile went past the page.
fn follow(address: &str, connected: RwSignal<bool>, changed: Callback<()>) {
    let Ok(source) = EventSource::new(address) else {
        return;
    };
    let waiting = StoredValue::new(false);
    let load_soon = move || {
        if waiting.try_get_value() == Some(false) {
            waiting.set_value(true);
            let load = move || {
                if waiting.try_set_value(false).is_none() {
                    changed.run(());
                }
            };
            set_timeout(load, REST);
        }
    };
    let was_open = StoredValue::new(false);
    let on_open = Closure::<dyn Fn()>::new(move || {
        connected.set(true);
        if was_open.try_update_value(|was_open| mem::replace(was_open, true)) == Some(true) {
            load_soon();
        }
    });
    let on_error = Closure::<dyn Fn()>::new(move || connected.set(false));
    let on_change = Closure::<dyn Fn()>::new(load_soon);
    source.set_onopen(Some(on_open.as_ref().unchecked_ref()));
    source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    source.set_onmessage(Some(on_change.as_ref().unchecked_ref()));
    let held = StoredValue::new_local((source, on_open, on_error, on_change));
    on_cleanup(move || {
        _ = held.try_with_value(|(source, ..)| source.close());
    });
}
