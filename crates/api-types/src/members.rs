//! Members of a tenant and the roles they may have.

use crate::{ApiKeyId, CustomRole, Decision, InvitationId, MemberRole, Permission, Role, UserId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A tenant's own role and how many hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleView {
    /// The role.
    pub role: CustomRole,
    /// Members that hold it.
    pub members: i64,
}

/// Somebody or something whose rights can be explained: a member, or a key that works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectView {
    /// `member:<id>` or `key:<id>`.
    pub choice: String,
    /// Name for people.
    pub name: String,
}

/// Whose rights are asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A member.
    Member(UserId),
    /// A key.
    Key(ApiKeyId),
}

impl Subject {
    /// Reads the word of a form.
    pub fn parse(word: &str) -> Option<Self> {
        match word.split_once(':')? {
            ("member", id) => id.parse().ok().map(Self::Member),
            ("key", id) => id.parse().ok().map(Self::Key),
            _ => None,
        }
    }
}

/// What somebody may do and what not, each with the rule that decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// Who it is about.
    pub name: String,
    /// Their role, or the scopes of the key.
    pub holds: String,
    /// One decision for each permission that was asked about.
    pub decisions: Vec<Decision>,
}

/// The word for a role in a form: a built-in one's name or a custom one's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleChoice {
    /// One that every tenant has.
    BuiltIn(Role),
    /// One of the tenant's own.
    Custom(crate::RoleId),
}

impl RoleChoice {
    /// Reads the word.
    pub fn parse(word: &str) -> Result<Self, crate::Refusal> {
        Role::parse(word)
            .map(Self::BuiltIn)
            .or_else(|| word.parse().ok().map(Self::Custom))
            .ok_or_else(|| crate::Refusal::invalid("role", "choose a role"))
    }
}

/// Reads permissions from the words of a form; none may be for owners alone. Seeing the tenant is
/// always among them: whoever belongs to it sees that it is there.
pub fn permissions(words: &[String]) -> Result<Vec<Permission>, crate::Refusal> {
    let refuse = |message: String| crate::Refusal::invalid("permissions", message);
    let chosen = words
        .iter()
        .filter(|word| !word.is_empty())
        .map(|word| match Permission::parse(word) {
            Some(permission) if permission.is_owners_alone() => Err(refuse(format!(
                "{} is for owners alone and cannot be part of a role",
                permission.as_str()
            ))),
            Some(permission) => Ok(permission),
            None => Err(refuse(format!(
                "there is no permission \"{}\"",
                word.escape_debug()
            ))),
        })
        .collect::<Result<Vec<_>, _>>()?;
    if chosen.is_empty() {
        return Err(refuse("choose at least one".into()));
    }
    // In the table's order, each once.
    let all = Permission::ALL.iter().copied();
    let held = |one: &Permission| *one == Permission::ViewTenant || chosen.contains(one);
    Ok(all.filter(held).collect())
}

/// One member in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRow {
    /// Id.
    pub id: UserId,
    /// Name.
    pub name: String,
    /// Email address; none for a service account.
    pub email: Option<String>,
    /// Role.
    pub role: MemberRole,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub joined_at: OffsetDateTime,
    /// When they last did something here, to five minutes.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_active_at: Option<OffsetDateTime>,
    /// Clients that they answer for.
    pub clients: i64,
}

/// An invitation that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationView {
    /// Id.
    pub id: InvitationId,
    /// Where it was sent.
    pub email: String,
    /// The role that it gives.
    pub role: MemberRole,
    /// Who sent it.
    pub invited_by: String,
    /// When the link stops working.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// Whether it has.
    pub expired: bool,
}

/// What the holder of an invitation's link sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The tenant's name.
    pub tenant_name: String,
    /// Whom it is for.
    pub email: String,
    /// The name of the role that it gives.
    pub role: String,
    /// Who sent it.
    pub invited_by: String,
    /// The address of whoever is signed in.
    pub signed_in_as: Option<String>,
    /// Whether the address has an account.
    pub has_account: bool,
}
