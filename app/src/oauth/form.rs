//! From the words of a form to values. Both halves compile it; only the server calls it.

use api_types::{Refusal, oauth::ClientAuth};

/// How a client shows that it is itself.
pub fn auth(word: &str) -> Result<ClientAuth, Refusal> {
    ClientAuth::parse(word).ok_or_else(|| Refusal::invalid("auth", "choose one of the listed ways"))
}

/// What stands on the lines of a text. Addresses may have commas in them.
pub fn lines(text: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(Into::into)
        .collect()
}

/// A text, unless nothing is in it.
pub fn text(text: String) -> Option<String> {
    Some(text).filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stand_on_lines_of_their_own() {
        let text = "https://a.example/cb?x=1,2\r\n\n  cursor://cb \n";
        assert_eq!(lines(text), ["https://a.example/cb?x=1,2", "cursor://cb"]);
    }

    #[test]
    fn a_way_that_is_not_listed_is_refused() {
        assert_eq!(auth("none"), Ok(ClientAuth::Public));
        assert!(auth("magic").is_err());
    }
}
