//! One tenant against another, at every door (rule R2). The doors are read from what is registered
//! and from the routers' source, so that a new one without a case fails here.

use crate::support::TestServer;
use api_types::usage::Outcome;
use domain::toolkits::tasks::{self, NewTask};
use leptos::server_fn::axum::server_fn_paths;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use std::collections::BTreeMap;
use test_support::Person;

/// In everything that Bob has, and in nothing else.
const CANARY: &str = "canary";

/// Ada, who is curious, and Bob, whose things she names.
struct Twins {
    server: TestServer,
    ada: Person,
    bob: Person,
    client: String,
    key: String,
    task: String,
    role: String,
    invitation: String,
    adas_key: String,
}

impl Twins {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let (ada, bob) = (
            server.world.owner("ada").await,
            server.world.owner("bob").await,
        );
        let s = &server.world.services;
        let name =
            api_types::input::TenantName::parse(&format!("{CANARY} tenant")).expect("a name");
        domain::tenants::rename(s, &bob.actor, name)
            .await
            .expect("renamed");
        let client = bob.client(&format!("{CANARY} client")).await;
        let key = bob.key(&client).await;
        let title = api_types::input::TaskTitle::parse(&format!("{CANARY} task")).expect("a title");
        let task = tasks::create(s, &bob.actor, NewTask::titled(title))
            .await
            .expect("a task");
        let call = domain::usage::Event {
            error: Some(CANARY.into()),
            ..bob.call(&key, "canary_tool", Outcome::Failed)
        };
        s.usage.record(call).await.expect("counted");
        domain::usage::roll_up(&s.db, true)
            .await
            .expect("rolled up");
        let name = api_types::input::RoleName::parse(&format!("{CANARY} role")).expect("a name");
        let held = vec![api_types::Permission::ViewUsage];
        let role = domain::roles::create(s, &bob.actor, name, held).await;
        let email = format!("{CANARY}@example.com");
        let email = api_types::input::Email::parse(&email).expect("an address");
        let viewer = api_types::members::RoleChoice::BuiltIn(api_types::Role::Viewer);
        domain::invitations::invite(s, &bob.actor, email, viewer)
            .await
            .expect("invited");
        let invitation = domain::invitations::pending(s, &bob.actor).await;
        let invitation = invitation.expect("invitations")[0].id.to_string();
        let adas_key = ada.key(&ada.client("ada's").await).await.secret;
        Self {
            client: client.id.to_string(),
            key: key.key.id.to_string(),
            task: task.id.to_string(),
            invitation,
            role: role.expect("a role").to_string(),
            server,
            ada,
            bob,
            adas_key,
        }
    }

    /// A digest of everything that is Bob's.
    async fn bobs_things(&self) -> Vec<Option<String>> {
        let pool = self.server.world.database.pool("postgres", 1);
        let tables: Vec<String> = sqlx::query_scalar(
            "select relname::text from pg_class where relnamespace = 'public'::regnamespace
                and relrowsecurity order by 1",
        )
        .fetch_all(&pool)
        .await
        .expect("the catalogue");
        let mut digests = Vec::new();
        for table in tables {
            let query = format!(
                "select md5(string_agg(t::text, ',' order by t::text)) from {table} t where tenant_id = '{}'",
                self.bob.actor.tenant()
            );
            digests.push(
                sqlx::query_scalar(AssertSqlSafe(query))
                    .fetch_one(&pool)
                    .await
                    .expect("rows"),
            );
        }
        digests
    }
}

fn no_canary(door: &str, text: &str) {
    assert!(!text.contains(CANARY), "{door} shows what is Bob's: {text}");
}

/// Server functions that name nothing of a tenant.
const PERSONAL: &[&str] = &[
    "sign_up",
    "sign_in",
    "sign_in_with_code",
    "find_step_up",
    "account",
    "end_one_session",
    "end_other_sessions",
    "begin_factor",
    "confirm_factor",
    "renew_codes",
    "remove_factor",
    "step_up",
    "who_am_i",
    "send_confirmation",
    "confirm_address",
    "change_address",
    "forgot_password",
    "find_reset",
    "choose_password",
    "sign_out",
    "home",
    "me",
    "rename_person",
    "change_password",
    "set_theme",
    "create_tenant",
    "visit",
    "deleted_tenants",
    "restore_tenant",
    "look_at_invitation",
    "accept_invitation",
    "join_with_new_account",
];

/// What Ada sends to each function; `tenant` is added. True where an id of Bob's is named, so that
/// it must look missing even under her own tenant.
#[expect(clippy::too_many_lines, reason = "a list, one entry a function")]
fn arguments(t: &Twins) -> BTreeMap<&'static str, (Value, bool)> {
    let (client, key, task) = (&t.client, &t.key, &t.task);
    BTreeMap::from([
        ("overview", (json!({}), false)),
        ("here", (json!({}), false)),
        (
            "rename_tenant",
            (json!({ "tenant_name": "taken over" }), false),
        ),
        ("change_slug", (json!({ "slug": "taken-over" }), false)),
        (
            "delete_tenant",
            (json!({ "confirm": t.bob.actor.slug() }), false),
        ),
        ("settings", (json!({}), false)),
        ("require_factor", (json!({ "required": "true" }), false)),
        (
            "switch_toolkit",
            (json!({ "toolkit": "tasks", "enabled": "false" }), false),
        ),
        ("list_members", (json!({}), false)),
        (
            "invite_member",
            (
                json!({ "email": "planted@example.com", "role": "viewer" }),
                false,
            ),
        ),
        ("resend_invitation", (json!({ "id": t.invitation }), true)),
        ("revoke_invitation", (json!({ "id": t.invitation }), true)),
        (
            "change_role",
            (
                json!({ "member": t.bob.user.to_string(), "role": "viewer" }),
                true,
            ),
        ),
        (
            "remove_member",
            (json!({ "member": t.bob.user.to_string() }), true),
        ),
        (
            "transfer_tenant",
            (json!({ "member": t.bob.user.to_string() }), true),
        ),
        ("leave_tenant", (json!({}), false)),
        (
            "create_service_account",
            (json!({ "name": "planted" }), false),
        ),
        ("list_roles", (json!({}), false)),
        (
            "explain_access",
            (json!({ "who": format!("member:{}", t.bob.user) }), true),
        ),
        (
            "create_role",
            (
                json!({ "name": "planted", "permissions[]": "view_usage" }),
                false,
            ),
        ),
        (
            "update_role",
            (
                json!({ "id": t.role, "name": "changed", "permissions[]": "view_usage" }),
                true,
            ),
        ),
        ("delete_role", (json!({ "id": t.role }), true)),
        ("list_clients", (json!({}), false)),
        ("get_client", (json!({ "id": client }), true)),
        (
            "register_client",
            (json!({ "name": "planted", "kind": "other" }), false),
        ),
        (
            "update_client",
            (
                json!({ "id": client, "name": "changed", "kind": "other" }),
                true,
            ),
        ),
        ("archive_client", (json!({ "id": client }), true)),
        (
            "create_key",
            (
                json!({ "client": client, "name": "mine", "scopes[0]": "tasks:read" }),
                true,
            ),
        ),
        (
            "rotate_key",
            (json!({ "key": key, "overlap_hours": "0" }), true),
        ),
        (
            "revoke_key",
            (json!({ "client": client, "key": key }), true),
        ),
        ("read_usage", (json!({}), false)),
        ("read_audit", (json!({}), false)),
        // A row's number is no secret and every tenant has a first row, but not this many.
        ("get_audit_row", (json!({ "seq": "1000000" }), true)),
        ("list_tasks", (json!({ "filter": {} }), false)),
        ("get_task", (json!({ "id": task }), true)),
        ("create_task", (json!({ "title": "planted" }), false)),
        (
            "update_task",
            (
                json!({ "id": task, "title": "changed", "status": "done", "priority": "low" }),
                true,
            ),
        ),
        (
            "set_dependencies",
            (json!({ "id": task, "depends_on": "" }), true),
        ),
        ("complete_task", (json!({ "id": task }), true)),
        ("delete_task", (json!({ "id": task }), true)),
    ])
}

#[tokio::test]
async fn no_server_function_reaches_another_tenant() {
    let t = Twins::new().await;
    let before = t.bobs_things().await;
    let browser = t.server.browser_of(&t.ada).await;
    let cases = arguments(&t);
    let mut seen = 0;
    for (path, _) in server_fn_paths() {
        let name = path
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .trim_end_matches(|c: char| c.is_ascii_digit());
        if PERSONAL.contains(&name) {
            continue;
        }
        let (arguments, names_a_thing) = cases
            .get(name)
            .unwrap_or_else(|| panic!("no case for {path}"));
        let own = t.ada.actor.slug();
        let slugs = if *names_a_thing {
            vec![t.bob.actor.slug(), own]
        } else {
            vec![t.bob.actor.slug()]
        };
        for slug in slugs {
            let mut arguments = arguments.clone();
            arguments["tenant"] = slug.into();
            let request = browser.post(path);
            let request = if name == "list_tasks" {
                request.json(&arguments)
            } else {
                request.form(&arguments)
            };
            let answer = request.send().await.expect("an answer");
            let status = answer.status();
            let text = answer.text().await.expect("a body");
            assert_eq!(status, StatusCode::NOT_FOUND, "{path} under {slug}: {text}");
            no_canary(path, &text);
        }
        seen += 1;
    }
    assert_eq!(seen, cases.len(), "a case names no function");
    assert_eq!(t.bobs_things().await, before, "something of Bob's changed");
}

#[tokio::test]
async fn no_page_shows_another_tenant() {
    let t = Twins::new().await;
    let browser = t.server.browser_of(&t.ada).await;
    let mut seen = 0;
    for route in leptos_axum::generate_route_list(app::App) {
        let path = route.path().to_owned();
        if !path.contains("slug") {
            continue;
        }
        let id = if path.contains("clients") {
            &t.client
        } else {
            &t.task
        };
        let under = |slug: &str, id: &str| {
            path.replace("{slug}", slug)
                .replace(":slug", slug)
                .replace("{id}", id)
                .replace(":id", id)
        };
        let mut doors = vec![under(t.bob.actor.slug(), id)];
        if path.contains("id") {
            doors.push(under(t.ada.actor.slug(), id));
        }
        for door in doors {
            let answer = browser.get(&door).send().await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{door}");
            no_canary(&door, &answer.text().await.expect("a body"));
        }
        seen += 1;
    }
    assert!(seen >= 7, "only {seen} pages of tenants found");
}

#[tokio::test]
async fn no_tool_or_resource_reaches_another_tenant() {
    let t = Twins::new().await;
    let before = t.bobs_things().await;
    let own = json!({ "id": t.task });
    let cases: BTreeMap<&str, Value> = BTreeMap::from([
        ("whoami", json!({})),
        ("usage_summary", json!({})),
        ("list_toolkits", json!({})),
        (
            "create_task",
            json!({ "title": "x", "depends_on": [t.task] }),
        ),
        ("list_tasks", json!({})),
        ("get_task", own.clone()),
        ("update_task", json!({ "id": t.task, "title": "changed" })),
        ("complete_task", own.clone()),
        ("delete_task", own),
    ]);
    for tool in t.server.world.services.toolkits.tools() {
        let name = tool.spec.name;
        let arguments = cases
            .get(name)
            .unwrap_or_else(|| panic!("no case for the tool {name}"));
        let call = json!({ "name": name, "arguments": arguments });
        let answer = t.server.mcp(&t.adas_key, "tools/call", call).await;
        assert_eq!(answer.status(), StatusCode::OK, "{name}");
        let text = answer.text().await.expect("a body");
        no_canary(name, &text);
        if arguments.get("id").is_some() {
            assert!(text.contains("\"isError\":true"), "{name}: {text}");
        }
    }
    let foreign = format!("bulkhead://tasks/{}", t.task);
    let missing = format!("bulkhead://tasks/{}", uuid::Uuid::now_v7());
    let mut answers = Vec::new();
    for uri in [&foreign, &missing] {
        let answer = t
            .server
            .mcp(&t.adas_key, "resources/read", json!({ "uri": uri }))
            .await;
        let status = answer.status();
        let mut body: Value = answer.json().await.expect("JSON");
        no_canary("resources/read", &body.to_string());
        assert!(body["error"]["code"].is_i64(), "{body}");
        body["error"]["data"] = Value::Null;
        answers.push((status, body.to_string().replace(uri, "")));
    }
    assert_eq!(
        answers[0], answers[1],
        "a foreign resource differs from a missing one"
    );
    assert_eq!(t.bobs_things().await, before, "something of Bob's changed");
}

#[tokio::test]
async fn a_key_at_another_tenants_address_is_an_unknown_key() {
    let t = Twins::new().await;
    let unknown = vault::KeySecret::generate().reveal();
    let mut answers = Vec::new();
    for (slug, key) in [
        (t.bob.actor.slug(), &t.adas_key),
        (t.bob.actor.slug(), &unknown),
    ] {
        let answer = t
            .server
            .mcp_at(&format!("/t/{slug}/mcp"), key, "tools/list", json!({}))
            .await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        let challenge = answer.headers()["www-authenticate"]
            .to_str()
            .expect("text")
            .to_owned();
        let mut body: Value = answer.json().await.unwrap_or_default();
        body["error"]["data"] = Value::Null;
        answers.push((challenge, body));
    }
    assert_eq!(answers[0], answers[1]);
    // An address that is no tenant's does not tell so either.
    let nowhere = t
        .server
        .mcp_at(
            "/t/no-such-tenant/mcp",
            &t.adas_key,
            "tools/list",
            json!({}),
        )
        .await;
    assert_eq!(nowhere.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_usage_stream_of_another_tenant_is_missing() {
    let t = Twins::new().await;
    let browser = t.server.browser_of(&t.ada).await;
    for slug in [t.bob.actor.slug(), "no-such-tenant"] {
        let answer = browser
            .get(&format!("/t/{slug}/usage/live"))
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{slug}");
    }
}

#[tokio::test]
async fn the_audit_log_of_another_tenant_is_missing() {
    let t = Twins::new().await;
    let browser = t.server.browser_of(&t.ada).await;
    for slug in [t.bob.actor.slug(), "no-such-tenant"] {
        for door in ["live", "export.jsonl", "export.csv"] {
            let path = format!("/t/{slug}/audit/{door}");
            let answer = browser.get(&path).send().await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
            no_canary(&path, &answer.text().await.expect("a body"));
        }
    }
}
