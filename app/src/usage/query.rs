//! The filter of the usage page and the address that says the same.

use api_types::usage::{Outcome, Range, UsageFilter};
use leptos_router::params::ParamsMap;

/// Reads the filter from an address. A word that means nothing does not filter.
pub fn read(query: &ParamsMap) -> UsageFilter {
    let word = |name: &str| query.get(name).unwrap_or_default();
    from_words(
        &word("range"),
        &word("tool"),
        &word("client"),
        &word("outcome"),
    )
}

/// Reads the filter from its words.
pub fn from_words(range: &str, tool: &str, client: &str, outcome: &str) -> UsageFilter {
    UsageFilter {
        range: Range::parse(range),
        tool: Some(tool.trim().to_string()).filter(|tool| !tool.is_empty()),
        client: client.parse().ok(),
        outcome: Outcome::parse(outcome),
    }
}

/// The words of the filter, by name, without those that are as usual.
pub fn words(filter: &UsageFilter) -> [(&'static str, String); 4] {
    let range = if filter.range == Range::default() {
        ""
    } else {
        filter.range.as_str()
    };
    [
        ("range", range.into()),
        ("tool", filter.tool.clone().unwrap_or_default()),
        (
            "client",
            filter.client.map(|id| id.to_string()).unwrap_or_default(),
        ),
        (
            "outcome",
            filter
                .outcome
                .map(|outcome| outcome.as_str().into())
                .unwrap_or_default(),
        ),
    ]
}

/// The address of the page with this filter.
pub fn address(tenant: &str, filter: &UsageFilter) -> String {
    let filled = words(filter)
        .into_iter()
        .filter(|(_, word)| !word.is_empty());
    let query: ParamsMap = filled.collect();
    let query = query.to_query_string();
    format!("/t/{tenant}/usage{query}")
}

/// Whether anything but the range is chosen.
pub fn is_narrow(filter: &UsageFilter) -> bool {
    filter.tool.is_some() || filter.client.is_some() || filter.outcome.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_mean_nothing_do_not_filter() {
        assert_eq!(
            from_words("1 year", " ", "x", "fine"),
            UsageFilter::default()
        );
    }

    #[test]
    fn the_words_of_a_filter_read_back_as_the_same_filter() {
        let client = "0190f5c0-0000-7000-8000-000000000001";
        let filter = from_words("7d", "tasks_list", client, "tool_error");
        assert!(is_narrow(&filter));
        let [range, tool, client, outcome] = words(&filter).map(|(_, word)| word);
        assert_eq!(from_words(&range, &tool, &client, &outcome), filter);
    }
}
