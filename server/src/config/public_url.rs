//! The address under which people and MCP clients know this server.
//!
//! It decides which `Host` and `Origin` are ours, how cookies are marked, and what metadata says.

use http::Uri;
use http::uri::Authority;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

/// Scheme and authority, such as `https://mcp.example.com`; a path is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    https: bool,
    /// Lower case, in brackets if it is an IPv6 address.
    host: String,
    port: u16,
}

impl PublicUrl {
    /// The address of a server that nobody has named: where it listens.
    pub fn of_address(bound: SocketAddr) -> Self {
        let host = match bound {
            bound if bound.ip().is_unspecified() => "127.0.0.1".to_owned(),
            SocketAddr::V4(bound) => bound.ip().to_string(),
            SocketAddr::V6(bound) => format!("[{}]", bound.ip()),
        };
        Self {
            https: false,
            host,
            port: bound.port(),
        }
    }

    /// Whether it is reached by TLS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whether a request's `Host` means this server. In development, the names of the loopback interface are equal.
    pub fn accepts_host(&self, host: &str) -> bool {
        let Ok(given) = host.parse::<Authority>() else {
            return false;
        };
        let Some((host, port)) = split(&given) else {
            return false;
        };
        let named =
            host.eq_ignore_ascii_case(&self.host) || (self.is_development() && is_loopback(host));
        named && port.unwrap_or(self.default_port()) == self.port
    }

    /// Whether a browser's `Origin` is one of our own pages.
    pub fn accepts_origin(&self, origin: &str) -> bool {
        let scheme = if self.https { "https://" } else { "http://" };
        origin
            .strip_prefix(scheme)
            .is_some_and(|host| self.accepts_host(host))
    }

    /// Plain http on the loopback interface, the only place where it is allowed.
    pub fn is_development(&self) -> bool {
        !self.https && is_loopback(&self.host)
    }

    fn default_port(&self) -> u16 {
        if self.https { 443 } else { 80 }
    }
}

/// Host and port. Anything else, such as a user's name or a port that is no number, is nobody's host.
fn split(authority: &Authority) -> Option<(&str, Option<u16>)> {
    let host = authority.host();
    match authority.as_str().strip_prefix(host)? {
        "" => Some((host, None)),
        rest => Some((host, Some(rest.strip_prefix(':')?.parse().ok()?))),
    }
}

fn is_loopback(host: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|name| host.eq_ignore_ascii_case(name))
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port != self.default_port() {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri: Uri = text
            .parse()
            .map_err(|_| "is not an address such as https://mcp.example.com")?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("must begin with https:// (or http:// on a loopback name)".into()),
        };
        let authority = uri.authority().ok_or("names no host")?;
        let (host, port) = split(authority).ok_or("must be a host and perhaps a port")?;
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() || text.contains('#') {
            return Err("must not have a path, a query or a fragment".into());
        }
        let mut url = Self {
            https,
            host: host.to_ascii_lowercase(),
            port: 0,
        };
        url.port = port.unwrap_or(url.default_port());
        if url.port == 0 || url.host.is_empty() {
            return Err("must name a host and a port above 0".into());
        }
        if !https && !url.is_development() {
            return Err("plain http is for localhost, 127.0.0.1 and [::1] alone: browsers would send sessions, and \
                        clients their keys, readable by everybody on the way. Use https"
                .into());
        }
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> PublicUrl {
        text.parse().expect("a valid address")
    }

    #[test]
    fn an_address_is_written_in_one_way() {
        assert_eq!(
            url("https://MCP.example.com/").to_string(),
            "https://mcp.example.com"
        );
        assert_eq!(
            url("https://mcp.example.com:443").to_string(),
            "https://mcp.example.com"
        );
        assert_eq!(url("http://[::1]:3000").to_string(), "http://[::1]:3000");
        let bound = "0.0.0.0:3000".parse().expect("an address");
        assert_eq!(
            PublicUrl::of_address(bound).to_string(),
            "http://127.0.0.1:3000"
        );
    }

    #[test]
    fn wrong_addresses_are_refused() {
        for text in [
            "",
            "mcp.example.com",
            "ftp://a",
            "https://",
            "https://a/path",
            "https://a?b",
            "https://u@a",
            "http://mcp.example.com",
            "https://a:0",
            "https://a:99999",
            "https://a/#b",
        ] {
            assert!(text.parse::<PublicUrl>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_host_must_be_ours() {
        let ours = url("https://mcp.example.com");
        for host in ["mcp.example.com", "MCP.Example.Com", "mcp.example.com:443"] {
            assert!(ours.accepts_host(host), "{host}");
        }
        for host in [
            "",
            "localhost",
            "mcp.example.com:80",
            "mcp.example.com:99999",
            "mcp.example.com:",
            "mcp.example.com.evil.test",
            "u@mcp.example.com",
        ] {
            assert!(!ours.accepts_host(host), "{host}");
        }
    }

    #[test]
    fn loopback_names_are_equal_in_development_alone() {
        let ours = url("http://127.0.0.1:3000");
        for host in ["localhost:3000", "[::1]:3000", "127.0.0.1:3000"] {
            assert!(ours.accepts_host(host), "{host}");
        }
        assert!(!ours.accepts_host("localhost:3001") && !ours.accepts_host("localhost"));
        assert!(ours.accepts_origin("http://localhost:3000"));
        assert!(!ours.accepts_origin("https://localhost:3000"));
        assert!(!ours.accepts_origin("null"));
    }
}
