//! Hosts that the operator lets tenants reach although they are not public: billing beside this server, say.

use reqwest::Url;
use std::{collections::HashSet, sync::Arc};

/// Names or addresses, each with its one port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InnerHosts(Arc<HashSet<(String, u16)>>);

/// An entry that names no host and port.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no host and port, such as `billing.corp:8443`")]
pub struct WrongHost(String);

impl InnerHosts {
    /// Reads a list such as `127.0.0.1:4010,[::1]:4010,billing.corp:8443`.
    pub fn parse(list: &str) -> Result<Self, WrongHost> {
        let entries = list.split(',').map(str::trim);
        let entries = entries.filter(|entry| !entry.is_empty());
        let hosts: Result<HashSet<_>, _> = entries.map(read).collect();
        Ok(Self(Arc::new(hosts?)))
    }

    /// Whether this URL leads to one of them.
    pub(crate) fn hold(&self, url: &Url) -> bool {
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return false;
        };
        let web = matches!(url.scheme(), "http" | "https");
        // Requests ask this one by one, and mostly there are none.
        web && !self.0.is_empty() && self.0.contains(&(host.to_owned(), port))
    }
}

fn read(entry: &str) -> Result<(String, u16), WrongHost> {
    let wrong = || WrongHost(entry.to_owned());
    let (host, port) = entry.rsplit_once(':').ok_or_else(wrong)?;
    let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let port = port.parse::<u16>().ok().filter(|port| digits && *port > 0);
    // Written as URLs write it, so that every spelling of an address is the same host.
    let url = Url::parse(&format!("http://{host}/")).map_err(|_| wrong())?;
    let bare = url.as_str() == format!("http://{}/", url.host_str().unwrap_or_default());
    match (port, url.host_str()) {
        (Some(port), Some(name)) if bare && !name.is_empty() => Ok((name.to_owned(), port)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_held_with_its_port_alone_whatever_its_spelling() {
        let hosts = "127.0.0.1:4010, [::1]:4010,Billing.corp:443,";
        let hosts = InnerHosts::parse(hosts).expect("hosts");
        for held in [
            "http://127.0.0.1:4010/x",
            "http://2130706433:4010",
            "https://[0:0::1]:4010",
            "https://billing.CORP/x",
            "http://billing.corp:443",
        ] {
            assert!(hosts.hold(&Url::parse(held).expect(held)), "{held}");
        }
        for other in [
            "http://127.0.0.1:4011",
            "http://127.0.0.2:4010",
            "http://billing.corp",
            "http://x.billing.corp:443",
            "ftp://127.0.0.1:4010",
        ] {
            assert!(!hosts.hold(&Url::parse(other).expect(other)), "{other}");
        }
    }

    #[test]
    fn what_is_no_host_and_port_is_named() {
        for wrong in [
            "billing.corp",
            "billing.corp:",
            "billing.corp:0",
            "billing.corp:65536",
            "billing.corp:+80",
            ":80",
            "http://billing.corp:80",
            "u@billing.corp:80",
            "billing.corp/x:80",
            "10.0.0.0/8:80",
            "a b:80",
            "::1",
        ] {
            let error = InnerHosts::parse(&format!("127.0.0.1:1,{wrong}")).expect_err(wrong);
            assert_eq!(error, WrongHost(wrong.to_owned()));
        }
        assert_eq!(InnerHosts::parse(" "), Ok(InnerHosts::default()));
    }
}
