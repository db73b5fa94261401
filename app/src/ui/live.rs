//! Pages that move by themselves: the server says over SSE that something changed, and the page
//! loads its data again, at most once a second.

use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, closure::Closure},
};
use std::time::Duration;
use web_sys::EventSource;

const REST: Duration = Duration::from_secs(1);

/// Follows the stream at an address and says whether it does.
#[component]
pub fn Live(address: Signal<String>, changed: impl Fn() + Copy + Send + Sync + 'static) -> AnyView {
    let connected = RwSignal::new(false);
    Effect::new(move |_| {
        follow(
            &address.get(),
            connected,
            Callback::new(move |()| changed()),
        );
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

/// Listens until the page is left. The browser connects again by itself.
fn follow(address: &str, connected: RwSignal<bool>, changed: Callback<()>) {
    let Ok(source) = EventSource::new(address) else {
        return;
    };
    let waiting = StoredValue::new(false);
    let on_open = Closure::<dyn Fn()>::new(move || connected.set(true));
    let on_error = Closure::<dyn Fn()>::new(move || connected.set(false));
    let on_change = Closure::<dyn Fn()>::new(move || {
        if waiting.try_get_value() == Some(false) {
            waiting.set_value(true);
            let load = move || {
                if waiting.try_set_value(false).is_none() {
                    changed.run(());
                }
            };
            set_timeout(load, REST);
        }
    });
    source.set_onopen(Some(on_open.as_ref().unchecked_ref()));
    source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    source.set_onmessage(Some(on_change.as_ref().unchecked_ref()));
    let held = StoredValue::new_local((source, on_open, on_error, on_change));
    on_cleanup(move || {
        _ = held.try_with_value(|(source, ..)| source.close());
    });
}
