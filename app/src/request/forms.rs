//! Forms without WebAssembly. Leptos answers a refused one by a redirect to the page it came from
//! with the error in the address. Beside it we leave a cookie with what was typed, so that nobody
//! types twice. The cookie is also the proof that the error is ours: an address with an error and
//! no such cookie was made up by somebody else, or reloaded, and is cleaned.

use super::{cookies, is_page, is_plain_form, set_status};
use crate::{
    UiError,
    visit::{Theme, Visit},
};
use api_types::Refusal;
use axum::http::{HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use time::OffsetDateTime;

const TYPED: &str = "bulkhead-form";
const NOTICE: &str = "bulkhead-notice";
const THEME: &str = "bulkhead-theme";

/// What was typed into the form at hand.
#[derive(Clone)]
struct Typed(Vec<(String, String)>);

/// Keeps what was typed, for the form to show again if it is refused. Never give it a secret.
pub fn keep(fields: &[(&str, &str)]) {
    let own = fields
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()));
    provide_context(Typed(own.collect()));
}

/// Says something once on the page that follows a form posted without WebAssembly; the hydrated
/// page says its own.
pub fn notice(message: &str) {
    if is_plain_form() {
        cookies::set(NOTICE, message, "/", 30);
    }
}

/// Leads on a form posted without WebAssembly; the hydrated page goes there by itself.
pub fn lead_to(path: &str) {
    if is_plain_form() {
        leptos_axum::redirect(path);
    }
}

/// Leads back to a page of the tenant, which says what was done.
pub fn back_to(tenant: &str, page: &str, said: &str) -> Result<(), UiError> {
    notice(said);
    leptos_axum::redirect(&format!("/t/{tenant}/{page}"));
    Ok(())
}

/// Prepares the answer to a request that is refused or that we failed.
pub fn refused(error: &UiError) {
    if is_plain_form() && error.is_step_up() {
        leptos_axum::redirect(&crate::users::step_up_path(&referring_page()));
    } else if is_page() && error.is_factor_needed() {
        leptos_axum::redirect(crate::users::FACTOR_NEEDED);
    } else if is_page() && error.is_sso_needed() {
        leptos_axum::redirect(&sso_path());
    } else if is_plain_form() {
        leave_typed();
    } else if is_page() && error.is_signed_out() {
        turn_to(&sign_in_path());
    } else {
        set_status(error.status());
        set_retry_after(error);
    }
}

/// Answers a page with another address, whatever the asker takes: `leptos_axum::redirect` would do so for browsers
/// alone, and give programs an empty page.
fn turn_to(path: &str) {
    let location = HeaderValue::from_str(path);
    if let (Some(options), Ok(location)) = (use_context::<ResponseOptions>(), location) {
        options.insert_header(header::LOCATION, location);
        options.set_status(StatusCode::FOUND);
    }
}

/// Tells programs when a new try is worthwhile; people read it in the message.
fn set_retry_after(error: &UiError) {
    let UiError::Refused(Refusal::TooMany {
        retry_after_seconds,
    }) = error
    else {
        return;
    };
    if let Some(options) = use_context::<ResponseOptions>() {
        options.insert_header(header::RETRY_AFTER, HeaderValue::from(*retry_after_seconds));
    }
}

/// What the cookies of this page view say, and when it is. An address whose error is not ours is cleaned.
pub fn visit() -> Visit {
    Visit {
        theme: cookies::get(THEME)
            .map(|word| Theme::parse(&word))
            .unwrap_or_default(),
        typed: take_typed(),
        notice: take(NOTICE, "/"),
        rendered_at: (OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64,
    }
}

/// Remembers the theme for a year.
pub fn set_theme(theme: Theme) {
    cookies::remember(THEME, theme.as_str());
}

fn leave_typed() {
    let typed = use_context::<Typed>()
        .map(|typed| typed.0)
        .unwrap_or_default();
    let path = cookies::referrer().map_or_else(|| "/".into(), |uri| uri.path().to_string());
    let value = serde_json::to_string(&typed).unwrap_or_default();
    if !cookies::set(TYPED, &value, &path, 60) {
        cookies::set(TYPED, "[]", &path, 60);
    }
}

fn take_typed() -> Vec<(String, String)> {
    let Some(parts) = use_context::<Parts>() else {
        return Vec::new();
    };
    let path = parts.uri.path();
    let query = parts.uri.query().unwrap_or_default();
    let has_error = query.split('&').any(|pair| pair.starts_with("__err="));
    match take(TYPED, path) {
        Some(typed) => serde_json::from_str(&typed).unwrap_or_default(),
        None if has_error => {
            turn_to(&without_error(path, query));
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn take(name: &str, path: &str) -> Option<String> {
    let value = cookies::get(name).filter(|_| is_page())?;
    cookies::clear(name, path);
    Some(value)
}

/// The address without the error that Leptos puts into it.
fn without_error(path: &str, query: &str) -> String {
    let ours = |pair: &&str| !pair.starts_with("__err=") && !pair.starts_with("__path=");
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let rest: Vec<&str> = pairs.filter(ours).collect();
    if rest.is_empty() {
        path.into()
    } else {
        format!("{path}?{}", rest.join("&"))
    }
}

/// The page that posted a form, with the dialog that was open on it.
fn referring_page() -> String {
    let uri = cookies::referrer();
    uri.map_or_else(String::new, |uri| {
        without_error(uri.path(), uri.query().unwrap_or_default())
    })
}

/// Where to sign in with the company's account, and come back from.
fn sso_path() -> String {
    let page = use_context::<Parts>().map(|parts| parts.uri.path().to_string());
    crate::users::leading_to("/sign-in/sso", &page.unwrap_or_default())
}

/// Where to sign in and come back from.
fn sign_in_path() -> String {
    let page = use_context::<Parts>().map(|parts| parts.uri.path().to_string());
    crate::users::sign_in_path(page.as_deref())
}

#[cfg(test)]
mod tests {
    use super::without_error;

    #[test]
    fn an_address_is_cleaned_of_its_error_alone() {
        assert_eq!(without_error("/account", ""), "/account");
        assert_eq!(
            without_error("/sign-in", "__path=%2Fapi&__err=abc"),
            "/sign-in"
        );
        assert_eq!(
            without_error("/sign-in", "next=%2Ft%2Fa&__err=abc"),
            "/sign-in?next=%2Ft%2Fa"
        );
    }
}
