//! `/`: nothing of its own; leads where the person belongs.

use super::server_fns::home;
use crate::ui::{data, load};
use leptos::prelude::*;
use leptos_router::components::Redirect;

#[component]
pub fn Home() -> AnyView {
    let target = data(|| (), |()| home());
    load(target, |path| view! { <Redirect path/> }.into_any())
}
