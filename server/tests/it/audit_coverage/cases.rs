//! What each function is sent, and the act that it leaves.

use super::things::Things;
use super::{elsewhere, hooks, limits};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use test_support::PASSWORD;

/// What a call leaves: the act, and the function's arguments.
pub(super) struct Case {
    pub(super) act: &'static str,
    pub(super) arguments: Value,
}

#[expect(clippy::too_many_lines, reason = "a list, one entry a function")]
pub(super) fn cases(t: &Things) -> BTreeMap<&'static str, Case> {
    let case = |act, arguments| Case { act, arguments };
    let fresh = uuid::Uuid::now_v7().simple().to_string();
    let (tenant, client) = (&t.slug, &t.client);
    let mut all = elsewhere::cases(tenant, &t.elsewhere);
    all.extend(hooks::cases(tenant, &t.hooks));
    all.extend(limits::cases(tenant, &t.key));
    all.extend([
        (
            "sign_up",
            case(
                "tenant.created",
                json!({ "name": "Eve", "email": format!("{fresh}@example.com"),
                    "password": PASSWORD, "tenant_name": fresh }),
            ),
        ),
        (
            "create_tenant",
            case(
                "tenant.created",
                json!({ "tenant_name": "Lab", "slug": "" }),
            ),
        ),
        (
            "rename_tenant",
            case(
                "tenant.renamed",
                json!({ "tenant": tenant, "tenant_name": "New" }),
            ),
        ),
        (
            "switch_toolkit",
            case(
                "toolkit.switched",
                json!({ "tenant": tenant, "toolkit": "tasks", "enabled": "false" }),
            ),
        ),
        (
            "register_client",
            case(
                "client.registered",
                json!({ "tenant": tenant, "name": fresh, "kind": "other" }),
            ),
        ),
        (
            "update_client",
            case(
                "client.changed",
                json!({ "tenant": tenant, "id": client, "name": fresh, "kind": "other" }),
            ),
        ),
        (
            "archive_client",
            case("client.archived", json!({ "tenant": tenant, "id": client })),
        ),
        (
            "create_key",
            case(
                "api_key.created",
                json!({ "tenant": tenant, "client": client, "name": "k", "scopes[0]": "tasks:read" }),
            ),
        ),
        (
            "rotate_key",
            case(
                "api_key.rotated",
                json!({ "tenant": tenant, "key": t.key, "overlap_hours": "0" }),
            ),
        ),
        (
            "revoke_key",
            case(
                "api_key.revoked",
                json!({ "tenant": tenant, "client": client, "key": t.other_key }),
            ),
        ),
        (
            "set_log_in",
            case(
                "client.log_in_set",
                json!({ "tenant": tenant, "id": client, "auth": "none",
                    "redirect_uris": "https://app.example/callback" }),
            ),
        ),
        (
            "remove_log_in",
            case(
                "client.log_in_removed",
                json!({ "tenant": tenant, "id": client }),
            ),
        ),
        (
            "issue_secret",
            case(
                "client.secret_issued",
                json!({ "tenant": tenant, "id": client, "overlap_hours": "1" }),
            ),
        ),
        (
            "revoke_secret",
            case(
                "client.secret_revoked",
                json!({ "tenant": tenant, "id": client, "secret": t.secret }),
            ),
        ),
        (
            "end_grant",
            case("grant.ended", json!({ "tenant": tenant, "id": t.grant })),
        ),
        (
            "end_own_grant",
            case("grant.ended", json!({ "tenant": tenant, "id": t.grant })),
        ),
        (
            "change_slug",
            case(
                "tenant.moved",
                json!({ "tenant": tenant, "slug": &fresh[..30] }),
            ),
        ),
        (
            "suspend_tenant",
            case(
                "tenant.suspended",
                json!({ "tenant": tenant, "suspended": "true" }),
            ),
        ),
        (
            "allow_support",
            case(
                "tenant.support_allowed",
                json!({ "tenant": tenant, "length": "8", "reason": "x" }),
            ),
        ),
        (
            "delete_tenant",
            case(
                "tenant.deleted",
                json!({ "tenant": tenant, "confirm": tenant }),
            ),
        ),
        (
            "restore_tenant",
            case("tenant.restored", json!({ "slug": t.deleted })),
        ),
        (
            "create_role",
            case(
                "role.created",
                json!({ "tenant": tenant, "name": "reader", "permissions[]": "view_usage" }),
            ),
        ),
        (
            "update_role",
            case(
                "role.changed",
                json!({ "tenant": tenant, "id": t.role, "name": "x", "permissions[]": "view_usage" }),
            ),
        ),
        (
            "delete_role",
            case("role.deleted", json!({ "tenant": tenant, "id": t.role })),
        ),
        (
            "invite_member",
            case(
                "invitation.sent",
                json!({ "tenant": tenant, "email": format!("{fresh}@example.org"), "role": "viewer" }),
            ),
        ),
        (
            "resend_invitation",
            case(
                "invitation.resent",
                json!({ "tenant": tenant, "id": t.invitation }),
            ),
        ),
        (
            "revoke_invitation",
            case(
                "invitation.revoked",
                json!({ "tenant": tenant, "id": t.invitation }),
            ),
        ),
        (
            "accept_invitation",
            case("invitation.accepted", json!({ "token": t.tokens[1] })),
        ),
        (
            "join_with_new_account",
            case(
                "invitation.accepted",
                json!({ "token": t.tokens[0], "name": "New", "password": PASSWORD }),
            ),
        ),
        (
            "change_role",
            case(
                "member.role_changed",
                json!({ "tenant": tenant, "member": t.member, "role": "viewer" }),
            ),
        ),
        (
            "remove_member",
            case(
                "member.removed",
                json!({ "tenant": tenant, "member": t.member }),
            ),
        ),
        (
            "leave_tenant",
            case("member.left", json!({ "tenant": tenant })),
        ),
        (
            "transfer_tenant",
            case(
                "tenant.transferred",
                json!({ "tenant": tenant, "member": t.member }),
            ),
        ),
        (
            "create_service_account",
            case(
                "member.service_account_made",
                json!({ "tenant": tenant, "name": "jobs" }),
            ),
        ),
        (
            "change_address",
            case(
                "person.address_change_requested",
                json!({ "email": format!("new{fresh}@example.com") }),
            ),
        ),
        (
            "end_other_sessions",
            case("person.session_ended", json!({})),
        ),
        (
            "rename_person",
            case("person.renamed", json!({ "name": "Ada L." })),
        ),
        (
            "add_domain",
            case(
                "tenant.sso_domain_added",
                json!({ "tenant": tenant, "domain": format!("{fresh}.example") }),
            ),
        ),
        (
            "remove_domain",
            case(
                "tenant.sso_domain_removed",
                json!({ "tenant": tenant, "domain": t.domain }),
            ),
        ),
        (
            "connect_sso",
            case(
                "tenant.sso_connected",
                json!({ "tenant": tenant, "issuer": "https://id.example.com", "client_id": "new",
                    "client_secret": "s", "default_role": "viewer" }),
            ),
        ),
        (
            "disconnect_sso",
            case("tenant.sso_disconnected", json!({ "tenant": tenant })),
        ),
        (
            "enforce_sso",
            case(
                "tenant.sso_enforcement_changed",
                json!({ "tenant": tenant, "enforced": "true" }),
            ),
        ),
        (
            "switch_identity_assertions",
            case(
                "tenant.identity_assertions_switched",
                json!({ "tenant": tenant, "on": "true" }),
            ),
        ),
        (
            "unlink_identity",
            case(
                "person.identity_unlinked",
                json!({ "issuer": "https://id.example.com", "subject": t.subject }),
            ),
        ),
        (
            "change_password",
            case(
                "person.password_changed",
                json!({ "current": PASSWORD, "password": PASSWORD }),
            ),
        ),
    ]);
    all
}
