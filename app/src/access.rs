//! What each function that a browser can call needs. A function that is not declared here fails a
//! test, and so does one that refuses for another permission than it declares.

use api_types::Permission::{self, *};

/// Whom a function answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Anybody, signed in or not.
    Nothing,
    /// Whoever is signed in.
    Person,
    /// Whoever belongs to the tenant.
    Member,
    /// A member with this permission.
    Permission(Permission),
}

/// Every function by its endpoint.
pub const DECLARED: &[(&str, Needs)] = &[
    ("sign_up", Needs::Nothing),
    ("sign_in", Needs::Nothing),
    ("sign_out", Needs::Nothing),
    ("home", Needs::Nothing),
    ("set_theme", Needs::Nothing),
    ("look_at_invitation", Needs::Nothing),
    ("join_with_new_account", Needs::Nothing),
    ("accept_invitation", Needs::Person),
    ("rename_person", Needs::Person),
    ("change_password", Needs::Person),
    ("create_tenant", Needs::Person),
    ("deleted_tenants", Needs::Person),
    ("restore_tenant", Needs::Person),
    ("change_slug", Needs::Permission(ManageTenant)),
    ("delete_tenant", Needs::Permission(DeleteTenant)),
    ("here", Needs::Member),
    ("settings", Needs::Permission(ViewTenant)),
    ("overview", Needs::Permission(ViewTenant)),
    ("rename_tenant", Needs::Permission(ManageTenant)),
    ("switch_toolkit", Needs::Permission(ManageToolkits)),
    ("list_members", Needs::Permission(ViewMembers)),
    ("invite_member", Needs::Permission(ManageMembers)),
    ("resend_invitation", Needs::Permission(ManageMembers)),
    ("revoke_invitation", Needs::Permission(ManageMembers)),
    ("change_role", Needs::Permission(ManageMembers)),
    ("remove_member", Needs::Permission(ManageMembers)),
    ("create_service_account", Needs::Permission(ManageMembers)),
    ("transfer_tenant", Needs::Permission(TransferTenant)),
    ("leave_tenant", Needs::Member),
    ("list_roles", Needs::Permission(ViewMembers)),
    ("explain_access", Needs::Permission(ViewMembers)),
    ("create_role", Needs::Permission(ManageRoles)),
    ("update_role", Needs::Permission(ManageRoles)),
    ("delete_role", Needs::Permission(ManageRoles)),
    ("list_clients", Needs::Permission(ViewClients)),
    ("get_client", Needs::Permission(ViewClients)),
    ("register_client", Needs::Permission(ManageClients)),
    ("update_client", Needs::Permission(ManageClients)),
    ("archive_client", Needs::Permission(ManageClients)),
    ("create_key", Needs::Permission(ManageKeys)),
    ("rotate_key", Needs::Permission(ManageKeys)),
    ("revoke_key", Needs::Permission(ManageKeys)),
    ("read_usage", Needs::Permission(ViewUsage)),
    ("list_tasks", Needs::Permission(ViewTasks)),
    ("get_task", Needs::Permission(ViewTasks)),
    ("create_task", Needs::Permission(ManageTasks)),
    ("update_task", Needs::Permission(ManageTasks)),
    ("complete_task", Needs::Permission(ManageTasks)),
    ("delete_task", Needs::Permission(ManageTasks)),
    ("set_dependencies", Needs::Permission(ManageTasks)),
];
