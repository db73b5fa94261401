//! Every function that a browser can call either leaves exactly one row in the audit log, or is listed here
//! with the reason why it leaves none (rule R36). The functions are read from what is registered, so that a new
//! one without a case fails.

use crate::support::{Browser, TestServer};
use api_types::input::{Email, RoleName};
use api_types::members::RoleChoice;
use api_types::{Permission, Role};
use leptos::server_fn::axum::server_fn_paths;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::collections::{BTreeMap, BTreeSet};
use test_support::{PASSWORD, Person};

/// Functions that change nothing that is audited, and why.
const NOT_AUDITED: &[(&str, &str)] = &[
    ("home", "reads"),
    ("here", "reads"),
    ("overview", "reads"),
    ("settings", "reads"),
    ("list_clients", "reads"),
    ("get_client", "reads"),
    ("read_usage", "reads"),
    ("read_audit", "reads"),
    ("get_audit_row", "reads"),
    ("list_tasks", "reads"),
    ("get_task", "reads"),
    ("set_theme", "a cookie"),
    ("sign_in", "begins a session; changes no right"),
    ("sign_out", "ends a session; changes no right"),
    ("create_task", "a tenant's data"),
    ("update_task", "a tenant's data"),
    ("set_dependencies", "a tenant's data"),
    ("complete_task", "a tenant's data"),
    ("delete_task", "a tenant's data"),
    ("account", "reads"),
    ("who_am_i", "reads"),
    ("find_reset", "reads"),
    ("find_step_up", "reads"),
    ("list_members", "reads"),
    ("list_roles", "reads"),
    ("explain_access", "reads"),
    ("look_at_invitation", "reads"),
    ("deleted_tenants", "reads"),
    ("send_confirmation", "sends a letter"),
    ("forgot_password", "sends a letter"),
    ("begin_factor", "nothing is on before its first code"),
    ("step_up", "a session's own"),
];

/// Functions that need a letter, an app or another browser first: `audit_flows` shows the rows they leave.
const FLOWS: &[&str] = &[
    "confirm_address",
    "choose_password",
    "confirm_factor",
    "renew_codes",
    "remove_factor",
    "sign_in_with_code",
    "end_one_session",
    "accept_invitation",
    "join_with_new_account",
    "restore_tenant",
];

/// What a call leaves: the act, and the function's arguments.
struct Case {
    act: &'static str,
    arguments: Value,
}

/// Things of Ada's that the cases act on; each may be used up.
struct Things {
    slug: String,
    client: String,
    key: String,
    other_key: String,
    role: String,
    invitation: String,
    member: String,
}

/// Two more members, so that one can be acted on and an owner stays when Ada leaves.
async fn members(ada: &Person) -> String {
    let (bob, carol) = (ada.world.owner("bob").await, ada.world.owner("carol").await);
    let pool = ada.world.database.pool("postgres", 1);
    for (person, role) in [(&bob, "admin"), (&carol, "owner")] {
        sqlx::query("insert into memberships (tenant_id, user_id, role) values ($1, $2, $3)")
            .bind(ada.actor.tenant().0)
            .bind(person.user.0)
            .bind(role)
            .execute(&pool)
            .await
            .expect("a member");
    }
    bob.user.to_string()
}

async fn things(ada: &Person) -> Things {
    let s = &ada.world.services;
    let fresh = uuid::Uuid::now_v7().simple().to_string();
    let name = RoleName::parse(&format!("role {fresh}")).expect("a name");
    let role = domain::roles::create(s, &ada.actor, name, vec![Permission::ViewUsage]).await;
    let email = Email::parse(&format!("{fresh}@example.com")).expect("an address");
    let viewer = RoleChoice::BuiltIn(Role::Viewer);
    domain::invitations::invite(s, &ada.actor, email, viewer)
        .await
        .expect("invited");
    let invitations = domain::invitations::pending(s, &ada.actor).await;
    let client = ada
        .client(&format!("c{}", uuid::Uuid::now_v7().simple()))
        .await;
    Things {
        slug: ada.actor.slug().into(),
        key: ada.key(&client).await.key.id.to_string(),
        other_key: ada.key(&client).await.key.id.to_string(),
        role: role.expect("a role").to_string(),
        invitation: invitations.expect("invitations")[0].id.to_string(),
        member: members(ada).await,
        client: client.id.to_string(),
    }
}

fn cases(t: &Things) -> BTreeMap<&'static str, Case> {
    let case = |act, arguments| Case { act, arguments };
    let fresh = uuid::Uuid::now_v7().simple().to_string();
    let (tenant, client) = (&t.slug, &t.client);
    let mut cases = BTreeMap::from([
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
            "rename_person",
            case("person.renamed", json!({ "name": "Ada L." })),
        ),
        (
            "change_password",
            case(
                "person.password_changed",
                json!({ "current": PASSWORD, "password": PASSWORD }),
            ),
        ),
        (
            "change_address",
            case(
                "person.address_change_requested",
                json!({ "email": format!("{fresh}@example.org") }),
            ),
        ),
        (
            "end_other_sessions",
            case("person.session_ended", json!({})),
        ),
    ]);
    cases.extend(member_cases(t, &fresh));
    cases
}

/// What is done to members, roles and the tenant as a whole.
fn member_cases(t: &Things, fresh: &str) -> Vec<(&'static str, Case)> {
    let of = |act, mut arguments: Value| {
        arguments["tenant"] = t.slug.as_str().into();
        Case { act, arguments }
    };
    let (member, role, invitation) = (&t.member, &t.role, &t.invitation);
    let named =
        |id: &str| json!({ "id": id, "name": format!("r{fresh}"), "permissions[0]": "view_usage" });
    vec![
        (
            "require_factor",
            of(
                "tenant.second_factor_policy_changed",
                json!({ "required": "false" }),
            ),
        ),
        (
            "change_slug",
            of("tenant.moved", json!({ "slug": format!("t{fresh}") })),
        ),
        (
            "delete_tenant",
            of("tenant.deleted", json!({ "confirm": t.slug })),
        ),
        (
            "transfer_tenant",
            of("tenant.transferred", json!({ "member": member })),
        ),
        (
            "invite_member",
            of(
                "invitation.sent",
                json!({ "email": format!("{fresh}@example.net"), "role": "viewer" }),
            ),
        ),
        (
            "resend_invitation",
            of("invitation.resent", json!({ "id": invitation })),
        ),
        (
            "revoke_invitation",
            of("invitation.revoked", json!({ "id": invitation })),
        ),
        (
            "change_role",
            of(
                "member.role_changed",
                json!({ "member": member, "role": "viewer" }),
            ),
        ),
        (
            "remove_member",
            of("member.removed", json!({ "member": member })),
        ),
        ("leave_tenant", of("member.left", json!({}))),
        (
            "create_service_account",
            of("member.service_account_made", json!({ "name": "robot" })),
        ),
        ("create_role", of("role.created", named(""))),
        ("update_role", of("role.changed", named(role))),
        ("delete_role", of("role.deleted", json!({ "id": role }))),
    ]
}

/// The registered functions: their names, and where they are.
fn functions() -> Vec<(String, &'static str, Method)> {
    let name = |path: &str| {
        let last = path.rsplit('/').next().unwrap_or_default();
        last.trim_end_matches(|c: char| c.is_ascii_digit())
            .to_owned()
    };
    server_fn_paths()
        .map(|(path, method)| (name(path), path, method))
        .collect()
}

/// The acts of all tenants, in the order in which they were recorded.
async fn acts(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar("select act from audit_events order by at, tenant_id, seq")
        .fetch_all(pool)
        .await
        .expect("rows")
}

async fn call(browser: &Browser, path: &str, arguments: &Value) -> reqwest::StatusCode {
    let request = browser.post(path).form(arguments);
    request.send().await.expect("an answer").status()
}

#[tokio::test]
async fn every_function_leaves_one_row_or_says_why_not() {
    let server = TestServer::start().await;
    let pool = server.world.database.pool("postgres", 1);
    let mut used = BTreeSet::new();
    for (name, path, _) in functions() {
        let not_audited = NOT_AUDITED.iter().map(|(known, _)| known);
        if let Some(known) = not_audited.chain(FLOWS).find(|known| **known == name) {
            used.insert(*known);
            continue;
        }
        // Somebody with one tenant: an act on one's account leaves a row in each.
        let ada = server.world.owner("ada").await;
        let cases = cases(&things(&ada).await);
        let (known, case) = cases
            .get_key_value(name.as_str())
            .unwrap_or_else(|| panic!("no case for {path}: which row does it leave, or why none?"));
        used.insert(known);
        let browser = server.browser_of(&ada).await;
        let before = acts(&pool).await;
        let status = call(&browser, path, &case.arguments).await;
        assert!(
            status.is_success() || status.is_redirection(),
            "{path}: {status}"
        );
        let after = acts(&pool).await;
        assert_eq!(after[before.len()..], [case.act], "{path}");
    }
    let eve = server.world.owner("eve").await;
    let listed = NOT_AUDITED.len() + FLOWS.len() + cases(&things(&eve).await).len();
    assert_eq!(used.len(), listed, "a case names no function");
}

#[tokio::test]
async fn without_its_row_no_function_changes_anything() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let pool = server.world.database.pool("postgres", 1);
    let cases = cases(&things(&ada).await);
    let browser = server.browser_of(&ada).await;
    sqlx::query("revoke insert on audit_events from bulkhead_runtime")
        .execute(&pool)
        .await
        .expect("revoked");
    let before = everything(&pool).await;
    for (name, path, _) in functions() {
        let Some(case) = cases.get(name.as_str()) else {
            continue;
        };
        let status = call(&browser, path, &case.arguments).await;
        assert!(status.is_server_error(), "{path}: {status}");
        assert_eq!(everything(&pool).await, before, "{path} changed something");
    }
}

/// A digest of every table of the control plane. Sessions and guesses are no acts.
async fn everything(pool: &PgPool) -> String {
    sqlx::query_scalar(
        "select md5(concat(
            (select string_agg(t::text, ',' order by t::text) from users t),
            (select string_agg(t::text, ',' order by t::text) from tenants t),
            (select string_agg(t::text, ',' order by t::text) from memberships t),
            (select string_agg(t::text, ',' order by t::text) from tenant_toolkits t),
            (select string_agg(t::text, ',' order by t::text) from mcp_clients t),
            (select string_agg(t::text, ',' order by t::text) from api_keys t),
            (select string_agg(t::text, ',' order by t::text) from roles t),
            (select string_agg(t::text, ',' order by t::text) from invitations t),
            (select string_agg(t::text, ',' order by t::text) from outbox t),
            (select string_agg(t::text, ',' order by t::text) from audit_heads t)))",
    )
    .fetch_one(pool)
    .await
    .expect("a digest")
}
