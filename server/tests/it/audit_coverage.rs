//! Every function that a browser can call either leaves exactly one row in the audit log, or is listed here
//! with the reason why it leaves none (rule R36). The functions are read from what is registered, so that a new
//! one without a case fails.

use crate::support::{Browser, TestServer};
use leptos::server_fn::axum::server_fn_paths;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::collections::{BTreeMap, BTreeSet};
use test_support::{PASSWORD, Person};

/// Functions that take a letter or a code leave their rows elsewhere.
const ON_ACCOUNTS: &str = "see `every_act_on_an_account_leaves_one_row`";

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
    ("list_members", "reads"),
    ("list_roles", "reads"),
    ("explain_access", "reads"),
    ("look_at_invitation", "reads"),
    ("deleted_tenants", "reads"),
    ("account", "reads"),
    ("who_am_i", "reads"),
    ("find_reset", "reads"),
    ("find_step_up", "reads"),
    ("step_up", "a session; changes no right"),
    ("sign_in_with_code", "begins a session; changes no right"),
    ("forgot_password", "a letter; changes nothing"),
    ("list_tasks", "reads"),
    ("get_task", "reads"),
    ("set_theme", "a cookie"),
    ("send_confirmation", "sends a letter"),
    ("begin_factor", "a secret that protects nothing yet"),
    ("confirm_address", ON_ACCOUNTS),
    ("choose_password", ON_ACCOUNTS),
    ("end_one_session", ON_ACCOUNTS),
    ("confirm_factor", ON_ACCOUNTS),
    ("renew_codes", ON_ACCOUNTS),
    ("remove_factor", ON_ACCOUNTS),
    ("require_factor", ON_ACCOUNTS),
    ("sign_in", "begins a session; changes no right"),
    ("sign_out", "ends a session; changes no right"),
    ("create_task", "a tenant's data"),
    ("update_task", "a tenant's data"),
    ("set_dependencies", "a tenant's data"),
    ("complete_task", "a tenant's data"),
    ("delete_task", "a tenant's data"),
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
    /// Of an invitation to somebody new, and of one for Ada herself to another tenant.
    tokens: [String; 2],
    deleted: String,
}

async fn things(ada: &Person) -> Things {
    let s = &ada.world.services;
    let role = api_types::input::RoleName::parse("on call").expect("a name");
    let held = vec![api_types::Permission::ViewTenant];
    let role = domain::roles::create(s, &ada.actor, role, held).await;
    let bob = ada.world.owner("bob").await;
    let pool = ada.world.database.pool("postgres", 1);
    let join = "insert into memberships (tenant_id, user_id, role) values ($1, $2, 'owner')";
    let join = sqlx::query(join)
        .bind(ada.actor.tenant().0)
        .bind(bob.user.0);
    join.execute(&pool).await.expect("a second owner");
    let fresh = format!("{}@example.com", uuid::Uuid::now_v7().simple());
    let tokens = [
        invited(&ada.world, &ada.actor, &fresh).await,
        invited(&ada.world, &bob.actor, &ada.email).await,
    ];
    let pending = domain::invitations::pending(s, &ada.actor).await;
    let deleted = ada.world.owner("gone").await;
    let join = sqlx::query("update memberships set user_id = $2 where tenant_id = $1");
    let join = join.bind(deleted.actor.tenant().0).bind(ada.user.0);
    join.execute(&pool).await.expect("Ada's");
    domain::tenants::delete(s, &deleted.actor, deleted.actor.slug())
        .await
        .expect("deleted");
    let client = ada
        .client(&format!("c{}", uuid::Uuid::now_v7().simple()))
        .await;
    Things {
        slug: ada.actor.slug().into(),
        key: ada.key(&client).await.key.id.to_string(),
        other_key: ada.key(&client).await.key.id.to_string(),
        client: client.id.to_string(),
        role: role.expect("a role").to_string(),
        invitation: pending.expect("invitations")[0].id.to_string(),
        member: bob.user.to_string(),
        tokens,
        deleted: deleted.actor.slug().into(),
    }
}

/// Invites an address, and reads the link's token from the letter.
async fn invited(world: &test_support::World, by: &domain::Actor, email: &str) -> String {
    let address = api_types::input::Email::parse(email).expect("an address");
    let viewer = api_types::members::RoleChoice::BuiltIn(api_types::Role::Viewer);
    domain::invitations::invite(&world.services, by, address, viewer)
        .await
        .expect("invited");
    let letter: String = sqlx::query_scalar(
        "select payload from outbox where payload like '%' || $1 || '%invitations?token=%'",
    )
    .bind(email)
    .fetch_one(&world.database.pool("postgres", 1))
    .await
    .expect("a letter");
    let token = letter.split("invitations?token=").nth(1).expect("a link");
    token
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect()
}

#[expect(clippy::too_many_lines, reason = "a list, one entry a function")]
fn cases(t: &Things) -> BTreeMap<&'static str, Case> {
    let case = |act, arguments| Case { act, arguments };
    let fresh = uuid::Uuid::now_v7().simple().to_string();
    let (tenant, client) = (&t.slug, &t.client);
    BTreeMap::from([
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
            "change_slug",
            case(
                "tenant.moved",
                json!({ "tenant": tenant, "slug": &fresh[..30] }),
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
            "change_password",
            case(
                "person.password_changed",
                json!({ "current": PASSWORD, "password": PASSWORD }),
            ),
        ),
    ])
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
        if let Some((known, _)) = NOT_AUDITED.iter().find(|(known, _)| *known == name) {
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
    let listed = NOT_AUDITED.len() + cases(&things(&eve).await).len();
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
            (select string_agg(t::text, ',' order by t::text) from roles t),
            (select string_agg(t::text, ',' order by t::text) from invitations t),
            (select string_agg(t::text, ',' order by t::text) from tenant_slugs t),
            (select string_agg(t::text, ',' order by t::text) from tenant_toolkits t),
            (select string_agg(t::text, ',' order by t::text) from mcp_clients t),
            (select string_agg(t::text, ',' order by t::text) from api_keys t),
            (select string_agg(t::text, ',' order by t::text) from audit_heads t)))",
    )
    .fetch_one(pool)
    .await
    .expect("a digest")
}
