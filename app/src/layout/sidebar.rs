//! The sidebar: tenant, pages, person. On a narrow screen the same element is a drawer that the
//! top bar's button opens; both are native popovers and need no WebAssembly.

use super::{
    Here, Place,
    nav::{self, address, is_current},
    palette::Opener,
    person::person,
};
use crate::operator::CONSOLE;
use crate::ui::{Icon, IconView, Logo};
use api_types::users::Membership;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

#[component]
pub fn Sidebar(place: Place) -> AnyView {
    close_when_elsewhere();
    view! {
        <div class="sidebar" id="sidebar" popover="auto">
            {move || place.get().map(|here| switcher(&here))}
            <Opener compact=false/>
            <nav aria-label="Pages">{move || place.get().map(|here| pages(&here.tenant))}</nav>
            {move || place.get().map(|here| {
                let console = here.operator.then_some((CONSOLE, Icon::Shield, "Operator console"));
                person(&here.me.name, &here.me.email, console)
            })}
        </div>
    }
    .into_any()
}

fn pages(tenant: &Membership) -> Vec<AnyView> {
    let (slug, path) = (&tenant.slug, use_location().pathname);
    nav::pages(&tenant.role)
        .map(|page| {
            let (own, page_path) = (slug.clone(), page.path);
            let current = move || is_current(&own, page_path, &path.get()).then_some("page");
            view! {
                <a class="nav-link" href=address(slug, page.path) aria-current=current>
                    <IconView icon=page.icon/>
                    {page.label}
                </a>
            }
            .into_any()
        })
        .collect()
}

fn switcher(here: &Here) -> AnyView {
    let current = here.tenant.slug.clone();
    let tenants: Vec<AnyView> = here
        .me
        .tenants
        .iter()
        .map(|tenant| tenant_link(tenant, &current))
        .collect();
    view! {
        <button type="button" class="switcher" popovertarget="tenants">
            <span class="switcher-mark"><Logo/></span>
            <span class="visually-hidden">"Switch tenant: "</span>
            <span class="switcher-name">{here.tenant.name.clone()}</span>
            <IconView icon=Icon::ChevronsUpDown/>
        </button>
        <div class="menu menu-top" id="tenants" popover="auto">
            <p class="menu-title">"Your tenants"</p>
            <ul>{tenants}</ul>
            <hr/>
            <a class="menu-item" href=crate::tenants::server_fns::NEW_TENANT>
                <IconView icon=Icon::Plus/>
                "New tenant"
            </a>
        </div>
    }
    .into_any()
}

/// Leads to another tenant by a whole new page, so that nothing of this one is left behind.
fn tenant_link(tenant: &Membership, current: &str) -> AnyView {
    let here = tenant.slug == current;
    view! {
        <li>
            <a
                class="menu-item"
                rel="external"
                href=address(&tenant.slug, "")
                aria-current=here.then_some("true")
            >
                <span class="menu-words">
                    {tenant.name.clone()}
                    <span class="muted">{tenant.slug.clone()} " · " {tenant.role.name().to_string()}</span>
                </span>
                {here.then(|| view! { <IconView icon=Icon::Check/> })}
            </a>
        </li>
    }
    .into_any()
}

/// Closes drawer and menus once a link in them has led somewhere.
fn close_when_elsewhere() {
    use leptos::wasm_bindgen::JsCast;
    let path = use_location().pathname;
    Effect::new(move |before: Option<()>| {
        path.track();
        if before.is_none() {
            return;
        }
        let Ok(open) = document().query_selector_all(":popover-open") else {
            return;
        };
        for place in (0..open.length()).rev() {
            let element = open
                .item(place)
                .and_then(|node| node.dyn_into::<web_sys::HtmlElement>().ok());
            if let Some(element) = element {
                _ = element.hide_popover();
            }
        }
    });
}
