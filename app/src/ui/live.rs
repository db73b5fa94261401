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
/// After a stream was refused.
const AGAIN: Duration = Duration::from_secs(10);

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

/// An open stream with what listens to it.
type Stream = (EventSource, [Closure<dyn Fn()>; 3]);

/// What a stream needs of its page.
#[derive(Clone, Copy)]
struct Listener {
    connected: RwSignal<bool>,
    changed: Callback<()>,
    waiting: StoredValue<bool>,
    was_open: StoredValue<bool>,
    stream: StoredValue<Option<Stream>, LocalStorage>,
}

/// Listens until the page is left. What was told while nobody listened went past the page.
fn follow(address: &str, connected: RwSignal<bool>, changed: Callback<()>) {
    let listener = Listener {
        connected,
        changed,
        waiting: StoredValue::new(false),
        was_open: StoredValue::new(false),
        stream: StoredValue::new_local(None),
    };
    listener.open(address.to_owned());
    on_cleanup(move || {
        _ = listener.stream.try_update_value(|stream| {
            if let Some((source, _)) = stream.take() {
                source.close();
            }
        });
    });
}

impl Listener {
    fn open(self, address: String) {
        let Ok(source) = EventSource::new(&address) else {
            return;
        };
        let on_open = Closure::<dyn Fn()>::new(move || self.is_open());
        let on_change = Closure::<dyn Fn()>::new(move || self.load_soon());
        let on_error = Closure::<dyn Fn()>::new(move || self.is_broken(&address));
        source.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        source.set_onmessage(Some(on_change.as_ref().unchecked_ref()));
        source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        self.stream
            .set_value(Some((source, [on_open, on_change, on_error])));
    }

    fn is_open(self) {
        self.connected.set(true);
        if self
            .was_open
            .try_update_value(|was| mem::replace(was, true))
            == Some(true)
        {
            self.load_soon();
        }
    }

    fn load_soon(self) {
        if self.waiting.try_get_value() == Some(false) {
            self.waiting.set_value(true);
            let load = move || {
                if self.waiting.try_set_value(false).is_none() {
                    self.changed.run(());
                }
            };
            set_timeout(load, REST);
        }
    }

    /// The browser connects again by itself, unless it was answered with an error, as by a proxy whose server restarts.
    fn is_broken(self, address: &str) {
        self.connected.set(false);
        let has_given_up = self.stream.try_with_value(|stream| {
            let source = stream.as_ref().map(|(source, _)| source);
            source.is_some_and(|source| source.ready_state() == EventSource::CLOSED)
        });
        if has_given_up == Some(true) {
            let address = address.to_owned();
            let again = move || {
                // Not on a page that was left.
                if self.was_open.try_set_value(true).is_none() {
                    self.open(address);
                }
            };
            set_timeout(again, AGAIN);
        }
    }
}
