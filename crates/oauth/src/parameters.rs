//! `application/x-www-form-urlencoded`, read strictly: what two readers could understand differently is refused.

use crate::{ErrorCode, OAuthError};
use std::fmt;

/// The most parameters of one request.
const MOST: usize = 100;

/// Parameters, decoded, in the order in which they came. Values may be secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query or a body of at most this many bytes.
    pub(crate) fn parse(bytes: &[u8], longest: usize) -> Result<Self, OAuthError> {
        let invalid = |why: &str| OAuthError::new(ErrorCode::InvalidRequest, why);
        if bytes.len() > longest {
            return Err(invalid("there is too much of it"));
        }
        let mut pairs = Vec::new();
        for pair in bytes
            .split(|byte| *byte == b'&')
            .filter(|pair| !pair.is_empty())
        {
            if pairs.len() == MOST {
                return Err(invalid("there are more than 100 parameters"));
            }
            let middle = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = match middle {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &[][..]),
            };
            let decoded =
                |part| decode(part).ok_or_else(|| invalid("a parameter is badly encoded"));
            pairs.push((decoded(name)?, decoded(value)?));
        }
        Ok(Self(pairs))
    }

    /// A parameter. One without a value counts as absent (RFC 6749, sections 3.1 and 3.2).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values(name).find(|value| !value.is_empty())
    }

    /// Every parameter that has a value.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter().filter(|(_, value)| !value.is_empty());
        pairs.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How often a parameter occurs, with or without a value.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.values(name).count()
    }

    /// The first parameter that occurs more than once.
    pub(crate) fn repeated(&self) -> Option<&str> {
        let names = || self.0.iter().map(|(name, _)| name.as_str());
        names().find(|name| self.count(name) > 1)
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let of_name = self.0.iter().filter(move |(other, _)| other == name);
        of_name.map(|(_, value)| value.as_str())
    }
}

/// Shows names alone.
impl fmt::Debug for Parameters {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

/// The text behind `+` and `%20`, if it is text. NUL is none: a database would not take it.
pub(crate) fn decode(encoded: &[u8]) -> Option<String> {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut rest = encoded.iter();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex(*rest.next()?)? * 16 + hex(*rest.next()?)?,
            other => *other,
        });
    }
    String::from_utf8(decoded)
        .ok()
        .filter(|text| !text.contains('\0'))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Parameters, OAuthError> {
        Parameters::parse(text.as_bytes(), 1000)
    }

    #[test]
    fn parameters_are_decoded() {
        let parameters = parse("a=b+c%2Bd%C3%A9&&e=f=g&h&i=&=j").unwrap();
        assert_eq!(parameters.get("a"), Some("b c+dé"));
        assert_eq!(parameters.get("e"), Some("f=g"));
        assert_eq!(parameters.get(""), Some("j"));
        for absent in ["h", "i", "k"] {
            assert_eq!(parameters.get(absent), None);
        }
        assert_eq!(parameters.repeated(), None);
        assert_eq!(format!("{parameters:?}"), r#"["a", "e", "h", "i", ""]"#);
    }

    #[test]
    fn a_parameter_twice_is_seen_however_it_is_spelled() {
        let parameters = parse("x=1&a=&y=2&%61=3").unwrap();
        assert_eq!(parameters.repeated(), Some("a"));
        assert_eq!(parameters.count("a"), 2);
    }

    #[test]
    fn what_is_badly_encoded_or_too_much_is_refused() {
        for wrong in [
            "a=%", "a=%2", "a=%2g", "%=a", "a=%ff", "a=%C3", "a=%00", "a=%+1",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(Parameters::parse(b"a=\xff", 10).is_err());
        assert!(parse(&"a=b&".repeat(100)).is_ok());
        assert!(parse(&"a=b&".repeat(101)).is_err());
        assert!(parse(&"a".repeat(1001)).is_err());
    }
}
