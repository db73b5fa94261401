//! The filter of the task list and the address that says the same.

use api_types::tasks::{TaskFilter, TaskPriority, TaskStatus};
use leptos_router::params::ParamsMap;

/// What one page of the list holds.
const PAGE: i64 = 50;

/// Reads the filter from an address. A word that means nothing does not filter.
pub fn read(query: &ParamsMap) -> TaskFilter {
    let text = |name: &str| {
        query
            .get(name)
            .map(|text| text.trim().to_string())
            .filter(|text| !text.is_empty())
    };
    TaskFilter {
        status: text("status").and_then(|word| TaskStatus::parse(&word)),
        priority: text("priority").and_then(|word| TaskPriority::parse(&word)),
        label: text("label"),
        assignee: text("assignee"),
        search: text("search"),
        cursor: text("cursor"),
        limit: Some(PAGE),
    }
}

/// The query string, with `?`, that reads back as this filter.
pub fn write(filter: &TaskFilter) -> String {
    let words = [
        (
            "status",
            filter.status.map(|status| status.as_str().to_string()),
        ),
        (
            "priority",
            filter
                .priority
                .map(|priority| priority.as_str().to_string()),
        ),
        ("label", filter.label.clone()),
        ("assignee", filter.assignee.clone()),
        ("search", filter.search.clone()),
        ("cursor", filter.cursor.clone()),
    ];
    let filled = words
        .into_iter()
        .filter_map(|(name, word)| Some((name, word?)));
    filled.collect::<ParamsMap>().to_query_string()
}

/// Whether the filter leaves anything out.
pub fn is_narrow(filter: &TaskFilter) -> bool {
    let usual = TaskFilter {
        cursor: filter.cursor.clone(),
        limit: filter.limit,
        ..TaskFilter::default()
    };
    *filter != usual
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(words: &[(&'static str, &str)]) -> TaskFilter {
        read(
            &words
                .iter()
                .map(|(name, word)| (*name, (*word).to_string()))
                .collect(),
        )
    }

    #[test]
    fn words_that_mean_nothing_do_not_filter() {
        assert!(!is_narrow(&filter(&[
            ("status", "later"),
            ("label", " "),
            ("cursor", "x")
        ])));
        assert!(is_narrow(&filter(&[("status", "todo")])));
    }
}
