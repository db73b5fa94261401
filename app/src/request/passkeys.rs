//! The browser that a passkey's challenge is tied to, and whether passkeys work where it is.

use super::{cookies, services};
use crate::UiError;
use api_types::Refusal;
use axum::http::{header, request::Parts, uri::Authority};
use leptos::prelude::use_context;

/// Tells apart the browsers that were given challenges.
const COOKIE: &str = "bulkhead-challenge";

/// Longer than a challenge is good for.
const SECONDS: u32 = 3600;

/// What this browser keeps while it answers challenges; one that keeps nothing is given something.
pub fn browser() -> String {
    let known = cookies::get(COOKIE).filter(|value| value.len() == 32);
    known.unwrap_or_else(|| {
        let fresh = uuid::Uuid::new_v4().simple().to_string();
        cookies::set(COOKIE, &fresh, "/", SECONDS);
        fresh
    })
}

/// Why passkeys do not work at the address that the browser has asked for.
pub fn elsewhere() -> Result<Option<String>, UiError> {
    let parts = use_context::<Parts>();
    let host = parts.as_ref().and_then(|parts| {
        let header = parts.headers.get(header::HOST);
        let host = header.and_then(|host| host.to_str().ok());
        host.or_else(|| parts.uri.authority().map(Authority::as_str))
    });
    let services = services()?;
    Ok(domain::passkeys::elsewhere(
        &services,
        host.unwrap_or_default(),
    ))
}

/// Refuses where they do not.
pub fn require_here() -> Result<(), UiError> {
    match elsewhere()? {
        Some(why) => Err(Refusal::conflict(why).into()),
        None => Ok(()),
    }
}
