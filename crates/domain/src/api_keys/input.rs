//! What a person may ask of a new key, and what of it is refused.

use super::CheckedKey;
use crate::toolkits::{CONNECTIONS, Registry};
use api_types::{Refusal, input::KeyName};
use ipnet::IpNet;
use std::net::IpAddr;
use time::{Duration, OffsetDateTime};

/// What a person fills in to issue a key.
pub struct NewKey {
    /// Name.
    pub name: KeyName,
    /// `toolkit:read` or `toolkit:write`; at least one.
    pub scopes: Vec<String>,
    /// Days until it expires, 1 to 3650; never, if absent.
    pub expires_in_days: Option<u32>,
    /// Calls a minute, 1 to 1,000,000; not limited, if absent.
    pub rate_limit_per_minute: Option<u32>,
    /// Addresses or networks that may use it; any, if empty. At most 50.
    pub allowed_networks: Vec<String>,
}

impl NewKey {
    pub(super) fn check(self, toolkits: [&Registry; 2]) -> Result<CheckedKey, Refusal> {
        Ok(CheckedKey {
            name: self.name.as_str().into(),
            scopes: scopes(self.scopes, toolkits)?,
            expires_at: self.expires_in_days.map(expiry).transpose()?,
            rate_limit_per_minute: self.rate_limit_per_minute.map(limit).transpose()?,
            allowed_networks: networks(&self.allowed_networks)?,
        })
    }
}

fn scopes(mut scopes: Vec<String>, toolkits: [&Registry; 2]) -> Result<Vec<String>, Refusal> {
    scopes.sort();
    scopes.dedup();
    if scopes.is_empty() {
        return Err(Refusal::invalid("scopes", "choose at least one toolkit"));
    }
    for scope in &scopes {
        let known = scope.split_once(':').is_some_and(|(toolkit, access)| {
            let is_one = toolkits.iter().any(|known| known.get(toolkit).is_some());
            matches!(access, "read" | "write") && (is_one || toolkit == CONNECTIONS)
        });
        if !known {
            let message = format!("there is no scope \"{}\"", scope.escape_debug());
            return Err(Refusal::invalid("scopes", message));
        }
    }
    Ok(scopes)
}

fn expiry(days: u32) -> Result<OffsetDateTime, Refusal> {
    match days {
        1..=3650 => Ok(OffsetDateTime::now_utc() + Duration::days(days.into())),
        _ => Err(Refusal::invalid("expires_in_days", "1 to 3650 days")),
    }
}

fn limit(calls: u32) -> Result<i32, Refusal> {
    match i32::try_from(calls) {
        Ok(calls @ 1..=1_000_000) => Ok(calls),
        _ => Err(Refusal::invalid(
            "rate_limit_per_minute",
            "1 to 1,000,000 calls a minute",
        )),
    }
}

fn networks(lines: &[String]) -> Result<Vec<String>, Refusal> {
    let lines: Vec<_> = lines
        .iter()
        .map(|line| line.trim())
        .filter(|line| !line.is_empty())
        .collect();
    if lines.len() > 50 {
        return Err(Refusal::invalid("allowed_networks", "at most 50 networks"));
    }
    lines.into_iter().map(network).collect()
}

/// An address alone means just that address.
fn network(line: &str) -> Result<String, Refusal> {
    let parsed = line
        .parse::<IpNet>()
        .or_else(|_| line.parse::<IpAddr>().map(IpNet::from));
    match parsed {
        Ok(network) => Ok(network.trunc().to_string()),
        Err(_) => Err(Refusal::invalid(
            "allowed_networks",
            format!(
                "\"{}\" is no address or network such as 192.0.2.0/24",
                line.escape_debug()
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn networks_are_stored_in_one_form() {
        assert_eq!(network("192.0.2.7/24").expect("good"), "192.0.2.0/24");
        assert_eq!(network("2001:db8::1").expect("good"), "2001:db8::1/128");
        assert!(network("example.com").is_err());
        assert!(network("192.0.2.0/33").is_err());
    }
}
