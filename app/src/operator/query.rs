//! Filters of the console and the addresses that say the same.

use super::CONSOLE;
use api_types::{
    TenantId,
    operator::{TenantFilter, TenantOrder, TenantState},
    usage::Range,
};
use leptos_router::params::ParamsMap;

/// The ranges of the instance's usage: of days, for it is read from days.
pub const RANGES: [Range; 3] = [Range::Week, Range::Month, Range::Quarter];

/// Reads the filter of tenants from an address.
pub fn read(query: &ParamsMap) -> TenantFilter {
    let word = |name: &str| query.get(name).unwrap_or_default();
    from_words(word("search"), &word("state"), &word("order"))
}

/// Reads it from its words. One that means nothing does not filter.
pub fn from_words(search: String, state: &str, order: &str) -> TenantFilter {
    TenantFilter {
        search,
        state: TenantState::parse(state),
        order: TenantOrder::parse(order).filter(|order| *order != TenantOrder::Name),
    }
}

/// The words of the filter, by name.
pub fn words(filter: &TenantFilter) -> [(&'static str, String); 3] {
    let state = filter.state.map_or("", TenantState::as_str);
    let order = filter.order.map_or("", TenantOrder::as_str);
    [
        ("search", filter.search.clone()),
        ("state", state.into()),
        ("order", order.into()),
    ]
}

/// The address of the list with this filter, from after that tenant.
pub fn address(filter: &TenantFilter, after: Option<TenantId>) -> String {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let all = words(filter).into_iter().chain([("after", after)]);
    let query: ParamsMap = all.filter(|(_, word)| !word.is_empty()).collect();
    format!("{CONSOLE}{}", query.to_query_string())
}

/// The range of the instance's usage: 30 days, if nothing else is asked for.
pub fn range(word: &str) -> Range {
    let known = RANGES.into_iter().find(|range| range.as_str() == word);
    known.unwrap_or(Range::Month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_filtered_and_no_more() {
        assert_eq!(address(&TenantFilter::default(), None), "/operator");
        let filter = from_words("acme & co".into(), "blocked", "busiest");
        assert_eq!(filter.state, Some(TenantState::Blocked));
        let address = address(&filter, None);
        assert!(
            address.contains("state=blocked") && address.contains("order=busiest"),
            "{address}"
        );
        assert!(!address.contains("after"), "{address}");
        assert_eq!(
            from_words(String::new(), "x", "name"),
            TenantFilter::default()
        );
    }

    #[test]
    fn usage_is_shown_by_days() {
        assert_eq!(
            [range(""), range("1h"), range("7d")],
            [Range::Month, Range::Month, Range::Week]
        );
    }
}
