//! Roles of members and what each may do. The one table that every door asks.

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

    /// Reads the word stored in the database.
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::Owner,
            Self::Admin,
            Self::Developer,
            Self::Billing,
            Self::Viewer,
        ]
        .into_iter()
        .find(|role| role.as_str() == word)
    }

    /// Whether this role may do that.
    pub fn allows(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Self::Owner | Self::Admin => true,
            Self::Developer => !matches!(
                permission,
                P::ManageTenant | P::ManageToolkits | P::ViewAudit
            ),
            Self::Billing => matches!(permission, P::ViewTenant | P::ViewUsage),
            Self::Viewer => {
                matches!(
                    permission,
                    P::ViewTenant | P::ViewClients | P::ViewUsage | P::ViewTasks
                )
            }
        }
    }
}

/// One thing that a member may or may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See the tenant's overview.
    ViewTenant,
    /// Rename the tenant.
    ManageTenant,
    /// Switch toolkits on and off.
    ManageToolkits,
    /// See MCP clients and their keys.
    ViewClients,
    /// Register, change and archive MCP clients.
    ManageClients,
    /// Issue, rotate and revoke keys.
    ManageKeys,
    /// See usage.
    ViewUsage,
    /// See tasks.
    ViewTasks,
    /// Create, change and delete tasks.
    ManageTasks,
    /// See and export the audit log.
    ViewAudit,
}

impl fmt::Display for Permission {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::ViewTenant => "see this tenant",
            Self::ManageTenant => "change this tenant",
            Self::ManageToolkits => "switch toolkits on or off",
            Self::ViewClients => "see MCP clients",
            Self::ManageClients => "change MCP clients",
            Self::ManageKeys => "issue or revoke keys",
            Self::ViewUsage => "see usage",
            Self::ViewTasks => "see tasks",
            Self::ManageTasks => "change tasks",
            Self::ViewAudit => "see the audit log",
        })
    }
}
