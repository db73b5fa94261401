//! Roles of members and what each may do: the one table ([`table`]) and the one decision
//! ([`decide`]) that every door asks.

mod decision;
mod table;

pub(crate) use decision::told;
pub use decision::{Decision, Holder, Rule, decide, opens};
pub use table::Permission;

use crate::{RoleId, input::RoleName};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a member is in a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, and cannot be locked out.
    Owner,
    /// Everything but ownership.
    Admin,
    /// Clients, keys and the tenant's data.
    Developer,
    /// Usage and bills.
    Billing,
    /// Reads.
    Viewer,
}

impl Role {
    /// Every role, the mightiest first.
    pub const ALL: [Self; 5] = [
        Self::Owner,
        Self::Admin,
        Self::Developer,
        Self::Billing,
        Self::Viewer,
    ];

    /// The word stored in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Billing => "billing",
            Self::Viewer => "viewer",
        }
    }

    /// What it is for, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Self::Owner => "Everything, with ownership and deletion.",
            Self::Admin => "Everything but ownership and deletion.",
            Self::Developer => "Clients, keys and the tenant's data.",
            Self::Billing => "Usage and bills.",
            Self::Viewer => "Sees, and changes nothing.",
        }
    }

    /// Reads the word stored in the database.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Whether this role may do that.
    pub fn allows(self, permission: Permission) -> bool {
        permission.roles().contains(&self)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A role that a tenant made of permissions. It never holds what only owners have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomRole {
    /// Id.
    pub id: RoleId,
    /// Name, unique in the tenant.
    pub name: String,
    /// What its members may do, in the table's order.
    pub permissions: Vec<Permission>,
}

/// The role that a member holds: one that every tenant has, or one of the tenant's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// One that every tenant has.
    BuiltIn(Role),
    /// One of the tenant's own.
    Custom(CustomRole),
}

impl MemberRole {
    /// Whether its members may do that.
    pub fn allows(&self, permission: Permission) -> bool {
        decide(Holder::Member(self), permission).allowed
    }

    /// Why its members may do that or may not.
    pub fn decide(&self, permission: Permission) -> Decision {
        decide(Holder::Member(self), permission)
    }

    /// Everything that its members may do.
    pub fn permissions(&self) -> Vec<Permission> {
        let all = Permission::ALL.iter().copied();
        all.filter(|permission| self.allows(*permission)).collect()
    }

    /// Whether everything that `other` allows is allowed here too. Nobody grants, changes or takes
    /// away a role that holds more than their own.
    pub fn covers(&self, other: &Self) -> bool {
        other
            .permissions()
            .into_iter()
            .all(|permission| self.allows(permission))
    }

    /// Whether its members own the tenant.
    pub fn is_owner(&self) -> bool {
        *self == Self::BuiltIn(Role::Owner)
    }

    /// Its name for people.
    pub fn name(&self) -> &str {
        match self {
            Self::BuiltIn(role) => role.as_str(),
            Self::Custom(role) => &role.name,
        }
    }

    /// The word that a form sends for it.
    pub fn choice(&self) -> String {
        match self {
            Self::BuiltIn(role) => role.as_str().into(),
            Self::Custom(role) => role.id.to_string(),
        }
    }
}

/// What an operator holds in a tenant that lets them look at it: what a viewer sees, and nothing that changes anything.
pub fn support() -> MemberRole {
    let sees = |permission: &Permission| {
        Role::Viewer.allows(*permission) && *permission != Permission::ConnectAccounts
    };
    MemberRole::Custom(CustomRole {
        id: RoleId(uuid::Uuid::nil()),
        name: "support".into(),
        permissions: Permission::ALL.iter().copied().filter(sees).collect(),
    })
}

impl From<Role> for MemberRole {
    fn from(role: Role) -> Self {
        Self::BuiltIn(role)
    }
}

impl fmt::Display for MemberRole {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Whether a tenant's own role may have this name: not one that every tenant has already.
pub fn is_free(name: &RoleName) -> bool {
    Role::parse(&name.as_str().to_lowercase()).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn custom(permissions: &[Permission]) -> MemberRole {
        MemberRole::Custom(CustomRole {
            id: RoleId(uuid::Uuid::nil()),
            name: "on call".into(),
            permissions: permissions.to_vec(),
        })
    }

    #[test]
    fn owners_hold_everything_and_no_role_that_is_made_holds_what_only_they_have() {
        let owner = MemberRole::from(Role::Owner);
        assert_eq!(owner.permissions().len(), Permission::ALL.len());
        let all = custom(Permission::ALL);
        for permission in Permission::ALL {
            assert_eq!(all.allows(*permission), !permission.is_owners_alone());
        }
        assert!(owner.covers(&all) && !all.covers(&owner));
    }

    #[test]
    fn support_sees_what_a_viewer_sees_and_holds_nothing_that_changes_anything() {
        let held = support().permissions();
        assert!(held.contains(&Permission::ViewTenant) && held.contains(&Permission::ViewUsage));
        for permission in held {
            assert!(permission.as_str().starts_with("view_"), "{permission:?}");
        }
    }

    #[test]
    fn a_role_covers_what_holds_no_more() {
        let manager = custom(&[Permission::ManageMembers, Permission::ViewMembers]);
        assert!(!manager.covers(&Role::Viewer.into()));
        assert!(MemberRole::from(Role::Admin).covers(&manager));
        assert!(!MemberRole::from(Role::Admin).covers(&Role::Owner.into()));
    }

    #[test]
    fn a_refusal_names_what_is_missing_and_who_can_grant_it() {
        let told = |decision: Decision| decision.refusal().to_string();
        let viewer = MemberRole::from(Role::Viewer);
        assert_eq!(
            told(viewer.decide(Permission::ManageKeys)),
            "your role viewer lacks the permission manage_keys (issue, rotate and revoke keys): \
             owner, admin and developer have it, and owner and admin can give it to you"
        );
        assert_eq!(
            told(viewer.decide(Permission::DeleteTenant)),
            "your role viewer lacks the permission delete_tenant (delete the tenant): \
             owner has it, and owner can give it to you"
        );
        let scopes = ["tasks:read".to_string()];
        let key = Holder::Key(&scopes);
        assert_eq!(
            told(decide(key, Permission::ManageTasks)),
            "this key lacks the scope tasks:write, which holds the permission manage_tasks \
             (create, change and delete tasks): owner, admin and developer can issue a key with it"
        );
        assert_eq!(
            told(decide(key, Permission::ManageKeys)),
            "no key holds the permission manage_keys (issue, rotate and revoke keys): only \
             members do, with the role owner, admin and developer"
        );
    }
}
