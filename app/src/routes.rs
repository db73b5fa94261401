//! Every page's address. All pages are rendered whole before the first byte leaves, so that they
//! work without WebAssembly and carry the right status.

use crate::{clients, layout, settings, tasks, tenants, ui::NotFound, usage, users};
use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Routes},
    path,
};

#[component]
pub fn Pages() -> impl IntoView {
    view! {
        <Routes fallback=|| view! { <NotFound/> }.into_any()>
            <Route path=path!("/") view=users::Home ssr=SsrMode::Async/>
            <Route path=path!("/sign-up") view=users::SignUpPage ssr=SsrMode::Async/>
            <Route path=path!("/sign-in") view=users::SignInPage ssr=SsrMode::Async/>
            <ParentRoute path=path!("/t/:slug") view=layout::TenantLayout ssr=SsrMode::Async>
                <Route path=path!("") view=tenants::OverviewPage ssr=SsrMode::Async/>
                <Route path=path!("clients") view=clients::ClientsPage ssr=SsrMode::Async/>
                <Route path=path!("clients/:id") view=clients::ClientPage ssr=SsrMode::Async/>
                <Route path=path!("usage") view=usage::UsagePage ssr=SsrMode::Async/>
                <Route path=path!("tasks") view=tasks::TasksPage ssr=SsrMode::Async/>
                <Route path=path!("tasks/:id") view=tasks::TaskPage ssr=SsrMode::Async/>
                <Route path=path!("settings") view=settings::SettingsPage ssr=SsrMode::Async/>
            </ParentRoute>
        </Routes>
    }
}
