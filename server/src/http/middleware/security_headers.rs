//! Headers that close what browsers leave open. A handler that needs another value sets it itself.

use crate::config::Config;
use http::{HeaderMap, HeaderName, HeaderValue, header};

const ALWAYS: [(HeaderName, &str); 2] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Answers are about somebody; files say otherwise themselves.
    (header::CACHE_CONTROL, "no-store"),
];

/// What only matters to an answer that a browser may show.
const SHOWN: [(HeaderName, &str); 6] = [
    (header::X_FRAME_OPTIONS, "DENY"),
    // Our own forms are answered by a redirect to where they came from, so our own pages must be told.
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), \
         microphone=(), midi=(), payment=(), usb=()",
    ),
    // For answers that are not pages; a page's own policy is set before this.
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
];

const TWO_YEARS: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// Adds what is missing. `shown` says whether a browser may show the answer.
pub(super) fn add(config: &Config, headers: &mut HeaderMap, shown: bool) {
    let more: &[_] = if shown { &SHOWN } else { &[] };
    // Growing step by step would hash all of them again.
    headers.reserve(ALWAYS.len() + more.len() + 2);
    for (name, value) in ALWAYS.iter().chain(more) {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if config.public_url.is_https() {
        headers
            .entry(header::STRICT_TRANSPORT_SECURITY)
            .or_insert(TWO_YEARS);
    }
}
