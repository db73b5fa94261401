//! Scopes: what a client asks for, and what a token opens (RFC 6749, section 3.3).

use crate::{ErrorCode, OAuthError};
use serde::{Serialize, Serializer};
use std::{collections::BTreeSet, fmt};

/// The most scopes of one request.
const MOST: usize = 50;

/// The longest scope, in bytes.
const LONGEST: usize = 100;

/// A sorted set of scopes. Written as in requests: separated by spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scopes(BTreeSet<String>);

impl Scopes {
    /// Reads a `scope` parameter of at most 50 scopes of 100 bytes. More spaces than necessary do no harm.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let invalid = |why: &str| OAuthError::new(ErrorCode::InvalidScope, why);
        let mut scopes = BTreeSet::new();
        for scope in text.split(' ').filter(|scope| !scope.is_empty()) {
            if scope.len() > LONGEST {
                return Err(invalid("a scope is longer than 100 characters"));
            }
            if !is_scope(scope) {
                return Err(invalid("a scope has characters that it may not have"));
            }
            scopes.insert(scope.to_owned());
            if scopes.len() > MOST {
                return Err(invalid("there are more than 50 scopes"));
            }
        }
        Ok(Self(scopes))
    }

    /// Reads a `scope` parameter that may be missing. One of spaces alone asks for nothing in particular either.
    pub(crate) fn asked(text: Option<&str>) -> Result<Option<Self>, OAuthError> {
        let scopes = text.map(Self::parse).transpose()?;
        Ok(scopes.filter(|scopes| !scopes.is_empty()))
    }

    /// In their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether this scope is among them.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the others have all of these.
    pub fn is_subset_of(&self, others: &Self) -> bool {
        self.0.is_subset(&others.0)
    }

    /// Those that both have.
    #[must_use]
    pub fn intersection(&self, others: &Self) -> Self {
        Self(self.0.intersection(&others.0).cloned().collect())
    }

    /// For a column or a list.
    pub fn to_vec(&self) -> Vec<String> {
        self.0.iter().cloned().collect()
    }
}

/// Of trusted names, however many. One that could not be told from two scopes, or from none, is left out.
impl<S: Into<String>> FromIterator<S> for Scopes {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        let scopes = names.into_iter().map(Into::into);
        Self(scopes.filter(|scope| is_scope(scope)).collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, scope) in self.iter().enumerate() {
            if nth > 0 {
                out.write_str(" ")?;
            }
            out.write_str(scope)?;
        }
        Ok(())
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `scope-token` of RFC 6749.
fn is_scope(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    !text.is_empty() && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(text: &str) -> Scopes {
        Scopes::parse(text).unwrap()
    }

    #[test]
    fn scopes_are_a_sorted_set() {
        let asked = scopes(" tasks:write  tasks:read tasks:write ");
        assert_eq!(asked.to_string(), "tasks:read tasks:write");
        assert_eq!(asked.to_vec(), ["tasks:read", "tasks:write"]);
        assert_eq!(asked, ["tasks:write", "tasks:read"].into_iter().collect());
        assert!(asked.contains("tasks:read") && !asked.contains("tasks"));
        assert!(scopes("").is_empty() && scopes("  ").is_empty());
        assert_eq!(
            serde_json::to_string(&asked).unwrap(),
            r#""tasks:read tasks:write""#
        );
    }

    #[test]
    fn scopes_are_compared_as_sets() {
        let (more, less) = (scopes("a b c"), scopes("c a"));
        assert!(less.is_subset_of(&more) && !more.is_subset_of(&less));
        assert!(scopes("").is_subset_of(&less));
        assert_eq!(more.intersection(&scopes("x c b")), scopes("b c"));
    }

    #[test]
    fn scopes_have_their_characters_and_limits() {
        let many = |count: usize| {
            (0..count)
                .map(|n| n.to_string())
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert!(Scopes::parse(&many(50)).is_ok());
        assert!(Scopes::parse(&"x".repeat(100)).is_ok());
        for wrong in [
            "a\"b",
            "a\\b",
            "a\tb",
            "a\nb",
            "é",
            "\u{7f}",
            &many(51),
            &"x".repeat(101),
        ] {
            let refusal = Scopes::parse(wrong).unwrap_err();
            assert_eq!(refusal.code, ErrorCode::InvalidScope, "{wrong:?}");
        }
        let trusted: Scopes = ["a", "", "b c", "d"].into_iter().collect();
        assert_eq!(trusted, scopes("a d"));
    }
}
