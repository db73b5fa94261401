//! An `https` or `http` URL that everybody reads alike: this program, a browser and the person before it.

use url::Url;

/// The longest URL, in bytes.
pub(crate) const LONGEST: usize = 2000;

/// Hosts that are the person's own machine, as far as `http` is concerned (RFC 8252, section 7.3).
pub(crate) const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The parts of a URL, as they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WebUrl<'a> {
    /// Whether it is `https`.
    pub(crate) tls: bool,
    /// The host; an IPv6 address stands in brackets.
    pub(crate) host: &'a str,
    /// From `/`, or what follows the host without one.
    pub(crate) path_and_query: &'a str,
}

impl<'a> WebUrl<'a> {
    /// Reads a URL without user name, fragment, dot segments or anything that is read differently than written.
    pub(crate) fn parse(url: &'a str) -> Result<Self, &'static str> {
        check_characters(url)?;
        let (tls, after) = if let Some(after) = url.strip_prefix("https://") {
            (true, after)
        } else if let Some(after) = url.strip_prefix("http://") {
            (false, after)
        } else {
            return Err("it must begin with https://");
        };
        let end = after.find(['/', '?']).unwrap_or(after.len());
        let (authority, path_and_query) = after.split_at(end);
        let parts = Self {
            tls,
            host: host(authority)?,
            path_and_query,
        };
        check_dot_segments(parts.path())?;
        parts.check_against(&Url::parse(url).map_err(|_| "it is not a URL")?)?;
        Ok(parts)
    }

    /// The path; empty if there is none.
    pub(crate) fn path(&self) -> &'a str {
        let (path, _) = split_query(self.path_and_query);
        path
    }

    /// Whether it is one of the hosts that `http` is good enough for.
    pub(crate) fn is_loopback(&self) -> bool {
        LOOPBACK.contains(&self.host)
    }

    /// Browsers take `0x7f.1` and `2130706433` for 127.0.0.1, and have one spelling for each IPv6 address.
    fn check_against(&self, read: &Url) -> Result<(), &'static str> {
        let host = read.host_str().unwrap_or_default();
        if !host.eq_ignore_ascii_case(self.host) {
            return Err("its host must be written in the usual form");
        }
        let path = self.path();
        if read.path() != if path.is_empty() { "/" } else { path } {
            return Err("its path must be written in the usual form");
        }
        Ok(())
    }
}

/// What is before the first question mark and, if there is one, behind it.
pub(crate) fn split_query(text: &str) -> (&str, Option<&str>) {
    match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (text, None),
    }
}

/// The characters of RFC 3986, but for the fragment's.
pub(crate) fn check_characters(uri: &str) -> Result<(), &'static str> {
    if uri.len() > LONGEST {
        return Err("it is longer than 2000 bytes");
    }
    if uri.contains('#') {
        return Err("it must not have a fragment");
    }
    let forbidden = |byte: u8| !byte.is_ascii_graphic() || b"\\\"<>^`{|}".contains(&byte);
    if uri.bytes().any(forbidden) {
        return Err("it has characters that must be percent-encoded");
    }
    let mut rest = uri;
    while let Some((_, escape)) = rest.split_once('%') {
        let digits = escape.get(..2).filter(|two| !two.starts_with('+'));
        let value = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        match value {
            None => return Err("a percent sign must be followed by two hexadecimal digits"),
            Some(byte) if byte.is_ascii_control() => return Err("it has a control character"),
            Some(_) => rest = escape,
        }
    }
    Ok(())
}

/// `.` and `..` vanish on the way, encoded or not.
pub(crate) fn check_dot_segments(path: &str) -> Result<(), &'static str> {
    let is_dots = |segment: &str| {
        let segment = segment.replace("%2e", ".").replace("%2E", ".");
        segment == "." || segment == ".."
    };
    if path.split('/').any(is_dots) {
        return Err("its path must not have the segments . and ..");
    }
    Ok(())
}

/// The host of an authority, whose port, if any, is in order.
fn host(authority: &str) -> Result<&str, &'static str> {
    if authority.contains('@') {
        return Err("it must not have a user name");
    }
    let end = match authority.find(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, after) = authority.split_at(end);
    check_port(after)?;
    let named = |label: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !label.is_empty() && label.bytes().all(allowed)
    };
    // What is in the brackets is left to the parser that it is compared with.
    if host.starts_with('[') || host.split('.').all(named) {
        Ok(host)
    } else {
        Err("its host is not valid")
    }
}

/// Nothing, or a colon and a number without leading zeros.
pub(crate) fn check_port(after_host: &str) -> Result<(), &'static str> {
    let number = after_host.strip_prefix(':');
    let is_port = |digits: &str| {
        let port = digits.parse::<u16>();
        port.is_ok_and(|port| port > 0 && port.to_string() == digits)
    };
    if after_host.is_empty() || number.is_some_and(is_port) {
        Ok(())
    } else {
        Err("its port is not valid")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_falls_into_its_parts() {
        let url = WebUrl::parse("https://App.test:8443/a/b?c=/d?e").unwrap();
        assert!(url.tls && !url.is_loopback());
        assert_eq!((url.host, url.path()), ("App.test", "/a/b"));
        assert_eq!(url.path_and_query, "/a/b?c=/d?e");
        let url = WebUrl::parse("http://[::1]?a").unwrap();
        assert!(!url.tls && url.is_loopback());
        assert_eq!((url.path(), url.path_and_query), ("", "?a"));
    }

    #[test]
    fn what_is_read_differently_than_written_is_refused() {
        for wrong in [
            "https:/app.test/",
            "https:///app.test/",
            "HTTPS://app.test/",
            "//app.test/",
            "https://",
            "https://:443/",
            "https://app.test:/",
            "https://app.test:00443/",
            "https://app.test:65536/",
            "https://app.test:+1/",
            "https://.app.test/",
            "https://app..test/",
            "https://app%2etest/",
            "https://app.test\\@evil.test/",
            "https://a:b@app.test/",
            "https://0x7f.1/",
            "https://127.1/",
            "https://[0:0:0:0:0:0:0:1]/",
            "https://[::1/",
            "https://[::1]a/",
            "https://[fe80::1%25eth0]/",
            "https://xn--a/",
            "https://app.test/%2E%2e/",
            "https://app.test/.",
            "https://app.test/%+1",
            "https://app.test/%",
            "https://app.test/%7f",
            "https://app.test/\u{e9}",
            "https://app.test/\n",
        ] {
            assert!(WebUrl::parse(wrong).is_err(), "{wrong}");
        }
    }
}
