//! The frame around every page of a tenant: who is here, in which tenant, and where one can go.

mod nav;
mod palette;
mod place;
mod sidebar;
mod theme;

pub use place::{Here, Place, here};

use crate::ui::{Failure, Icon, IconView, data, use_param};
use leptos::prelude::*;
use leptos_router::components::Outlet;
use palette::Palette;
use sidebar::Sidebar;

/// `/t/{slug}` and everything below. A tenant that is not this person's looks like none at all.
#[component]
pub fn TenantLayout() -> AnyView {
    let slug = use_param("slug");
    let gate = data(move || slug.get(), here);
    let place = Place::provide();
    let content = move || {
        Suspend::new(async move {
            match gate.await {
                Ok(here) => {
                    place.set(here);
                    view! { <Frame place/> }.into_any()
                }
                Err(error) => {
                    view! { <main id="main" tabindex="-1"><Failure error/></main> }.into_any()
                }
            }
        })
    };
    view! { <Transition fallback=|| ()>{content}</Transition> }.into_any()
}

#[component]
fn Frame(place: Place) -> AnyView {
    view! {
        // External to the router, which would change the address and leave the focus here.
        <a class="skip-link" href="#main" rel="external">"Skip to content"</a>
        <div class="frame">
            <header class="top-bar">
                <button
                    type="button"
                    class="button button-quiet button-icon"
                    popovertarget="sidebar"
                    aria-label="Menu"
                >
                    <IconView icon=Icon::Menu/>
                </button>
                <span class="top-bar-title">{move || place.tenant_name()}</span>
                <palette::Opener compact=true/>
            </header>
            <Sidebar place/>
            <main id="main" tabindex="-1">
                <div class="page">
                    <Outlet/>
                </div>
            </main>
        </div>
        <Palette place/>
    }
    .into_any()
}
