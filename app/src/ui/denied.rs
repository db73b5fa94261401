//! Why something is missing on a page: what the viewer may not do, and who can let them.

use super::{Icon, IconView};
use api_types::Decision;
use leptos::prelude::*;

/// Nothing where it is allowed; else the sentence that a refusal would say.
#[component]
pub fn Denied(decision: Decision) -> AnyView {
    if decision.allowed {
        return ().into_any();
    }
    let why = crate::error::sentence(&decision.refusal().to_string());
    view! { <p class="denied"><IconView icon=Icon::Shield/><span>{why}</span></p> }.into_any()
}
