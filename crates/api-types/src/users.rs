//! People.

use crate::{MemberRole, UserId};
use serde::{Deserialize, Serialize};

/// The signed-in person and where they belong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// Id.
    pub user: UserId,
    /// Name.
    pub name: String,
    /// Email address.
    pub email: String,
    /// Whether the address has been confirmed by a link that was sent to it.
    pub email_verified: bool,
    /// Every tenant the person belongs to, by name.
    pub tenants: Vec<Membership>,
}

/// One tenant a person belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The tenant's name in addresses.
    pub slug: String,
    /// The tenant's name.
    pub name: String,
    /// The person's role there.
    pub role: MemberRole,
}

/// One member of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberView {
    /// Id.
    pub id: UserId,
    /// Name.
    pub name: String,
    /// Email address.
    pub email: String,
    /// Role.
    pub role: MemberRole,
}
