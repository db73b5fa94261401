//! Whose passkeys these are: the name of this server, and the address of its pages. Browsers keep
//! passkeys by name; for an IP address they keep none.

use crate::{Result, Services};
use api_types::Refusal;
use std::net::IpAddr;
use webauthn_rp::request::{AsciiDomain, RpId};

/// The relying party, as the specification says.
pub(super) struct Party {
    pub id: RpId,
    /// Where its pages are.
    pub origin: String,
}

impl Party {
    pub fn of(s: &Services) -> Result<Self> {
        let party = party(&s.public_url);
        party.ok_or_else(|| Refusal::conflict(NO_NAME).into())
    }
}

const NO_NAME: &str = "passkeys need a name, and this server is reached by an IP address";

/// Why passkeys do not work on a page that was asked for by this `Host`; `None` where they do.
pub fn elsewhere(s: &Services, host: &str) -> Option<String> {
    let Some(party) = party(&s.public_url) else {
        return Some(NO_NAME.into());
    };
    let ours = party.origin.split_once("://").map(|(_, host)| host);
    let is_ours = ours.is_some_and(|ours| ours.eq_ignore_ascii_case(host));
    (!is_ours).then(|| {
        format!(
            "browsers keep passkeys by name, not by number: open {} to use yours",
            party.origin
        )
    })
}

/// In development the loopback interface has several names, of which one can have passkeys.
fn party(public_url: &str) -> Option<Party> {
    let (scheme, authority) = public_url.split_once("://")?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let host = match address {
        Some(address) if address.is_loopback() => "localhost",
        Some(_) => return None,
        None => host,
    };
    let id = RpId::Domain(AsciiDomain::try_from(host.to_owned()).ok()?);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Some(Party {
        id,
        origin: format!("{scheme}://{host}{port}"),
    })
}

#[cfg(test)]
mod tests {
    use super::party;

    #[test]
    fn passkeys_belong_to_a_name() {
        for (url, id, origin) in [
            (
                "https://mcp.example.com",
                "mcp.example.com",
                "https://mcp.example.com",
            ),
            (
                "https://mcp.example.com:8443",
                "mcp.example.com",
                "https://mcp.example.com:8443",
            ),
            (
                "http://127.0.0.1:3000",
                "localhost",
                "http://localhost:3000",
            ),
            ("http://[::1]:3000", "localhost", "http://localhost:3000"),
            ("http://[::1]", "localhost", "http://localhost"),
            ("http://localhost", "localhost", "http://localhost"),
        ] {
            let party = party(url).expect(url);
            assert_eq!((party.id.as_ref(), party.origin.as_str()), (id, origin));
        }
        for url in ["https://10.0.0.1", "https://[2001:db8::1]:8443"] {
            assert!(party(url).is_none(), "{url}");
        }
    }
}
