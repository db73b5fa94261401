//! Single sign-on of a tenant.

use crate::{Refusal, Role};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A domain that a tenant says is its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainView {
    /// The domain.
    pub domain: String,
    /// What a TXT record of it must say.
    pub record: String,
    /// When it was found there.
    #[serde(with = "time::serde::rfc3339::option")]
    pub verified_at: Option<OffsetDateTime>,
}

/// A group of the provider and the role of its members here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRole {
    /// The group, as the claim names it.
    pub group: String,
    /// The role; never owner.
    pub role: Role,
}

/// The provider that a tenant has connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    /// Its issuer.
    pub issuer: String,
    /// Who we are there.
    pub client_id: String,
    /// What somebody is who comes for the first time.
    pub default_role: Role,
    /// The claim with the groups.
    pub group_claim: String,
    /// What groups may do; the first that fits decides.
    pub groups: Vec<GroupRole>,
    /// When somebody last went the whole way with it.
    #[serde(with = "time::serde::rfc3339::option")]
    pub tested_at: Option<OffsetDateTime>,
    /// Whether people with an address of the tenant's domains come in by it alone.
    pub enforced: bool,
    /// The owner who still comes in by password.
    pub break_glass: Option<String>,
}

/// Everything on the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SsoView {
    /// The tenant's domains.
    pub domains: Vec<DomainView>,
    /// The provider, if one is connected.
    pub connection: Option<ConnectionView>,
    /// What to register there.
    pub redirect_uri: String,
}

impl SsoView {
    /// Whether a domain has been shown to be the tenant's.
    pub fn has_domain(&self) -> bool {
        self.domains.iter().any(|one| one.verified_at.is_some())
    }
}

/// Reads a domain, such as `example.com`, in lower case.
pub fn parse_domain(text: &str) -> Result<String, Refusal> {
    let domain = text.trim().trim_end_matches('.').to_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let good = domain.len() <= 253 && domain.contains('.') && domain.split('.').all(label);
    if good {
        Ok(domain)
    } else {
        Err(Refusal::invalid("domain", "a domain, such as example.com"))
    }
}

/// A role that a provider may give: never owner.
pub fn parse_role(field: &str, word: &str) -> Result<Role, Refusal> {
    Role::parse(word.trim())
        .filter(|role| *role != Role::Owner)
        .ok_or_else(|| Refusal::invalid(field, "admin, developer, billing or viewer"))
}

/// Reads lines of the form `group = role`, at most 100.
pub fn parse_groups(text: &str) -> Result<Vec<GroupRole>, Refusal> {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    if lines.len() > 100 {
        return Err(Refusal::invalid("groups", "at most 100 lines"));
    }
    lines.into_iter().map(parse_group).collect()
}

fn parse_group(line: &str) -> Result<GroupRole, Refusal> {
    let (group, role) = line
        .rsplit_once('=')
        .ok_or_else(|| Refusal::invalid("groups", "each line is: group = role"))?;
    let group = group.trim();
    if group.is_empty() || group.len() > 200 {
        return Err(Refusal::invalid(
            "groups",
            "a group has 1 to 200 characters",
        ));
    }
    Ok(GroupRole {
        group: group.into(),
        role: parse_role("groups", role)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_names_with_a_dot() {
        assert_eq!(parse_domain(" Example.COM. "), Ok("example.com".into()));
        for bad in [
            "", "com", "a b.com", "-a.com", "a..com", "@a.com", "a.com/x",
        ] {
            assert!(parse_domain(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_group_makes_an_owner() {
        let groups = parse_groups("Platform team = admin\n\n a=b = viewer ").expect("groups");
        assert_eq!(groups[0].role, Role::Admin);
        assert_eq!(groups[1].group, "a=b");
        for bad in ["bosses = owner", "x", "= viewer", "x = nobody"] {
            assert!(parse_groups(bad).is_err(), "{bad}");
        }
    }
}
