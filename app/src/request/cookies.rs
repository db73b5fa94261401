//! Reading and setting the small cookies of this module. The session's cookie is not among them.

use axum::http::{HeaderMap, HeaderValue, Uri, header, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_router::location::Url;

/// The longest value that browsers are sure to keep, with room for the attributes.
const LONGEST: usize = 3500;

/// How long a browser is asked to remember what it may, in seconds.
const YEAR: u32 = 365 * 24 * 3600;

/// The value of a cookie of this request.
pub fn get(name: &str) -> Option<String> {
    in_headers(&use_context::<Parts>()?.headers, name)
}

/// The value of a cookie among these headers.
pub fn in_headers(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter();
    cookies
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split("; "))
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| Url::unescape(value))
}

/// Sets a cookie that scripts cannot read. False if it is too long for a browser to keep.
pub fn set(name: &str, value: &str, path: &str, seconds: u32) -> bool {
    let value = Url::escape(value);
    if value.len() > LONGEST {
        return false;
    }
    append(name, &value, path, seconds, "Strict");
    true
}

/// Sets a cookie for a year that also comes along when a link elsewhere leads here.
pub fn remember(name: &str, value: &str) {
    append(name, &Url::escape(value), "/", YEAR, "Lax");
}

/// The same as a line of a header, for answers that Leptos does not write.
pub fn remembering(name: &str, value: &str, is_https: bool) -> String {
    line(name, &Url::escape(value), "/", YEAR, "Lax", is_https)
}

/// Forgets a cookie.
pub fn clear(name: &str, path: &str) {
    append(name, "", path, 0, "Strict");
}

fn append(name: &str, value: &str, path: &str, seconds: u32, same_site: &str) {
    let line = line(name, value, path, seconds, same_site, is_https());
    let options = use_context::<ResponseOptions>();
    if let (Some(options), Ok(line)) = (options, HeaderValue::from_str(&line)) {
        options.append_header(header::SET_COOKIE, line);
    }
}

fn line(
    name: &str,
    value: &str,
    path: &str,
    seconds: u32,
    same_site: &str,
    is_https: bool,
) -> String {
    let secure = if is_https { "; Secure" } else { "" };
    let path = if path.contains([';', ',']) { "/" } else { path };
    format!(
        "{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}"
    )
}

fn is_https() -> bool {
    use_context::<domain::Services>().is_some_and(|s| s.public_url.starts_with("https:"))
}

/// The address of the page that posted a form.
pub fn referrer() -> Option<Uri> {
    let parts = use_context::<Parts>()?;
    let referer = parts.headers.get(header::REFERER)?;
    referer.to_str().ok()?.parse().ok()
}
