//! Pages that follow what happens, and leave in peace whoever is filling in a form.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Does it now, or once the dialog that is open is closed: one that is drawn anew forgets what was typed.
pub fn unless_a_dialog_is_open(act: impl Fn() + Copy + Send + Sync + 'static) -> Callback<()> {
    let query = use_query_map();
    let has_dialog = move || query.with(|query| query.get_str("dialog").is_some());
    let missed = StoredValue::new(false);
    Effect::new(move |_| {
        if !has_dialog() && missed.get_value() {
            missed.set_value(false);
            act();
        }
    });
    Callback::new(move |()| {
        if untrack(has_dialog) {
            missed.set_value(true);
        } else {
            act();
        }
    })
}
