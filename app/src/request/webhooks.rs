//! What forms about webhooks bring, and secrets on their way over a redirect.

use super::flash;
use api_types::webhooks::NewSecret;

/// The name under which a secret travels.
const FRESH_SECRET: &str = "webhook";

/// Which events were chosen. Keeps what was typed, for the form to show again.
pub(crate) fn chosen(url: &str, about: &str, events: Vec<String>) -> Vec<String> {
    let events = crate::webhooks::events::tidy(events);
    let words = events.join(" ");
    super::keep(&[("url", url), ("about", about), ("events", &words)]);
    events
}

/// Leads to the dialog that shows a secret, on the page at this address.
pub(crate) fn show(made: &NewSecret, page: &str) {
    let told = serde_json::to_string(made).unwrap_or_default();
    flash::set(FRESH_SECRET, &told, page);
    leptos_axum::redirect(&format!("{page}?dialog=secret"));
}

/// The secret that the page at this address is to show.
pub(crate) fn fresh(page: &str) -> Option<NewSecret> {
    let told = flash::take(FRESH_SECRET, page)?;
    serde_json::from_str(&told).ok()
}
