//! A value for the next page alone: a form posted without WebAssembly is answered by a redirect,
//! and what it made (such as a key's secret) must be shown there once. It travels in a cookie
//! that only that page's path receives, for two minutes at most, and is cleared when read.

use super::{cookies, is_page, is_plain_form};

/// The name of recovery codes that were just made.
pub const RECOVERY_CODES: &str = "codes";

const SECONDS: u32 = 120;

/// Leaves a value for the page at `path`. Does nothing when the hydrated page asks, because that
/// has the server function's own answer.
pub fn set(name: &str, value: &str, path: &str) {
    if is_plain_form() {
        cookies::set(&cookie(name), value, path, SECONDS);
    }
}

/// Takes the value while the page at `path` is rendered; a second view finds nothing.
pub fn take(name: &str, path: &str) -> Option<String> {
    let name = cookie(name);
    let value = cookies::get(&name).filter(|_| is_page())?;
    cookies::clear(&name, path);
    Some(value)
}

fn cookie(name: &str) -> String {
    format!("bulkhead-flash-{name}")
}
