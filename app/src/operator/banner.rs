//! Above every page of a tenant that an operator looks at.

use super::server_fns::LeaveVisited;
use crate::{
    tenants::go_there,
    ui::{Alert, BareForm, Post, Tone, moment},
};
use api_types::operator::SupportView;
use leptos::prelude::*;

#[component]
pub fn VisitBanner(name: String, support: SupportView) -> AnyView {
    let action = Post::<LeaveVisited>::new();
    go_there(action.value().into());
    let text = format!(
        "You look at {name} as an operator, with its consent until {}. You can change nothing.",
        moment(support.until)
    );
    view! {
        <section class="banner" aria-label="Support access">
            <Alert tone=Tone::Warning text/>
            <BareForm action>
                <button type="submit" class="button">"Leave tenant"</button>
            </BareForm>
        </section>
    }
    .into_any()
}
