//! Whom the setting names.

use api_types::{Refusal, input::Email};
use std::collections::HashSet;

/// The addresses of those who run the instance.
#[derive(Clone, Debug, Default)]
pub struct Operators(HashSet<String>);

impl Operators {
    /// Reads addresses with commas between them.
    pub fn parse(list: &str) -> Result<Self, Refusal> {
        let typed = list.split(',').map(str::trim);
        typed
            .filter(|address| !address.is_empty())
            .map(|address| Ok(Email::parse(address)?.as_str().to_owned()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether nobody is named: then there is no console.
    pub fn is_nobody(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn names(&self, email: &str) -> bool {
        self.0.contains(email)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_without_regard_to_case_and_space() {
        let operators = Operators::parse(" Ada@Example.com,, bob@example.com ,").expect("a list");
        assert!(operators.names("ada@example.com") && operators.names("bob@example.com"));
        assert!(!operators.names("eve@example.com") && !operators.is_nobody());
        assert!(Operators::parse(" , ").expect("a list").is_nobody());
        assert!(Operators::parse("ada@example.com; bob").is_err());
    }
}
