//! Which addresses are on the public internet, and which URLs may be asked at all.

use super::Unacceptable;
use reqwest::Url;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Azure answers virtual machines here, with their secrets, at an address that looks like any other.
const AZURE_WIRE_SERVER: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

/// Whether an address is on the public internet (IANA's special-purpose registries say what is not).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let relay = (a, b, c) == (192, 88, 99);
    let special = a == 0 || a >= 224 || (a, b, c) == (192, 0, 0) || (a == 198 && b & 0xfe == 18);
    !(shared
        || relay
        || special
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip == AZURE_WIRE_SERVER)
}

/// Global unicast, without what leads into IPv4 by another name (NAT64, 6to4, Teredo).
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    let global = a & 0xe000 == 0x2000;
    let tunnel = a == 0x2002 || (a == 0x2001 && b < 0x0200);
    let documentation = (a == 0x2001 && b == 0x0db8) || a == 0x3fff;
    global && !tunnel && !documentation
}

/// An address that may be asked: https, or http on this machine.
pub(crate) fn checked(address: &str) -> Result<Url, Unacceptable> {
    let url = parsed(address)?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_this_machine(&url) => Ok(url),
        _ => Err(wrong("must be https")),
    }
}

/// An address without credentials in it.
pub(super) fn parsed(address: &str) -> Result<Url, Unacceptable> {
    let url = Url::parse(address).map_err(|_| wrong("is none"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("must hold no credentials"));
    }
    Ok(url)
}

fn wrong(words: &str) -> Unacceptable {
    Unacceptable::new(format!("the address {words}"))
}

/// Whether the host is written as an address that is not public. A name is found out when it is looked up.
pub(super) fn is_plainly_inner(url: &Url) -> bool {
    let literal = host(url).parse::<IpAddr>().ok();
    literal.is_some_and(|ip| !is_public(ip)) || host(url) == "localhost"
}

/// Whether it is an address of this machine, written so.
fn is_this_machine(url: &Url) -> bool {
    let host = host(url);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn host(url: &Url) -> &str {
    let host = url.host_str().unwrap_or_default();
    host.trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_asked_over_https_or_on_this_machine() {
        for good in [
            "https://id.example.com",
            "http://127.0.0.1:9/x",
            "http://[::1]:9",
        ] {
            assert!(checked(good).is_ok(), "{good}");
        }
        for bad in [
            "http://id.example.com",
            "ftp://x",
            "x",
            "https://u:p@id.example.com",
            "http://127.0.0.1.evil.io",
        ] {
            assert!(checked(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_public_internet_ends_where_the_registries_say() {
        for public in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "2001:200::1",
            "2606:4700::1111",
        ] {
            assert!(is_public(public.parse().expect(public)), "{public}");
        }
        for inner in [
            "100.64.0.0",
            "100.127.255.255",
            "168.63.129.16",
            "192.0.0.192",
            "192.88.99.1",
            "::ffff:169.254.169.254",
            "::7f00:1",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "5f00::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(inner.parse().expect(inner)), "{inner}");
        }
    }
}
