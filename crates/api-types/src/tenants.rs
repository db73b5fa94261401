//! Tenants.

use crate::MemberRole;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// What the overview shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// The tenant's name in addresses.
    pub slug: String,
    /// The tenant's name.
    pub name: String,
    /// The viewer's role.
    pub role: MemberRole,
    /// The MCP endpoint's full URL.
    pub endpoint: String,
    /// MCP clients not archived.
    pub clients: i64,
    /// Keys that work now.
    pub live_keys: i64,
    /// Toolkits switched on.
    pub toolkits: Vec<String>,
    /// Calls in the last 24 hours.
    pub calls_today: i64,
    /// Calls per hour, oldest first, 24 values.
    pub calls_by_hour: Vec<i64>,
    /// Share of failed calls in the last 24 hours, 0 to 1.
    pub error_share: f64,
    /// Tasks not done or cancelled.
    pub open_tasks: i64,
    /// Whether any of its keys was ever used.
    pub has_calls: bool,
}

/// Whose word keeps the tenant's endpoint closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// That of its own people.
    pub own: bool,
    /// That of the operator, with the reason.
    pub by_operator: Option<String>,
}

impl Suspension {
    /// Whether the endpoint is closed.
    pub fn is_any(&self) -> bool {
        self.own || self.by_operator.is_some()
    }
}

/// A tenant that was deleted and can still be restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedTenant {
    /// Its name in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// When it is gone for good.
    #[serde(with = "time::serde::rfc3339")]
    pub delete_after: OffsetDateTime,
}
