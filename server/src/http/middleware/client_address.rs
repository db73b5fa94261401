//! Whose address a request comes from, when a proxy stands in between.

use crate::config::Config;
use app::request::ClientAddress;
use axum::extract::{ConnectInfo, Request};
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Leaves a [`ClientAddress`] for handlers: the connection's, or what trusted proxies say of it.
pub(crate) fn establish(config: &Config, request: &mut Request) {
    if let Some(peer) = peer(request) {
        let client = client(peer, request.headers(), &config.trusted_proxies);
        request.extensions_mut().insert(ClientAddress(client));
    }
}

/// Whether the connection is a trusted proxy's.
pub(crate) fn is_proxied(config: &Config, request: &Request) -> bool {
    peer(request).is_some_and(|peer| is_among(&config.trusted_proxies, peer.to_canonical()))
}

fn is_among(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

fn peer(request: &Request) -> Option<IpAddr> {
    let info = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    Some(info.0.ip())
}

/// Each proxy appends whom it heard from, so the list is read from its end: as long as the speaker is trusted, its
/// word is taken. What stands further left was written by the client itself.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut client = peer.to_canonical();
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    let heard = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.rsplit(','));
    for said in heard {
        if !is_among(trusted, client) {
            break;
        }
        let Ok(address) = said.trim().parse::<IpAddr>() else {
            break;
        };
        client = address.to_canonical();
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(peer: &str, forwarded: &'static str) -> String {
        let trusted = ["10.0.0.0/8".parse().expect("a network")];
        let mut headers = HeaderMap::new();
        headers.insert(FORWARDED_FOR, forwarded.parse().expect("a value"));
        client(peer.parse().expect("an address"), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(judged("192.0.2.7", "198.51.100.1"), "192.0.2.7");
    }

    #[test]
    fn trusted_proxies_are_believed_up_to_the_first_stranger() {
        assert_eq!(judged("10.0.0.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(
            judged("10.0.0.1", "203.0.113.9, 198.51.100.1, 10.9.9.9"),
            "198.51.100.1"
        );
        assert_eq!(judged("::ffff:10.0.0.1", "198.51.100.1"), "198.51.100.1");
    }

    #[test]
    fn nonsense_ends_the_search() {
        assert_eq!(judged("10.0.0.1", "198.51.100.1, unknown"), "10.0.0.1");
    }
}
