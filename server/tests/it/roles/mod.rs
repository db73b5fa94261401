//! Every role against every action (rule R9), through real requests. The table below is written by
//! hand: a permission, a server function or a tool that is not in a table here fails.

mod billing;
mod company;
mod elsewhere;
mod hooks;
mod keys;
mod limits;
mod visitor;

use crate::support::functions;
use api_types::{MemberRole, Permission, Role, input::RoleName};
use app::access::{DECLARED, Needs};
use company::Company;
use reqwest::StatusCode;
use serde_json::{Value, json};

/// Owner, admin, developer, billing, viewer; and the scope of a key.
const GOLDEN: &[(&str, &str, Option<&str>)] = &[
    ("view_tenant", "OADBV", Some("account:read")),
    ("manage_tenant", "OA", None),
    ("transfer_tenant", "O", None),
    ("delete_tenant", "O", None),
    ("export_tenant", "OA", None),
    ("manage_security", "OA", None),
    ("allow_support", "O", None),
    ("manage_toolkits", "OA", None),
    ("view_members", "OADV", None),
    ("manage_members", "OA", None),
    ("manage_roles", "OA", None),
    ("view_audit", "OA", None),
    ("view_clients", "OADV", None),
    ("manage_clients", "OAD", None),
    ("manage_keys", "OAD", None),
    ("view_connections", "OADV", Some("connections:read")),
    ("use_connections", "OAD", Some("connections:write")),
    ("connect_accounts", "OADV", None),
    ("manage_connections", "OA", None),
    ("manage_apis", "OAD", None),
    ("view_webhooks", "OAD", None),
    ("manage_webhooks", "OAD", None),
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
    let mut registered: Vec<&str> = functions().collect();
    declared.sort_unstable();
    registered.sort_unstable();
    assert_eq!(registered, declared);
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
        let member = company.member(role.as_str(), None).await;
        for (name, needed) in guarded() {
            // Handing the tenant over takes the role away; deleting it, the tenant.
            company.set_role(&member.0, role).await;
            let may = golden(needed, role);
            company
                .check(role.as_str(), &member, name, needed, may)
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
    let member = company.member("custom", Some(id)).await;
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
            .check("all but one", &member, name, needed, false)
            .await;
        let mut exactly = vec![Permission::ViewTenant, needed];
        if matches!(name, "create_key" | "rotate_key") {
            // What the key opens must be the caller's own.
            exactly.push(Permission::ViewTasks);
        }
        if name == "connect_sso" {
            // What a provider gives must be the caller's own.
            let billing = MemberRole::from(Role::Billing);
            exactly.extend(billing.permissions());
        }
        if needed == Permission::ConnectAccounts {
            // Nobody changes what they do not see.
            exactly.push(Permission::ViewConnections);
        }
        holds(exactly).await;
        let may = !needed.is_owners_alone();
        company
            .check("exactly one", &member, name, needed, may)
            .await;
    }
    holds(vec![Permission::ViewTenant]).await;
    for door in [
        "usage/live",
        "audit/live",
        "oauth/live",
        "connections/live",
        "webhooks/live",
        "billing/live",
        "audit/export.jsonl",
        "audit/export.csv",
    ] {
        let door = format!("/t/{}/{door}", company.slug());
        let answer = member.1.get(&door).send().await.expect("an answer");
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
        let answer = browser
            .post(&format!("/api/{function}"))
            .form(&arguments)
            .send()
            .await;
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
    let answer = owner
        .post("/api/create_role")
        .form(&form)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

/// Not even whoever may end every log-in, on the page of their own.
#[tokio::test]
async fn a_log_in_is_ones_own_to_whoever_allowed_it() {
    let company = Company::new().await;
    let (_, admin) = company.member("admin", None).await;
    let grant = company.ada.log_in("an app").await.grant;
    let form = json!({ "tenant": company.slug(), "id": grant.id });
    let answer = admin.calling("end_own_grant", &form).send().await;
    let status = answer.expect("an answer").status();
    assert_eq!(status, StatusCode::NOT_FOUND);
    let form = json!({ "tenant": company.slug(), "client": grant.client });
    let answer = admin.calling("disconnect_app", &form).send().await;
    let status = answer.expect("an answer").status();
    assert!(!status.is_client_error(), "{status}");
    let (s, ada) = (&company.server.world.services, &company.ada);
    let apps = domain::oauth_server::connected_apps(s, ada.user.into()).await;
    let apps = apps.expect("Ada's apps");
    assert_eq!(apps[0].grants[0].id, grant.id);
    assert!(apps[0].remembered.is_some());
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
        ("apis", "lacks the permission manage_apis"),
    ] {
        let page = format!("/t/{}/{page}", company.slug());
        let answer = browser.get(&page).send().await.expect("a page");
        let text = answer.text().await.expect("a body");
        assert!(text.contains(words), "{page} does not say: {words}");
    }
}
