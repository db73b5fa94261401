//! Queries, with everything escaped that somebody might read differently.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt::Write;
use url::Url;

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// In a query these mean nothing but themselves.
const IN_QUERY: &AsciiSet = &RESERVED
    .remove(b'$')
    .remove(b',')
    .remove(b':')
    .remove(b'/')
    .remove(b'@');

/// Text as one segment of a path.
pub(crate) fn escape(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The pairs of a query, in order.
pub(crate) fn pairs(url: &Url) -> Vec<(String, String)> {
    url.query_pairs().into_owned().collect()
}

/// Makes these the query. A space is `%20`, which everybody takes for one.
pub(crate) fn set_pairs(url: &mut Url, pairs: &[(String, String)]) {
    let mut query = String::new();
    for (name, value) in pairs {
        let between = if query.is_empty() { "" } else { "&" };
        let name = utf8_percent_encode(name, IN_QUERY);
        let value = utf8_percent_encode(value, IN_QUERY);
        // Writing to a String cannot fail.
        let _ = write!(query, "{between}{name}={value}");
    }
    url.set_query((!query.is_empty()).then_some(&query));
}

/// Gives a name this value alone.
pub(crate) fn replace(pairs: &mut Vec<(String, String)>, name: &str, value: impl Into<String>) {
    pairs.retain(|(known, _)| known != name);
    pairs.push((name.into(), value.into()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_the_same_after_a_journey() {
        let mut url = Url::parse("https://a.test/x?old=1").unwrap();
        let all = [
            ("a b", "c&d=e+f"),
            ("$top", "5"),
            ("x[]", "é#\0"),
            ("x[]", ""),
        ];
        let all = all.map(|(name, value)| (name.to_owned(), value.to_owned()));
        set_pairs(&mut url, &all);
        assert_eq!(pairs(&url), all);
        assert!(
            url.as_str()
                .starts_with("https://a.test/x?a%20b=c%26d%3De%2Bf&$top=5&")
        );
        set_pairs(&mut url, &[]);
        assert_eq!(url.as_str(), "https://a.test/x");
    }
}
