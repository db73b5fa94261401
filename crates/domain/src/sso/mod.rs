//! Single sign-on of a tenant: people whose address is of its domain come in by its own provider.
//!
//! | file | what it decides |
//! |---|---|
//! | `domains` | which domains are the tenant's, by a DNS record |
//! | `recheck` | whether they still are |
//! | `connection` | the provider, tested before it can be enforced |
//! | `sign_in` | the way there and back, and who somebody is at its end |
//! | `assertions` | whom the provider lets a client act for |
//! | `policy` | whom an enforced provider keeps out |
//!
//! A tenant's provider speaks for the tenant's verified domains and nobody else: who holds a domain's DNS can read its
//! mail, and so could set new passwords there anyway. It makes new people, and signs in those who are members already;
//! an account that exists and is no member is never taken over, and neither is one that has left.

mod assertions;
mod connection;
mod dns;
mod domains;
mod policy;
mod recheck;
mod sign_in;
mod store;

pub use assertions::switch_identity_assertions;
pub(crate) use assertions::{resource_of, who_is_meant};
pub use connection::{NewConnection, connect, disconnect, enforce, view};
pub use domains::{add, remove, verify};
pub(crate) use policy::require_where_enforced;
pub use recheck::recheck;
pub use sign_in::{Finished, Outcome, finish, start, start_test};

use crate::Services;
use api_types::TenantId;

/// The name under which a session holds the tenant whose provider it came by.
pub const CAME_BY: &str = "sso";

/// Where a tenant's provider sends browsers back to: one address a tenant, so that no answer is taken for another's.
fn redirect_uri(s: &Services, tenant: TenantId) -> String {
    format!("{}/sign-in/sso/{tenant}/callback", s.public_url)
}
