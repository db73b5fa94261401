//! The one decision: whether a member or a key may do something, and the rule that says so.

use super::{MemberRole, Permission, Role};
use crate::Refusal;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Who asks, as far as the decision needs to know.
#[derive(Clone, Copy, Debug)]
pub enum Holder<'a> {
    /// A member with this role.
    Member(&'a MemberRole),
    /// A key with these scopes.
    Key(&'a [String]),
}

/// What decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The member's role holds the permission.
    RoleHolds(String),
    /// The member's role does not hold it.
    RoleLacks(String),
    /// A scope of the key holds it.
    ScopeHolds(String),
    /// The key lacks the scope that holds it.
    ScopeLacks(String),
    /// No key ever may.
    NotForKeys,
}

/// Whether somebody may do something, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What was asked about.
    pub permission: Permission,
    /// Whether it is allowed.
    pub allowed: bool,
    /// The rule that decided.
    pub rule: Rule,
}

/// Decides. Everything that is asked about rights anywhere ends here.
pub fn decide(holder: Holder<'_>, permission: Permission) -> Decision {
    let (allowed, rule) = match holder {
        Holder::Member(role) => by_role(role, permission),
        Holder::Key(scopes) => by_scope(scopes, permission),
    };
    Decision {
        permission,
        allowed,
        rule,
    }
}

fn by_role(role: &MemberRole, permission: Permission) -> (bool, Rule) {
    let holds = match role {
        MemberRole::BuiltIn(role) => role.allows(permission),
        // However the row came to be, what only owners have is not for sale.
        MemberRole::Custom(role) => {
            role.permissions.contains(&permission) && !permission.is_owners_alone()
        }
    };
    let name = role.name().to_string();
    if holds {
        (true, Rule::RoleHolds(name))
    } else {
        (false, Rule::RoleLacks(name))
    }
}

fn by_scope(scopes: &[String], permission: Permission) -> (bool, Rule) {
    let Some(wanted) = permission.scope() else {
        return (false, Rule::NotForKeys);
    };
    let (toolkit, access) = wanted.split_once(':').unwrap_or((wanted, "read"));
    let write = access == "write";
    let opens = |scope: &&String| {
        opens(scope, toolkit, write)
            || (toolkit == "connections"
                && elsewhere(scope).is_some_and(|own| opens(scope, own, write)))
    };
    match scopes.iter().find(opens) {
        Some(scope) => (true, Rule::ScopeHolds(scope.clone())),
        None => (false, Rule::ScopeLacks(wanted.into())),
    }
}

/// The toolkit of a scope, if no permission is about it: then it acts at another service.
fn elsewhere(scope: &str) -> Option<&str> {
    let (own, _) = scope.split_once(':')?;
    let is_here = |permission: &Permission| {
        let scope = permission.scope().and_then(|scope| scope.split_once(':'));
        scope.is_some_and(|(toolkit, _)| toolkit == own)
    };
    (!Permission::ALL.iter().any(is_here)).then_some(own)
}

/// Whether one scope of a key opens that much of a toolkit: writing implies reading.
pub fn opens(scope: &str, toolkit: &str, write: bool) -> bool {
    match scope.split_once(':') {
        Some((name, "write")) => name == toolkit,
        Some((name, "read")) => name == toolkit && !write,
        _ => false,
    }
}

impl Decision {
    /// The refusal of somebody who asked for it.
    pub fn refusal(self) -> Refusal {
        Refusal::Forbidden {
            permission: self.permission,
            rule: self.rule,
        }
    }

    /// Nothing, or the refusal.
    pub fn enforce(self) -> Result<(), Refusal> {
        if self.allowed {
            Ok(())
        } else {
            Err(self.refusal())
        }
    }

    /// The rule in words, about a third person.
    pub fn why(&self) -> String {
        let Self { permission, .. } = self;
        let word = permission.as_str();
        match &self.rule {
            Rule::RoleHolds(role) => format!("the role {role} holds the permission {word}"),
            Rule::RoleLacks(role) => format!(
                "the role {role} lacks the permission {word}; {} it",
                have(permission.roles())
            ),
            Rule::ScopeHolds(scope) => {
                format!("the key's scope {scope} holds the permission {word}")
            }
            Rule::ScopeLacks(scope) => format!(
                "the key lacks the scope {scope}, which holds the permission {word}; {} can issue one with it",
                issuers()
            ),
            Rule::NotForKeys => format!(
                "no key holds the permission {word}: only members do, with the role {}",
                listed(permission.roles())
            ),
        }
    }
}

/// What the refused person or program is told.
pub(crate) fn told(permission: Permission, rule: &Rule) -> String {
    let what = format!("{} ({permission})", permission.as_str());
    match rule {
        Rule::RoleLacks(role) | Rule::RoleHolds(role) => {
            let granters: Vec<Role> = permission.granted_by().collect();
            format!(
                "your role {role} lacks the permission {what}: {} it, and {} can give it to you",
                have(permission.roles()),
                listed(&granters)
            )
        }
        Rule::ScopeLacks(scope) | Rule::ScopeHolds(scope) => format!(
            "this key lacks the scope {scope}, which holds the permission {what}: {} can issue a key with it",
            issuers()
        ),
        Rule::NotForKeys => format!(
            "no key holds the permission {what}: only members do, with the role {}",
            listed(permission.roles())
        ),
    }
}

fn issuers() -> String {
    listed(Permission::ManageKeys.roles())
}

fn have(roles: &[Role]) -> String {
    let verb = if roles.len() == 1 { "has" } else { "have" };
    format!("{} {verb}", listed(roles))
}

/// "owner, admin and developer".
fn listed(roles: &[Role]) -> String {
    let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.allowed {
            "allowed"
        } else {
            "not allowed"
        };
        write!(out, "{word}: {}", self.why())
    }
}
