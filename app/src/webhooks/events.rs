//! Which events an endpoint is told: types in families, and the words that choose them.

use api_types::{audit::ObjectKind, webhooks::EventType};

/// Chooses all there is, and all that later versions tell.
pub const EVERYTHING: &str = "*";

/// Types that begin with the same word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// The word that they begin with.
    pub word: String,
    pub types: Vec<EventType>,
}

impl Family {
    /// What chooses all of it.
    pub fn all(&self) -> String {
        format!("{}.{EVERYTHING}", self.word)
    }

    /// The family's name for people.
    pub fn title(&self) -> String {
        match ObjectKind::parse(&self.word) {
            Some(kind) => kind.label().into(),
            None => capital(&self.word.replace('_', " ")),
        }
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// The families in the order of their first types.
pub fn families(types: Vec<EventType>) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for kind in types {
        let word = kind.name.split('.').next().unwrap_or_default();
        match families.iter_mut().find(|family| family.word == word) {
            Some(family) => family.types.push(kind),
            None => families.push(Family {
                word: word.into(),
                types: vec![kind],
            }),
        }
    }
    families
}

/// What was chosen, without what another choice holds already: the page hides such boxes, and they stay ticked.
pub fn tidy(mut chosen: Vec<String>) -> Vec<String> {
    chosen.retain(|word| !word.is_empty());
    if chosen.iter().any(|word| word == EVERYTHING) {
        return vec![EVERYTHING.into()];
    }
    let whole: Vec<String> = chosen
        .iter()
        .filter_map(|word| word.strip_suffix(EVERYTHING))
        .map(Into::into)
        .collect();
    let is_whole = |word: &str| word.ends_with(EVERYTHING);
    let is_held = |word: &str| whole.iter().any(|family| word.starts_with(family));
    chosen.retain(|word| is_whole(word) || !is_held(word));
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str) -> EventType {
        EventType {
            name: name.into(),
            about: String::new(),
        }
    }

    fn tidied(chosen: &[&str]) -> Vec<String> {
        tidy(chosen.iter().map(|word| (*word).into()).collect())
    }

    #[test]
    fn families_keep_the_order_of_the_types() {
        let types = ["connection.made", "api_key.created", "connection.lost"];
        let told: Vec<_> = families(types.map(kind).to_vec())
            .iter()
            .map(|family| (family.title(), family.all(), family.types.len()))
            .collect();
        assert_eq!(
            told,
            [
                ("Connection".into(), "connection.*".into(), 2),
                ("API key".into(), "api_key.*".into(), 1),
            ]
        );
    }

    #[test]
    fn a_family_that_is_no_kind_of_thing_has_a_name_too() {
        let family = families(vec![kind("usage_limit.reached")]).remove(0);
        assert_eq!(family.title(), "Usage limit");
    }

    #[test]
    fn what_another_choice_holds_is_left_out() {
        assert_eq!(tidied(&["api.*", "*", "role.made"]), ["*"]);
        assert_eq!(
            tidied(&["api.removed", "", "api_key.created", "api.*"]),
            ["api_key.created", "api.*"]
        );
    }
}
