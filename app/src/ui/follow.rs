//! What a page follows: a part of its address, and what its forms have done.

use super::{Post, Posted};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// One named part of the page's path, such as `slug`.
pub fn use_param(name: &'static str) -> Signal<String> {
    let params = use_params_map();
    Signal::derive(move || params.with(|params| params.get(name).unwrap_or_default()))
}

/// Changes whenever a form was accepted, and not when it was refused: a page that loads again
/// then does not disturb what somebody is about to mend.
pub fn accepted<F: Posted>(action: Post<F>) -> Signal<usize> {
    let (value, version) = (action.value(), action.version());
    let latest = Memo::new(move |before: Option<&usize>| {
        let version = version.get();
        let good = value.with(|value| matches!(value, Some(Ok(_))));
        if good {
            version
        } else {
            before.copied().unwrap_or_default()
        }
    });
    latest.into()
}
