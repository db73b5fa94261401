//! What each function that a browser can call needs. A function that is not declared here fails a
//! test, and so does one that refuses for another permission than it declares.

use api_types::Permission as P;

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
    Permission(P),
}

/// Every function by its endpoint.
pub const DECLARED: &[(&str, Needs)] = &[
    ("sign_up", Needs::Nothing),
    ("sign_in", Needs::Nothing),
    ("sign_out", Needs::Nothing),
    ("home", Needs::Nothing),
    ("set_theme", Needs::Nothing),
    ("sign_in_with_code", Needs::Nothing),
    ("forgot_password", Needs::Nothing),
    ("find_reset", Needs::Nothing),
    ("choose_password", Needs::Nothing),
    ("look_at_invitation", Needs::Nothing),
    ("join_with_new_account", Needs::Nothing),
    ("accept_invitation", Needs::Person),
    ("account", Needs::Person),
    ("who_am_i", Needs::Person),
    ("find_step_up", Needs::Person),
    ("step_up", Needs::Person),
    ("send_confirmation", Needs::Person),
    ("confirm_address", Needs::Person),
    ("change_address", Needs::Person),
    ("end_one_session", Needs::Person),
    ("end_other_sessions", Needs::Person),
    ("begin_factor", Needs::Person),
    ("confirm_factor", Needs::Person),
    ("renew_codes", Needs::Person),
    ("remove_factor", Needs::Person),
    ("rename_person", Needs::Person),
    ("change_password", Needs::Person),
    ("create_tenant", Needs::Person),
    ("deleted_tenants", Needs::Person),
    ("restore_tenant", Needs::Person),
    ("change_slug", Needs::Permission(P::ManageTenant)),
    ("delete_tenant", Needs::Permission(P::DeleteTenant)),
    ("here", Needs::Member),
    ("settings", Needs::Permission(P::ViewTenant)),
    ("overview", Needs::Permission(P::ViewTenant)),
    ("rename_tenant", Needs::Permission(P::ManageTenant)),
    ("switch_toolkit", Needs::Permission(P::ManageToolkits)),
    ("require_factor", Needs::Permission(P::ManageSecurity)),
    ("read_audit", Needs::Permission(P::ViewAudit)),
    ("get_audit_row", Needs::Permission(P::ViewAudit)),
    ("list_members", Needs::Permission(P::ViewMembers)),
    ("invite_member", Needs::Permission(P::ManageMembers)),
    ("resend_invitation", Needs::Permission(P::ManageMembers)),
    ("revoke_invitation", Needs::Permission(P::ManageMembers)),
    ("change_role", Needs::Permission(P::ManageMembers)),
    ("remove_member", Needs::Permission(P::ManageMembers)),
    (
        "create_service_account",
        Needs::Permission(P::ManageMembers),
    ),
    ("transfer_tenant", Needs::Permission(P::TransferTenant)),
    ("leave_tenant", Needs::Member),
    ("list_roles", Needs::Permission(P::ViewMembers)),
    ("explain_access", Needs::Permission(P::ViewMembers)),
    ("create_role", Needs::Permission(P::ManageRoles)),
    ("update_role", Needs::Permission(P::ManageRoles)),
    ("delete_role", Needs::Permission(P::ManageRoles)),
    ("list_clients", Needs::Permission(P::ViewClients)),
    ("get_client", Needs::Permission(P::ViewClients)),
    ("register_client", Needs::Permission(P::ManageClients)),
    ("update_client", Needs::Permission(P::ManageClients)),
    ("archive_client", Needs::Permission(P::ManageClients)),
    ("create_key", Needs::Permission(P::ManageKeys)),
    ("rotate_key", Needs::Permission(P::ManageKeys)),
    ("revoke_key", Needs::Permission(P::ManageKeys)),
    ("read_usage", Needs::Permission(P::ViewUsage)),
    ("list_tasks", Needs::Permission(P::ViewTasks)),
    ("get_task", Needs::Permission(P::ViewTasks)),
    ("create_task", Needs::Permission(P::ManageTasks)),
    ("update_task", Needs::Permission(P::ManageTasks)),
    ("complete_task", Needs::Permission(P::ManageTasks)),
    ("delete_task", Needs::Permission(P::ManageTasks)),
    ("set_dependencies", Needs::Permission(P::ManageTasks)),
];
