//! How a tenant stands with its plan, as a badge.

use crate::ui::{Badge, Tone};
use api_types::plans::PlanState;
use leptos::prelude::*;

/// Calm while all is well.
#[component]
pub fn StandingBadge(state: PlanState) -> AnyView {
    let tone = match state {
        PlanState::Active => Tone::Good,
        PlanState::Trialing => Tone::Accent,
        PlanState::PastDue => Tone::Warning,
        PlanState::Suspended => Tone::Bad,
    };
    view! { <Badge tone text=state.label()/> }.into_any()
}
