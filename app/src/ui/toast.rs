//! Short messages in the corner, read out by assistive technology and gone after a while.

use super::{Icon, IconView};
use crate::Visit;
use leptos::prelude::*;
use std::time::Duration;

/// The messages on the screen; the number tells equal ones apart.
#[derive(Clone, Copy)]
struct Shown(RwSignal<Vec<(usize, String)>>);

pub(crate) fn provide_toasts() {
    let notice = Visit::current().notice.map(|message| (0, message));
    provide_context(Shown(RwSignal::new(notice.into_iter().collect())));
}

/// Says something for five seconds.
pub fn toast(message: &str) {
    let Some(Shown(shown)) = use_context() else {
        return;
    };
    let number = shown.with_untracked(|all| all.last().map_or(1, |last| last.0 + 1));
    shown.update(|all| all.push((number, message.into())));
    set_timeout(move || forget(shown, number), Duration::from_secs(5));
}

fn forget(shown: RwSignal<Vec<(usize, String)>>, number: usize) {
    shown.update(|all| all.retain(|one| one.0 != number));
}

#[component]
pub(crate) fn Toasts() -> AnyView {
    let Some(Shown(shown)) = use_context() else {
        return ().into_any();
    };
    let one = move |(number, message): (usize, String)| {
        view! {
            <div class="toast">
                <IconView icon=Icon::CircleCheck/>
                <p>{message}</p>
                <button
                    type="button"
                    class="button button-quiet button-icon"
                    aria-label="Dismiss"
                    on:click=move |_| forget(shown, number)
                >
                    <IconView icon=Icon::X/>
                </button>
            </div>
        }
        .into_any()
    };
    view! {
        <div class="toasts" role="status" aria-live="polite">
            {move || shown.get().into_iter().map(one).collect::<Vec<_>>()}
        </div>
    }
    .into_any()
}
