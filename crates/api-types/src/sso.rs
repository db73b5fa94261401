//! Single sign-on of a tenant.

use crate::{MemberRole, Refusal};
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
    pub role: MemberRole,
}

/// The provider that a tenant has connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    /// Its issuer.
    pub issuer: String,
    /// Who we are there.
    pub client_id: String,
    /// What somebody is who comes for the first time.
    pub default_role: MemberRole,
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
    /// Whether it may let MCP clients in by itself.
    pub grants_clients: bool,
    /// The roles that it may give.
    pub roles: Vec<MemberRole>,
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

/// Reads lines of the form `group = role`, at most 100. `roles` are those that a provider may give.
pub fn parse_groups(text: &str, roles: &[MemberRole]) -> Result<Vec<GroupRole>, Refusal> {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    if lines.len() > 100 {
        return Err(Refusal::invalid("groups", "at most 100 lines"));
    }
    let parse = |line| parse_group(line, roles);
    lines.into_iter().map(parse).collect()
}

/// Groups and roles may both have a `=` in their names: the longest name of a role counts.
fn parse_group(line: &str, roles: &[MemberRole]) -> Result<GroupRole, Refusal> {
    let named = |word: &str| {
        let word = word.trim().to_lowercase();
        roles.iter().find(|role| role.name().to_lowercase() == word)
    };
    let found = line
        .match_indices('=')
        .find_map(|(at, _)| Some((line[..at].trim(), named(&line[at + 1..])?)));
    let (group, role) = found.ok_or_else(|| {
        let message = format!("\u{201c}{line}\u{201d} is not: group = role that a group can give");
        Refusal::invalid("groups", message)
    })?;
    if group.is_empty() || group.len() > 200 {
        return Err(Refusal::invalid(
            "groups",
            "a group has 1 to 200 characters",
        ));
    }
    Ok(GroupRole {
        group: group.into(),
        role: role.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CustomRole, Role};

    #[test]
    fn domains_are_names_with_a_dot() {
        assert_eq!(parse_domain(" Example.COM. "), Ok("example.com".into()));
        for bad in [
            "", "com", "a b.com", "-a.com", "a..com", "@a.com", "a.com/x",
        ] {
            assert!(parse_domain(bad).is_err(), "{bad}");
        }
    }

    /// What a provider may give in a tenant with these roles of its own.
    fn roles(own: &[&str]) -> Vec<MemberRole> {
        let own = own.iter().map(|name| {
            MemberRole::Custom(CustomRole {
                id: crate::RoleId(uuid::Uuid::nil()),
                name: (*name).into(),
                permissions: Vec::new(),
            })
        });
        let built_in = Role::ALL.into_iter().filter(|role| *role != Role::Owner);
        built_in.map(MemberRole::from).chain(own).collect()
    }

    #[test]
    fn no_group_makes_an_owner() {
        let groups = parse_groups("Platform team = admin\n\n a=b = viewer ", &roles(&[]));
        let groups = groups.expect("groups");
        assert_eq!(groups[0].role, Role::Admin.into());
        assert_eq!(groups[1].group, "a=b");
        for bad in ["bosses = owner", "x", "= viewer", "x = nobody"] {
            assert!(parse_groups(bad, &roles(&[])).is_err(), "{bad}");
        }
    }

    #[test]
    fn groups_give_roles_of_the_tenants_own_by_name() {
        let roles = roles(&["On call", "b = viewer"]);
        let groups = parse_groups("Night = on CALL\na = b = viewer", &roles).expect("groups");
        assert_eq!(groups[0].role.name(), "On call");
        assert_eq!(
            (groups[1].group.as_str(), groups[1].role.name()),
            ("a", "b = viewer")
        );
    }
}
