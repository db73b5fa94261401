//! The frame around every page of the console: which pages there are, and who looks. It stands only where there is a
//! page to show: whoever is no operator sees what they would see anywhere that nothing is.

use super::{CONSOLE, server_fns::Console};
use crate::{
    layout::person,
    ui::{Alert, Data, Icon, IconView, Logo, NotFound, Tone},
};
use api_types::operator::OperatorView;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use serde::{Serialize, de::DeserializeOwned};

/// One page: its words, its icon, and what follows `/operator` in its address.
const PAGES: [(&str, Icon, &str); 5] = [
    ("Tenants", Icon::Home, ""),
    ("Usage", Icon::Activity, "/usage"),
    ("Plans", Icon::CreditCard, "/plans"),
    ("Jobs", Icon::ListChecks, "/jobs"),
    ("Log", Icon::Shield, "/log"),
];

/// Shows a page of the console, or that there is nothing here.
pub fn console<T>(
    resource: Data<Console<T>>,
    view: impl Fn(T) -> AnyView + Clone + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let content = move || {
        let view = view.clone();
        Suspend::new(async move {
            match resource.await {
                Ok(Console { me, shown }) => framed(&me, view(shown)),
                Err(error) if error.is_not_found() => view! { <NotFound/> }.into_any(),
                Err(error) => view! {
                    <main id="main" tabindex="-1">
                        <Alert tone=Tone::Bad text=error.to_string()/>
                    </main>
                }
                .into_any(),
            }
        })
    };
    view! { <Transition fallback=|| ()>{content}</Transition> }.into_any()
}

fn framed(me: &OperatorView, page: AnyView) -> AnyView {
    view! {
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
                <span class="top-bar-title">"Operator"</span>
            </header>
            <div class="sidebar" id="sidebar" popover="auto">
                <nav aria-label="Pages">
                    <p class="console-title"><Logo/> "Operator"</p>
                    {links()}
                </nav>
                {person(&me.name, &me.email, Some(("/", Icon::Home, "Your tenants")))}
            </div>
            <main id="main" tabindex="-1">
                <div class="page">{page}</div>
            </main>
        </div>
    }
    .into_any()
}

fn links() -> Vec<AnyView> {
    let here = use_location().pathname;
    PAGES
        .into_iter()
        .map(|(label, icon, path)| {
            let current = move || is_current(path, &here.get()).then_some("page");
            view! {
                <a class="nav-link" href=format!("{CONSOLE}{path}") aria-current=current>
                    <IconView icon/>
                    {label}
                </a>
            }
            .into_any()
        })
        .collect()
}

/// The list is above all others, and its own are the tenants in it.
fn is_current(page: &str, path: &str) -> bool {
    let rest = path.trim_end_matches('/').strip_prefix(CONSOLE);
    match (page, rest) {
        ("", Some(rest)) => rest.is_empty() || rest.starts_with("/tenants/"),
        (page, Some(rest)) => rest == page,
        (_, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_current;

    #[test]
    fn a_tenant_belongs_to_the_list() {
        assert!(is_current("", "/operator") && is_current("", "/operator/tenants/1"));
        assert!(is_current("/jobs", "/operator/jobs/") && !is_current("", "/operator/jobs"));
        assert!(!is_current("", "/t/acme"));
    }
}
