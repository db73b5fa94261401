//! What forms that were posted without WebAssembly have found out, on its way over a redirect.

use super::flash;
use crate::connections::Tried;

/// The name under which the result of a test travels.
pub(crate) const TESTED: &str = "tested";

/// The name under which what a tool gave travels.
const TRIED: &str = "tried";

/// A cookie holds little: of what a tool gave, so many bytes are taken along.
const CARRIED: usize = 1000;

/// Whether a text can stand in an address as it is.
pub(crate) fn is_word(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    text.bytes().all(plain)
}

/// Takes what a tool gave along to the page at this address.
pub(crate) fn carry_tried(tried: Tried, page: &str) {
    flash::set(TRIED, &carried(tried), page);
}

/// What the page at this address is to show of a tool that was tried.
pub(crate) fn tried(page: &str) -> Option<Tried> {
    serde_json::from_str(&flash::take(TRIED, page)?).ok()
}

/// As JSON, cut until it is short enough for a cookie.
fn carried(mut tried: Tried) -> String {
    let write = |tried: &Tried| serde_json::to_string(tried).unwrap_or_default();
    if write(&tried).len() > CARRIED {
        tried.result.data = None;
    }
    let mut letters = tried.result.text.chars().count().min(CARRIED);
    while write(&tried).len() > CARRIED && letters > 0 {
        letters = letters * 3 / 4;
        tried.result.text = tried.result.text.chars().take(letters).collect();
        tried
            .result
            .text
            .push_str("… The rest needs scripts to be switched on.");
    }
    write(&tried)
}

#[cfg(test)]
mod tests {
    use super::*;
    use api_types::connections::TryResult;

    #[test]
    fn what_a_redirect_carries_fits_into_a_cookie() {
        let result = TryResult {
            is_good: true,
            text: "é\"\n".repeat(20_000),
            data: Some("[]".repeat(10_000)),
            duration_ms: 1,
        };
        let tool = "github_list_issues".to_string();
        let told = carried(Tried { tool, result });
        assert!(told.len() <= CARRIED, "{}", told.len());
        let back: Tried = serde_json::from_str(&told).expect("JSON");
        assert!(back.result.text.ends_with("switched on."));
    }
}
