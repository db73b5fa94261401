//! Every role against every action (rule R9), through real requests. The table below is written by
//! hand: a permission, a server function or a tool that is not in a table here fails.

use crate::support::{Browser, TestServer};
use api_types::{
    MemberRole, Permission, Role,
    input::{RoleName, TaskTitle},
};
use app::access::{DECLARED, Needs};
use domain::toolkits::tasks::{self, NewTask};
use leptos::server_fn::axum::server_fn_paths;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use test_support::{Person, new_key};

/// Owner, admin, developer, billing, viewer; and the scope of a key.
const GOLDEN: &[(&str, &str, Option<&str>)] = &[
    ("view_tenant", "OADBV", Some("account:read")),
    ("manage_tenant", "OA", None),
    ("transfer_tenant", "O", None),
    ("delete_tenant", "O", None),
    ("manage_security", "OA", None),
    ("manage_toolkits", "OA", None),
    ("view_members", "OADV", None),
    ("manage_members", "OA", None),
    ("manage_roles", "OA", None),
    ("view_audit", "OA", None),
    ("view_clients", "OADV", None),
    ("manage_clients", "OAD", None),
    ("manage_keys", "OAD", None),
    ("view_billing", "OAB", None),
    ("manage_billing", "OAB", None),
    ("view_usage", "OADBV", Some("account:read")),
    ("view_tasks", "OADV", Some("tasks:read")),
    ("manage_tasks", "OAD", Some("tasks:write")),
];

fn golden(permission: Permission, role: Role) -> bool {
    let letter = role.as_str()[..1].to_uppercase();
    let row = GOLDEN
        .iter()
        .find(|(word, ..)| *word == permission.as_str());
    row.unwrap_or_else(|| panic!("{permission:?} is not in the table"))
        .1
        .contains(&letter)
}

#[test]
fn the_table_is_the_one_that_people_agreed_on() {
    assert_eq!(Permission::ALL.len(), GOLDEN.len());
    for permission in Permission::ALL {
        for role in Role::ALL {
            let expected = golden(*permission, role);
            assert_eq!(role.allows(*permission), expected, "{role} {permission:?}");
            let decision = MemberRole::from(role).decide(*permission);
            assert_eq!(decision.allowed, expected);
        }
        let row = GOLDEN.iter().find(|row| row.0 == permission.as_str());
        assert_eq!(row.expect("a row").2, permission.scope());
    }
}

#[test]
fn every_server_function_declares_what_it_needs() {
    let mut declared: Vec<&str> = DECLARED.iter().map(|(name, _)| *name).collect();
    let mut registered: Vec<&str> = server_fn_paths().map(|(path, _)| name_of(path)).collect();
    declared.sort_unstable();
    registered.sort_unstable();
    assert_eq!(registered, declared);
}

fn name_of(path: &str) -> &str {
    path.rsplit('/')
        .next()
        .unwrap_or_default()
        .trim_end_matches(|c: char| c.is_ascii_digit())
}

/// A tenant with things to act on, owned by Ada.
struct Company {
    server: TestServer,
    ada: Person,
}

impl Company {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let ada = server.world.owner("ada").await;
        Self { server, ada }
    }

    fn slug(&self) -> &str {
        self.ada.actor.slug()
    }

    /// Another person, who holds this role here; `custom` names one of the tenant's own.
    async fn member(&self, role: &str, custom: Option<api_types::RoleId>) -> (Person, Browser) {
        let person = self.person(role, custom).await;
        let browser = self.server.browser_of(&person).await;
        (person, browser)
    }

    async fn person(&self, role: &str, custom: Option<api_types::RoleId>) -> Person {
        let person = self.server.world.owner("somebody").await;
        let pool = self.server.world.database.pool("postgres", 1);
        sqlx::query(
            "insert into memberships (tenant_id, user_id, role, role_id) values ($1, $2, $3, $4)",
        )
        .bind(self.ada.actor.tenant().0)
        .bind(person.user.0)
        .bind(role)
        .bind(custom.map(|id| id.0))
        .execute(&pool)
        .await
        .expect("a membership");
        person
    }

    async fn set_role(&self, person: &Person, role: Role) {
        let pool = self.server.world.database.pool("postgres", 1);
        sqlx::query("update memberships set role = $3 where tenant_id = $1 and user_id = $2")
            .bind(self.ada.actor.tenant().0)
            .bind(person.user.0)
            .bind(role.as_str())
            .execute(&pool)
            .await
            .expect("a role");
        sqlx::query("update tenants set delete_after = null")
            .execute(&pool)
            .await
            .expect("restored");
    }

    /// New things, and what each function is sent about them, so that each call could succeed.
    async fn arguments(&self) -> BTreeMap<&'static str, Value> {
        let (s, ada) = (&self.server.world.services, &self.ada);
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let client = ada.client(&unique).await;
        let key =
            domain::api_keys::create(s, &ada.actor, client.id, new_key(&["tasks:read"])).await;
        let (client, key) = (
            client.id.to_string(),
            key.expect("a key").key.id.to_string(),
        );
        let title = TaskTitle::parse("x").expect("a title");
        let task = tasks::create(s, &ada.actor, NewTask::titled(title)).await;
        let task = task.expect("a task").id.to_string();
        let name = RoleName::parse(&unique[..20]).expect("a name");
        let role = domain::roles::create(s, &ada.actor, name, vec![Permission::ManageRoles]).await;
        let role = role.expect("a role").to_string();
        let name = RoleName::parse(&unique[..15]).expect("a name");
        let least = domain::roles::create(s, &ada.actor, name, vec![Permission::ViewTenant]).await;
        let least = least.expect("a role");
        let email = format!("{}@example.com", &unique[..9]);
        let email = api_types::input::Email::parse(&email).expect("an address");
        let choice = api_types::members::RoleChoice::Custom(least);
        domain::invitations::invite(s, &ada.actor, email, choice)
            .await
            .expect("invited");
        let pending = domain::invitations::pending(s, &ada.actor).await;
        let invitation = pending.expect("invitations")[0].id.to_string();
        let member = self.person("custom", Some(least)).await.user.to_string();
        let least = least.to_string();
        BTreeMap::from([
            ("settings", json!({})),
            ("overview", json!({})),
            ("change_slug", json!({ "slug": self.slug() })),
            ("delete_tenant", json!({ "confirm": self.slug() })),
            ("rename_tenant", json!({ "tenant_name": "Analytical" })),
            (
                "switch_toolkit",
                json!({ "toolkit": "tasks", "enabled": "true" }),
            ),
            ("require_factor", json!({ "required": "false" })),
            ("read_audit", json!({})),
            ("get_audit_row", json!({ "seq": "1" })),
            ("list_members", json!({})),
            (
                "invite_member",
                json!({ "email": format!("{unique}@example.com"), "role": least }),
            ),
            ("resend_invitation", json!({ "id": invitation })),
            ("revoke_invitation", json!({ "id": invitation })),
            ("change_role", json!({ "member": member, "role": least })),
            ("remove_member", json!({ "member": member })),
            ("transfer_tenant", json!({ "member": member })),
            ("create_service_account", json!({ "name": "jobs" })),
            ("list_roles", json!({})),
            ("explain_access", json!({})),
            (
                "create_role",
                json!({ "name": &unique[..19], "permissions[]": "manage_roles" }),
            ),
            (
                "update_role",
                json!({ "id": role, "name": &unique[..18], "permissions[]": "manage_roles" }),
            ),
            ("delete_role", json!({ "id": role })),
            ("list_clients", json!({})),
            ("get_client", json!({ "id": client })),
            (
                "register_client",
                json!({ "name": &unique[..17], "kind": "other" }),
            ),
            (
                "update_client",
                json!({ "id": client, "name": &unique[..16], "kind": "other" }),
            ),
            ("archive_client", json!({ "id": client })),
            (
                "create_key",
                json!({ "client": client, "name": "k", "scopes[0]": "tasks:read" }),
            ),
            ("rotate_key", json!({ "key": key, "overlap_hours": "0" })),
            ("revoke_key", json!({ "client": client, "key": key })),
            ("read_usage", json!({})),
            ("list_tasks", json!({ "filter": {} })),
            ("get_task", json!({ "id": task })),
            ("create_task", json!({ "title": "x" })),
            (
                "update_task",
                json!({ "id": task, "title": "y", "status": "todo", "priority": "low" }),
            ),
            ("complete_task", json!({ "id": task })),
            ("delete_task", json!({ "id": task })),
            ("set_dependencies", json!({ "id": task, "depends_on": "" })),
        ])
    }

    /// Calls a function with new things.
    async fn call(&self, browser: &Browser, name: &str) -> (StatusCode, Value) {
        let mut arguments = self.arguments().await.remove(name);
        let arguments = arguments
            .as_mut()
            .unwrap_or_else(|| panic!("no call for {name}"));
        arguments["tenant"] = self.slug().into();
        let (path, _) = server_fn_paths()
            .find(|(path, _)| name_of(path) == name)
            .expect("registered");
        let request = browser.post(path);
        let request = if name == "list_tasks" {
            request.json(&arguments)
        } else {
            request.form(&arguments)
        };
        let answer = request.send().await.expect("an answer");
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    /// Calls it and checks that it does it, or that it refuses for exactly that permission.
    async fn check(&self, who: &str, browser: &Browser, name: &str, needed: Permission, may: bool) {
        let (status, body) = self.call(browser, name).await;
        if may {
            assert!(
                status.is_success() || status.is_redirection(),
                "{who} may {name}, but: {status} {body}"
            );
        } else {
            assert_eq!(status, StatusCode::FORBIDDEN, "{who}, {name}: {body}");
            let missing = &body["refused"]["permission"];
            assert_eq!(*missing, json!(needed.as_str()), "{who}, {name}: {body}");
        }
    }
}

/// The functions that need a permission.
fn guarded() -> impl Iterator<Item = (&'static str, Permission)> {
    DECLARED.iter().filter_map(|(name, needs)| match needs {
        Needs::Permission(permission) => Some((*name, *permission)),
        _ => None,
    })
}

#[tokio::test]
async fn every_role_may_exactly_what_the_table_says() {
    let company = Company::new().await;
    for role in Role::ALL {
        let (person, browser) = company.member(role.as_str(), None).await;
        for (name, needed) in guarded() {
            // Handing the tenant over takes the role away; deleting it, the tenant.
            company.set_role(&person, role).await;
            let may = golden(needed, role);
            company
                .check(role.as_str(), &browser, name, needed, may)
                .await;
        }
    }
}

#[tokio::test]
async fn a_role_that_is_made_may_exactly_what_it_holds() {
    let company = Company::new().await;
    let name = RoleName::parse("on call").expect("a name");
    let s = &company.server.world.services;
    let id = domain::roles::create(s, &company.ada.actor, name, vec![Permission::ViewTenant]).await;
    let id = id.expect("a role");
    let (_, browser) = company.member("custom", Some(id)).await;
    let pool = company.server.world.database.pool("postgres", 1);
    let holds = async |held: Vec<Permission>| {
        let words: Vec<&str> = held.iter().map(|one| one.as_str()).collect();
        sqlx::query("update roles set permissions = $2 where role_id = $1")
            .bind(id.0)
            .bind(words)
            .execute(&pool)
            .await
            .expect("changed");
    };
    for (name, needed) in guarded() {
        let others = Permission::ALL.iter().copied();
        holds(others.filter(|one| *one != needed).collect()).await;
        company
            .check("all but one", &browser, name, needed, false)
            .await;
        let mut exactly = vec![Permission::ViewTenant, needed];
        if matches!(name, "create_key" | "rotate_key") {
            // What the key opens must be the caller's own.
            exactly.push(Permission::ViewTasks);
        }
        holds(exactly).await;
        let may = !needed.is_owners_alone();
        company
            .check("exactly one", &browser, name, needed, may)
            .await;
    }
    holds(vec![Permission::ViewTenant]).await;
    for door in [
        "usage/live",
        "audit/live",
        "audit/export.jsonl",
        "audit/export.csv",
    ] {
        let door = format!("/t/{}/{door}", company.slug());
        let answer = browser.get(&door).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{door}");
    }
}

#[tokio::test]
async fn nobody_grants_what_they_do_not_hold() {
    let company = Company::new().await;
    let s = &company.server.world.services;
    let name = RoleName::parse("role maker").expect("a name");
    let held = vec![
        Permission::ViewTenant,
        Permission::ManageRoles,
        Permission::ManageKeys,
    ];
    let id = domain::roles::create(s, &company.ada.actor, name, held).await;
    let (_, browser) = company.member("custom", Some(id.expect("a role"))).await;
    for (function, more, missing) in [
        (
            "create_role",
            json!({ "name": "more", "permissions[]": "manage_tasks" }),
            "manage_tasks",
        ),
        (
            "create_key",
            json!({ "name": "k", "scopes[0]": "tasks:write" }),
            "view_tasks",
        ),
    ] {
        let mut arguments = company.arguments().await.remove(function).expect("a call");
        for (field, value) in more.as_object().expect("an object") {
            arguments[field] = value.clone();
        }
        arguments["tenant"] = company.slug().into();
        let (path, _) = server_fn_paths()
            .find(|(path, _)| name_of(path) == function)
            .expect("registered");
        let answer = browser.post(path).form(&arguments).send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{function}");
        let body: Value = answer.json().await.expect("JSON");
        assert_eq!(body["refused"]["permission"], missing);
    }
    // What only owners have is no part of any role, whoever makes it.
    let owner = company.server.browser_of(&company.ada).await;
    let form = json!({
        "tenant": company.slug(), "name": "regent", "permissions[]": "delete_tenant",
    });
    let (path, _) = server_fn_paths()
        .find(|(path, _)| name_of(path) == "create_role")
        .expect("registered");
    let answer = owner
        .post(path)
        .form(&form)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_key_may_exactly_what_its_scope_opens() {
    let company = Company::new().await;
    let client = company.ada.client("agent").await;
    for scope in ["account:read", "account:write", "tasks:read", "tasks:write"] {
        let key = company.ada.key_with(&client, &[scope]).await.secret;
        for tool in company.server.world.services.toolkits.tools() {
            let arguments = json!({ "title": "x", "id": uuid::Uuid::now_v7() });
            let call = json!({ "name": tool.spec.name, "arguments": arguments });
            let answer = company.server.mcp(&key, "tools/call", call).await;
            let write = tool.scope.ends_with(":write");
            let may = api_types::roles::opens(scope, tool.toolkit.name(), write);
            let refused = answer.status() == StatusCode::FORBIDDEN;
            assert_eq!(refused, !may, "{scope} and {}", tool.spec.name);
            if refused {
                let body: Value = answer.json().await.expect("JSON");
                assert_eq!(body["error"]["data"]["requiredScope"], json!(tool.scope));
            }
        }
    }
}

#[tokio::test]
async fn access_is_explained_with_the_rule_that_decided() {
    let company = Company::new().await;
    let (viewer, _) = company.member("viewer", None).await;
    let browser = company.server.browser_of(&company.ada).await;
    let key = company
        .ada
        .key_with(&company.ada.client("agent").await, &["tasks:read"])
        .await;
    for (who, action, words) in [
        (
            format!("member:{}", viewer.user),
            "manage_keys",
            "The role viewer lacks the permission manage_keys; owner, admin and developer have it.",
        ),
        (
            format!("member:{}", company.ada.user),
            "delete_tenant",
            "The role owner holds the permission delete_tenant.",
        ),
        (
            format!("key:{}", key.key.id),
            "view_tasks",
            "The key&#x27;s scope tasks:read holds the permission view_tasks.",
        ),
        (
            format!("key:{}", key.key.id),
            "manage_keys",
            "No key holds the permission manage_keys",
        ),
    ] {
        let page = format!("/t/{}/access?who={who}&action={action}", company.slug());
        let answer = browser.get(&page).send().await.expect("a page");
        assert_eq!(answer.status(), StatusCode::OK);
        let text = answer.text().await.expect("a body");
        let plain = text.replace("&#x27;", "'").replace("&#39;", "'");
        assert!(
            plain.contains(&words.replace("&#x27;", "'")),
            "{words}: {text}"
        );
    }
}

#[tokio::test]
async fn a_page_says_why_something_is_missing() {
    let company = Company::new().await;
    let (_, browser) = company.member("viewer", None).await;
    for (page, words) in [
        ("clients", "lacks the permission manage_clients"),
        ("tasks", "lacks the permission manage_tasks"),
        ("roles", "lacks the permission manage_roles"),
        ("settings", "lacks the permission manage_toolkits"),
    ] {
        let page = format!("/t/{}/{page}", company.slug());
        let answer = browser.get(&page).send().await.expect("a page");
        let text = answer.text().await.expect("a body");
        assert!(text.contains(words), "{page} does not say: {words}");
    }
}
