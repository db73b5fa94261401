//! What everybody's description of a provider and of its operations must satisfy: our files, which a test holds
//! against it, and what tenants write.

mod operation;
mod provider;

use crate::{Wrong, address, path};
use std::collections::BTreeSet;

/// Headers that are made by whoever sends, or that say who somebody is.
const RESERVED_HEADERS: [&str; 20] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "cookie2",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "max-forwards",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
];

/// Text of this length without control characters.
fn check_text(text: &str, least: usize, most: usize) -> Result<(), Wrong> {
    let length = text.chars().count();
    if !(least..=most).contains(&length) {
        return Err(Wrong::new(format!(
            "it must have {least} to {most} characters"
        )));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Wrong::new("it must not have control characters"));
    }
    Ok(())
}

/// A page of documentation, and perhaps a place on it.
fn check_docs(docs: &str, inner: bool) -> Result<(), Wrong> {
    let (page, place) = docs.split_once('#').unwrap_or((docs, ""));
    let plain = place.len() <= 500 && place.bytes().all(|b| b.is_ascii_graphic());
    address::web_url(page, inner)
        .and_then(|_| require(plain, "it has characters that an address cannot have"))
        .map_err(|wrong| wrong.at("docs"))
}

/// A word of lower-case letters, digits and perhaps `_`, that begins with a letter.
fn check_word(word: &str, longest: usize, underscores: bool) -> Result<(), Wrong> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || underscores && b == b'_';
    let begins = word.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    if begins && (2..=longest).contains(&word.len()) && word.bytes().all(plain) {
        return Ok(());
    }
    let letters = if underscores {
        "letters, digits and _"
    } else {
        "letters and digits"
    };
    Err(Wrong::new(format!(
        "“{}” must be 2 to {longest} lower-case {letters}, and begin with a letter",
        crate::problem::plain(word, 60)
    )))
}

/// A header that an API or an operation may set. `authorization` is for placements alone.
fn check_header(name: &str) -> Result<(), Wrong> {
    check_header_name(name)?;
    let name = name.to_ascii_lowercase();
    let is_reserved = name.starts_with("proxy-") || name == "authorization";
    if is_reserved || RESERVED_HEADERS.contains(&name.as_str()) {
        return Err(Wrong::new(format!("the header {name} cannot be set")));
    }
    Ok(())
}

/// A token of RFC 9110, section 5.6.2.
fn check_header_name(name: &str) -> Result<(), Wrong> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if (1..=100).contains(&name.len()) && name.bytes().all(allowed) {
        Ok(())
    } else {
        Err(Wrong::new("it is not the name of a header"))
    }
}

/// What a header can hold, without what is obsolete.
fn check_header_value(value: &str) -> Result<(), Wrong> {
    if value.len() <= 500 && value.bytes().all(|b| matches!(b, b' '..=b'~')) {
        Ok(())
    } else {
        Err(Wrong::new(
            "a header has at most 500 visible ASCII characters",
        ))
    }
}

/// The name of a parameter in a query or a form.
fn check_parameter(name: &str) -> Result<(), Wrong> {
    if (1..=100).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(Wrong::new("it is not the name of a parameter"))
    }
}

/// A way into an answer.
fn check_path(text: &str) -> Result<(), Wrong> {
    let named = |step: &path::Step| *step != path::Step::Member(String::new());
    if (1..=200).contains(&text.len()) && path::steps(text).iter().all(named) {
        Ok(())
    } else {
        Err(Wrong::new(format!("“{text}” is no way into an answer")))
    }
}

/// That none of these occurs twice.
fn check_unique<'a>(all: impl Iterator<Item = &'a str>) -> Result<(), Wrong> {
    let mut seen = BTreeSet::new();
    for one in all {
        if !seen.insert(one) {
            return Err(Wrong::new(format!("{one} occurs more than once")));
        }
    }
    Ok(())
}

fn require(holds: bool, words: &str) -> Result<(), Wrong> {
    if holds {
        Ok(())
    } else {
        Err(Wrong::new(words))
    }
}
