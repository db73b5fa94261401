//! The frame around every page of a tenant: who is here, in which tenant, and where one can go.

mod nav;
mod palette;
mod person;
mod place;
mod sidebar;
mod theme;

pub(crate) use person::person;
pub use place::{Here, Place, here};
pub(crate) use theme::ThemePicker;

use crate::accounts::ConfirmBanner;
use crate::operator::VisitBanner;
use crate::tenants::SuspendedBanner;
use crate::ui::{Icon, IconView, data, use_param};
use leptos::prelude::*;
use leptos_router::components::Outlet;
use palette::Palette;
use sidebar::Sidebar;

/// `/t/{slug}` and everything below. A tenant that is not this person's looks like none at all.
///
/// The page itself stands beside what waits for the tenant, not inside: the server may build what
/// waits more than once, and a page built twice would have its data under other numbers than the
/// browser looks for.
#[component]
pub fn TenantLayout() -> AnyView {
    let slug = use_param("slug");
    let gate = data(move || slug.get(), here);
    let place = Place::provide();
    let around = move || {
        Suspend::new(async move {
            match gate.await {
                Ok(here) => {
                    place.set(here);
                    view! { <Around place/> }.into_any()
                }
                // The page beside it says what is wrong.
                Err(_) => ().into_any(),
            }
        })
    };
    let notice = move || {
        Suspend::new(async move {
            match gate.await {
                Ok(here) => {
                    let unconfirmed = (!here.me.email_verified).then_some(here.me.email);
                    let Here {
                        tenant,
                        suspension,
                        visit,
                        ..
                    } = here;
                    let name = tenant.name.clone();
                    let closed = suspension.is_any().then_some((suspension, tenant.slug));
                    view! {
                        {visit.map(|support| view! { <VisitBanner name support/> })}
                        {unconfirmed.map(|email| view! { <ConfirmBanner email/> })}
                        {closed.map(|(suspension, slug)| view! { <SuspendedBanner suspension slug/> })}
                    }
                    .into_any()
                }
                Err(_) => ().into_any(),
            }
        })
    };
    view! {
        // External to the router, which would change the address and leave the focus here.
        <a class="skip-link" href="#main" rel="external">"Skip to content"</a>
        <div class="frame">
            <Transition fallback=|| ()>{around}</Transition>
            <main id="main" tabindex="-1">
                <Transition fallback=|| ()>{notice}</Transition>
                <div class="page">
                    <Outlet/>
                </div>
            </main>
        </div>
    }
    .into_any()
}

/// What stands around a page of one's own tenant.
#[component]
fn Around(place: Place) -> AnyView {
    view! {
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
        <Palette place/>
    }
    .into_any()
}
