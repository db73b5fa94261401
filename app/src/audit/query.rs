//! The filter of the audit log and the address that says the same.

use api_types::{
    audit::{Act, AuditFilter, ObjectKind},
    usage::Range,
};
use leptos_router::params::ParamsMap;

/// Reads the filter from an address. A word that means nothing does not filter.
pub fn read(query: &ParamsMap) -> AuditFilter {
    let word = |name: &str| query.get(name).unwrap_or_default();
    from_words(
        &word("range"),
        &word("actor"),
        &word("act"),
        &word("object"),
        &word("search"),
    )
}

/// Reads the filter from its words.
pub fn from_words(range: &str, actor: &str, act: &str, object: &str, search: &str) -> AuditFilter {
    AuditFilter {
        range: Range::ALL.into_iter().find(|known| known.as_str() == range),
        actor: actor.parse().ok(),
        act: Act::parse(act),
        object: ObjectKind::parse(object),
        words: Some(search.trim().chars().take(200).collect())
            .filter(|words: &String| !words.is_empty()),
    }
}

/// The words of the filter, by name.
pub fn words(filter: &AuditFilter) -> [(&'static str, String); 5] {
    let word = |word: Option<&str>| word.unwrap_or_default().to_owned();
    [
        ("range", word(filter.range.map(Range::as_str))),
        (
            "actor",
            filter.actor.map(|id| id.to_string()).unwrap_or_default(),
        ),
        ("act", word(filter.act.map(Act::as_str))),
        ("object", word(filter.object.map(ObjectKind::as_str))),
        ("search", word(filter.words.as_deref())),
    ]
}

/// The query string, with `?`, of the page of this filter that begins before a row.
pub fn write(filter: &AuditFilter, before: Option<i64>) -> String {
    let before = before.map(|seq| ("before", seq.to_string()));
    let words = words(filter).into_iter().chain(before);
    let filled: ParamsMap = words.filter(|(_, word)| !word.is_empty()).collect();
    filled.to_query_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_mean_nothing_do_not_filter() {
        assert!(from_words("1 year", "ada", "api_key.eaten", "x", " ").is_empty());
    }

    #[test]
    fn the_words_of_a_filter_read_back_as_the_same_filter() {
        let id = "0190f5c0-0000-7000-8000-000000000001";
        let filter = from_words("7d", id, "api_key.revoked", "api_key", "ada laptop");
        let [range, actor, act, object, search] = words(&filter).map(|(_, word)| word);
        assert!(filter.range.is_some() && filter.actor.is_some() && filter.act.is_some());
        assert_eq!(from_words(&range, &actor, &act, &object, &search), filter);
    }
}
