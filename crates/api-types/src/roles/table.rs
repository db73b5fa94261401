//! Every action of the product, who may do it, and which scope of a key holds it. The enum is made
//! from the table, so that there is no permission without a row.

use super::Role;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One row of the table.
struct Row {
    permission: Permission,
    word: &'static str,
    about: &'static str,
    roles: &'static [Role],
    scope: Option<&'static str>,
}

macro_rules! scope {
    () => {
        None
    };
    ($scope:literal) => {
        Some($scope)
    };
}

macro_rules! permissions {
    ($($name:ident $word:literal $about:literal: $($role:ident)+ $(, keys $scope:literal)?;)+) => {
        /// One thing that a member or a key may or may not do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Permission {
            $(#[doc = $about] $name),+
        }

        impl Permission {
            /// Every permission, in the table's order.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
        }

        const TABLE: &[Row] = &[$(Row {
            permission: Permission::$name,
            word: $word,
            about: $about,
            roles: &[$(Role::$role),+],
            scope: scope!($($scope)?),
        }),+];
    };
}

// The word is stored in the database and told to people: it never changes.
permissions! {
    ViewTenant     "view_tenant"     "see the tenant's overview":        Owner Admin Developer Billing Viewer, keys "account:read";
    ManageTenant   "manage_tenant"   "rename the tenant":                Owner Admin;
    TransferTenant "transfer_tenant" "hand the tenant to another owner": Owner;
    DeleteTenant   "delete_tenant"   "delete the tenant":                Owner;
    ExportTenant   "export_tenant"   "export everything in the tenant":  Owner Admin;
    ManageSecurity "manage_security" "set the security policy":          Owner Admin;
    AllowSupport   "allow_support"   "let the operator look at the tenant": Owner;
    ManageToolkits "manage_toolkits" "switch toolkits on or off":        Owner Admin;
    ViewMembers    "view_members"    "see members and roles":            Owner Admin Developer Viewer;
    ManageMembers  "manage_members"  "invite, change and remove members": Owner Admin;
    ManageRoles    "manage_roles"    "make and change roles":            Owner Admin;
    ViewAudit      "view_audit"      "read the audit log":               Owner Admin;
    ViewClients    "view_clients"    "see MCP clients and their keys":   Owner Admin Developer Viewer;
    ManageClients  "manage_clients"  "register, change and archive MCP clients": Owner Admin Developer;
    ManageKeys     "manage_keys"     "issue, rotate and revoke keys":    Owner Admin Developer;
    ViewConnections   "view_connections"   "see connections and their tools": Owner Admin Developer Viewer, keys "connections:read";
    UseConnections    "use_connections"    "change things elsewhere by connections": Owner Admin Developer, keys "connections:write";
    ConnectAccounts   "connect_accounts"   "connect accounts of one's own":   Owner Admin Developer Viewer;
    ManageConnections "manage_connections" "connect accounts for everybody":  Owner Admin;
    ManageApis        "manage_apis"        "describe providers and import APIs": Owner Admin Developer;
    ViewWebhooks   "view_webhooks"   "see webhooks and what they deliver": Owner Admin Developer;
    ManageWebhooks "manage_webhooks" "set up webhooks and send deliveries again": Owner Admin Developer;
    ViewBilling    "view_billing"    "see bills":                        Owner Admin Billing;
    ManageBilling  "manage_billing"  "change plan and payment":          Owner Admin Billing;
    ViewUsage      "view_usage"      "see usage":                        Owner Admin Developer Billing Viewer, keys "account:read";
    ViewTasks      "view_tasks"      "see tasks":                        Owner Admin Developer Viewer, keys "tasks:read";
    ManageTasks    "manage_tasks"    "create, change and delete tasks":  Owner Admin Developer, keys "tasks:write";
}

impl Permission {
    /// The word in the database, in refusals and in exports.
    pub fn as_str(self) -> &'static str {
        self.row().word
    }

    /// What one may do with it.
    pub fn about(self) -> &'static str {
        self.row().about
    }

    /// The built-in roles that hold it.
    pub fn roles(self) -> &'static [Role] {
        self.row().roles
    }

    /// The scope of a key that holds it; writing implies reading. None: it is not for keys.
    pub fn scope(self) -> Option<&'static str> {
        self.row().scope
    }

    /// Whether owners alone have it, so that no role that a tenant makes can hold it.
    pub fn is_owners_alone(self) -> bool {
        self.roles() == [Role::Owner]
    }

    /// The roles that can give it to a member: those that manage members and hold it themselves.
    pub fn granted_by(self) -> impl Iterator<Item = Role> {
        let both = move |role: &Role| role.allows(self) && role.allows(Self::ManageMembers);
        Role::ALL.into_iter().filter(both)
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        TABLE
            .iter()
            .find(|row| row.word == word)
            .map(|row| row.permission)
    }

    /// The table is in the order of the enum: both are made from the same lines.
    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.about())
    }
}
