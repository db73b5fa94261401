//! The filter of the usage page and the address that says the same.

use api_types::usage::{Outcome, Range, UsageFilter};
use leptos_router::params::ParamsMap;

/// The names of the words, in the order in which they stand in addresses.
pub const NAMES: [&str; 8] = [
    "range",
    "tool",
    "client",
    "outcome",
    "toolkit",
    "key",
    "member",
    "connection",
];

/// The words of a filter, in the order of [`NAMES`]. What is as usual is empty.
pub type Words = [String; 8];

/// Reads the filter from an address. A word that means nothing does not filter.
pub fn read(query: &ParamsMap) -> UsageFilter {
    from_words(&NAMES.map(|name| query.get(name).unwrap_or_default()))
}

/// Reads the filter from its words.
pub fn from_words(words: &Words) -> UsageFilter {
    let [
        range,
        tool,
        client,
        outcome,
        toolkit,
        key,
        member,
        connection,
    ] = words;
    let word = |word: &str| Some(word.trim().to_string()).filter(|word| !word.is_empty());
    UsageFilter {
        range: Range::parse(range),
        tool: word(tool),
        client: client.parse().ok(),
        outcome: Outcome::parse(outcome),
        toolkit: word(toolkit),
        credential: key.parse().ok(),
        member: member.parse().ok(),
        connection: connection.parse().ok(),
    }
}

/// The words of the filter.
pub fn words(filter: &UsageFilter) -> Words {
    fn id(id: Option<impl ToString>) -> String {
        id.map(|id| id.to_string()).unwrap_or_default()
    }
    let range = if filter.range == Range::default() {
        ""
    } else {
        filter.range.as_str()
    };
    [
        range.into(),
        filter.tool.clone().unwrap_or_default(),
        id(filter.client),
        filter.outcome.map_or("", Outcome::as_str).into(),
        filter.toolkit.clone().unwrap_or_default(),
        id(filter.credential),
        id(filter.member),
        id(filter.connection),
    ]
}

/// What stands behind an address for this filter, from `?` on, or nothing.
pub fn of(filter: &UsageFilter) -> String {
    let words = NAMES.into_iter().zip(words(filter));
    let filled: ParamsMap = words.filter(|(_, word)| !word.is_empty()).collect();
    filled.to_query_string()
}

/// The address of the page with this filter.
pub fn address(tenant: &str, filter: &UsageFilter) -> String {
    format!("/t/{tenant}/usage{}", of(filter))
}

/// Whether anything but the range is chosen.
pub fn is_narrow(filter: &UsageFilter) -> bool {
    let range = filter.range;
    *filter
        != UsageFilter {
            range,
            ..UsageFilter::default()
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_mean_nothing_do_not_filter() {
        let words = ["1 year", " ", "x", "fine", "", "y", "z", "-"].map(String::from);
        assert_eq!(from_words(&words), UsageFilter::default());
    }

    #[test]
    fn the_words_of_a_filter_read_back_as_the_same_filter() {
        let id = "0190f5c0-0000-7000-8000-000000000001";
        let words = ["7d", "tasks_list", id, "tool_error", "tasks", id, id, id].map(String::from);
        let filter = from_words(&words);
        assert!(is_narrow(&filter));
        assert_eq!(super::words(&filter), words);
    }
}
