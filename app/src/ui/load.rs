//! Data on its way: a skeleton, then the view, or why it could not be had.

use super::{Alert, Data, Icon, IconView, Tone};
use crate::UiError;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{NavigateOptions, components::Redirect, hooks::use_location};

/// Shows what a resource gives. While newer data loads, the older stays.
///
/// ```ignore
/// let overview = data(move || tenant.get(), overview);
/// load(overview, |overview| view! { <Numbers overview/> }.into_any())
/// ```
pub fn load<T>(
    resource: Data<T>,
    view: impl Fn(T) -> AnyView + Clone + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static,
{
    let content = move || {
        let view = view.clone();
        Suspend::new(async move {
            match resource.await {
                Ok(value) => view(value),
                Err(error) => view! { <Failure error/> }.into_any(),
            }
        })
    };
    view! { <Transition fallback=Skeleton>{content}</Transition> }.into_any()
}

/// Grey bars in place of what loads.
#[component]
fn Skeleton() -> AnyView {
    view! {
        <div class="skeleton" role="status">
            <span class="visually-hidden">"Loading…"</span>
            <span></span>
            <span></span>
            <span></span>
        </div>
    }
    .into_any()
}

/// A turning circle.
#[component]
pub fn Spinner() -> AnyView {
    view! { <span class="spinner" role="status" aria-label="Loading"></span> }.into_any()
}

/// Why the page cannot be shown. Somebody who is signed out is taken to sign in.
#[component]
pub fn Failure(error: UiError) -> AnyView {
    if error.is_not_found() {
        return view! { <Missing/> }.into_any();
    }
    if error.is_signed_out() {
        let path = use_location().pathname.get_untracked();
        let path = crate::users::sign_in_path(Some(&path));
        return view! { <Redirect path/> }.into_any();
    }
    if error.is_factor_needed() {
        return view! { <Redirect path=crate::users::FACTOR_NEEDED/> }.into_any();
    }
    if error.is_sso_needed() {
        let path = use_location().pathname.get_untracked();
        let path = crate::users::leading_to("/sign-in/sso", &path);
        return view! { <Redirect path/> }.into_any();
    }
    view! { <Alert tone=Tone::Bad text=error.to_string()/> }.into_any()
}

/// The whole page for an address that leads nowhere.
#[component]
pub fn NotFound() -> AnyView {
    view! { <main id="main" tabindex="-1"><Missing/></main> }.into_any()
}

/// In place of what does not exist, or is not this person's to see.
#[component]
fn Missing() -> AnyView {
    crate::set_not_found();
    view! {
        <Title text="Not found"/>
        <div class="message-page">
            <span class="empty-icon"><IconView icon=Icon::Search/></span>
            <h1>"Nothing here"</h1>
            <p class="muted">"This page does not exist, or it is not yours to see."</p>
            <a class="button" href="/">"Back to your tenant"</a>
        </div>
    }
    .into_any()
}

/// Leaves for the sign-in page, to come back here afterwards.
pub fn go_to_sign_in() {
    let path = window().location().pathname().ok();
    let target = crate::users::sign_in_path(path.as_deref());
    leptos_router::hooks::use_navigate()(&target, NavigateOptions::default());
}

/// Leaves for where one confirms that it is oneself, to come back here afterwards, to the dialog that was open.
pub fn go_to_step_up() {
    let at = window().location();
    let page = at.pathname().unwrap_or_default() + &at.search().unwrap_or_default();
    let target = crate::users::step_up_path(&page);
    leptos_router::hooks::use_navigate()(&target, NavigateOptions::default());
}
