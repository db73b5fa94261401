//! Addresses with `{words}` in them. What is filled in never changes where an address leads beyond what is written.

use crate::Wrong;
use crate::query::escape;
use std::collections::BTreeMap;
use url::Url;

/// The longest word, in bytes. One that is a whole address may be as long.
const LONGEST: usize = 500;

/// The address with its words filled in. `inner`: a word that is a whole address may be at this machine.
pub(crate) fn fill(
    template: &str,
    words: &BTreeMap<String, String>,
    inner: bool,
) -> Result<Url, Wrong> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, word)) = rest.split_once('{') {
        let (name, after) = word
            .split_once('}')
            .ok_or_else(|| Wrong::new(format!("{template}: a brace is open")))?;
        text.push_str(before);
        let value = words
            .get(name)
            .ok_or_else(|| Wrong::new(format!("{name} is not known yet")))?;
        let value = put(&text, value, after, inner).map_err(|wrong| wrong.at(name))?;
        text.push_str(&value);
        rest = after;
    }
    text.push_str(rest);
    parse(&text, template, inner).map_err(|wrong| wrong.at(template))
}

/// The names of the words, in order.
pub(crate) fn words(template: &str) -> impl Iterator<Item = &str> {
    template
        .split('{')
        .skip(1)
        .filter_map(|after| Some(after.split_once('}')?.0))
}

/// A word as it stands between what is before and what is behind it.
fn put(before: &str, value: &str, after: &str, inner: bool) -> Result<String, Wrong> {
    if value.is_empty() || value.len() > LONGEST {
        return Err(Wrong::new("it must have 1 to 500 characters"));
    }
    if before.is_empty() {
        let url = web_url(value, inner)?;
        if url.query().is_some() || has_words(value) {
            return Err(Wrong::new("it must be an address without a question mark"));
        }
        return Ok(url.as_str().trim_end_matches('/').into());
    }
    let authority = before.split_once("://").map_or("", |(_, behind)| behind);
    if authority.contains(['/', '?']) {
        return match value {
            "." | ".." => Err(Wrong::new("it must not be a dot segment")),
            value => Ok(escape(value)),
        };
    }
    let is_whole_host = authority.is_empty() && (after.is_empty() || after.starts_with(['/', '?']));
    if is_whole_host && is_host(value) || is_label(value) {
        return Ok(value.to_ascii_lowercase());
    }
    Err(Wrong::new(if is_whole_host {
        "it must be a host, such as git.example.com"
    } else {
        "it must be one part of a host: letters, digits and hyphens"
    }))
}

fn has_words(text: &str) -> bool {
    text.contains(['{', '}'])
}

fn parse(text: &str, template: &str, inner: bool) -> Result<Url, Wrong> {
    // This machine counts only where whoever wrote the template wrote it.
    let url = web_url(text, inner || !template.contains('{'))?;
    let authority = text.split_once("://").map_or("", |(_, behind)| behind);
    let end = authority.find(['/', '?']).unwrap_or(authority.len());
    let (written, _) = split_port(&authority[..end]);
    let read = url.host_str().unwrap_or_default();
    if read.eq_ignore_ascii_case(written) {
        Ok(url)
    } else {
        Err(Wrong::new("its host must be written in the usual form"))
    }
}

/// An address of the web as anybody reads it: https, or http at this machine where that is allowed.
pub(crate) fn web_url(text: &str, inner: bool) -> Result<Url, Wrong> {
    let odd = |c: char| !c.is_ascii_graphic() || matches!(c, '\\' | '"' | '<' | '>' | '`');
    if text.len() > 2000 || text.contains(odd) {
        return Err(Wrong::new(
            "it has characters that an address cannot have, or more than 2000",
        ));
    }
    let url = Url::parse(text).map_err(|_| Wrong::new("it is not an address"))?;
    let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let here = inner && here && text.starts_with("http://");
    if !here && !text.starts_with("https://") {
        return Err(Wrong::new("it must begin with https://"));
    }
    if !url.username().is_empty() || url.password().is_some() || text.contains('#') {
        return Err(Wrong::new(
            "it must have neither a user name, a password nor a fragment",
        ));
    }
    Ok(url)
}

/// One label of a host.
pub(crate) fn is_label(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A host with at least two labels, and perhaps a port. A number alone as the last label would be an IP address; those
/// are for whoever decides where connections may lead.
pub(crate) fn is_host(text: &str) -> bool {
    let (host, port) = split_port(text);
    let is_port = |port: &str| {
        port.parse::<u16>()
            .is_ok_and(|p| p > 0 && p.to_string() == port)
    };
    host.len() <= 253
        && host.contains('.')
        && host.split('.').all(is_label)
        && port.is_none_or(is_port)
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill_one(template: &str, value: &str) -> Result<String, Wrong> {
        let words = BTreeMap::from([("w".to_owned(), value.to_owned())]);
        fill(template, &words, false).map(String::from)
    }

    #[test]
    fn words_stand_where_they_are_written() {
        for (template, value, address) in [
            (
                "https://{w}.zendesk.com/api",
                "Acme",
                "https://acme.zendesk.com/api",
            ),
            (
                "https://{w}/api",
                "git.acme.test:8443",
                "https://git.acme.test:8443/api",
            ),
            (
                "https://a.test/x/{w}/y",
                "1/2?3 é",
                "https://a.test/x/1%2F2%3F3%20%C3%A9/y",
            ),
            (
                "{w}/v1",
                "https://eu1.acme.test/",
                "https://eu1.acme.test/v1",
            ),
            ("{w}", "https://acme.test/base/", "https://acme.test/base"),
        ] {
            assert_eq!(fill_one(template, value).as_deref(), Ok(address));
        }
    }

    #[test]
    fn a_word_leads_nowhere_else() {
        for (template, value) in [
            ("https://{w}.zendesk.com/", "evil.test/"),
            ("https://{w}.zendesk.com/", "evil.test"),
            ("https://{w}.zendesk.com/", "a@b"),
            ("https://{w}/", "evil.test/x"),
            ("https://{w}/", "user@evil.test"),
            ("https://{w}/", "evil.test:0"),
            ("https://{w}/", "1.2"),
            ("https://{w}/", "127.1"),
            ("https://a.test/{w}/x", ".."),
            ("https://a.test/{w}", ""),
            ("{w}/x", "http://127.0.0.1/"),
            ("{w}/x", "http://evil.test"),
            ("{w}/x", "https://a:b@evil.test"),
            ("{w}/x", "https://evil.test/?a"),
            ("{w}/x", "https://evil.test/#a"),
            ("http://{w}/x", "evil.test"),
            ("http://a.test/{w}", "a"),
            ("https://a.test/{v}", "a"),
            ("https://a.test/{w", "a"),
        ] {
            assert!(fill_one(template, value).is_err(), "{template} {value}");
        }
    }

    #[test]
    fn this_machine_is_for_those_who_wrote_it() {
        let none = BTreeMap::new();
        assert!(fill("http://127.0.0.1:1/x", &none, false).is_ok());
        assert!(fill("http://evil.test/x", &none, true).is_err());
        let words = BTreeMap::from([("w".to_owned(), "http://127.0.0.1:1".to_owned())]);
        assert!(fill("{w}/x", &words, true).is_ok());
    }
}
