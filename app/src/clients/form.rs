//! From the words of a form to values. Both halves compile it; only the server calls it.

use api_types::{Refusal, UserId, input::ClientName, mcp_clients::ClientKind};
use std::str::FromStr;

/// An id from an address or a hidden input. One that cannot be read looks like a missing thing.
pub fn id<T: FromStr>(word: &str) -> Result<T, Refusal> {
    word.parse().map_err(|_| Refusal::NotFound)
}

/// What the two forms of a client share.
pub fn client(
    name: &str,
    kind: &str,
    owner: &str,
) -> Result<(ClientName, ClientKind, Option<UserId>), Refusal> {
    let owner = match owner {
        "" => None,
        id => Some(
            id.parse()
                .map_err(|_| Refusal::invalid("owner", "choose a member"))?,
        ),
    };
    let kind = ClientKind::parse(kind)
        .ok_or_else(|| Refusal::invalid("kind", "choose one of the listed kinds"))?;
    Ok((ClientName::parse(name)?, kind, owner))
}

/// A whole number, or nothing if nothing was filled in.
pub fn number<T: FromStr>(field: &str, word: &str) -> Result<Option<T>, Refusal> {
    match word.trim() {
        "" => Ok(None),
        word => {
            let bad = |_| Refusal::invalid(field, "a whole number, please");
            word.parse().map(Some).map_err(bad)
        }
    }
}

/// The words of a text, separated by commas, spaces or lines.
pub fn words(text: &str) -> Vec<String> {
    let separate = |c: char| c == ',' || c.is_whitespace();
    text.split(separate)
        .filter(|word| !word.is_empty())
        .map(Into::into)
        .collect()
}

/// What was chosen, by the names of its fields: for the form to show again.
pub fn placed(scopes: &[String]) -> Vec<(String, String)> {
    let place = |(place, scope): (usize, &String)| (format!("scopes[{place}]"), scope.clone());
    scopes.iter().enumerate().map(place).collect()
}

/// What was chosen; "no access" is the empty word.
pub fn filled(mut words: Vec<String>) -> Vec<String> {
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_number_is_none_and_a_bad_one_is_refused() {
        assert_eq!(number::<u32>("n", " "), Ok(None));
        assert_eq!(number::<u32>("n", " 60 "), Ok(Some(60)));
        assert!(number::<u32>("n", "-1").is_err());
    }

    #[test]
    fn networks_may_be_separated_as_people_do() {
        assert_eq!(
            words("10.0.0.0/8, ::1\n1.2.3.4"),
            ["10.0.0.0/8", "::1", "1.2.3.4"]
        );
        assert!(words(" \n").is_empty());
    }
}
