//! One tenant against another, at every door (rule R2). The doors are read from what is registered
//! and from the routers' source, so that a new one without a case fails here.

mod billing;
mod elsewhere;
mod hooks;
mod limits;
mod log_ins;
mod twins;

use crate::support::functions;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use twins::{CANARY, Twins, arguments};

fn no_canary(door: &str, text: &str) {
    assert!(!text.contains(CANARY), "{door} shows what is Bob's: {text}");
}

/// Server functions that name nothing of a tenant.
const PERSONAL: &[&str] = &[
    "sign_up",
    "sign_in",
    "sign_in_with_code",
    "find_second_step",
    "begin_passkey_sign_in",
    "sign_in_with_passkey",
    "begin_passkey_check",
    "begin_passkey",
    "add_passkey",
    "rename_passkey",
    "remove_passkey",
    "sign_in_providers",
    "newcomer",
    "sign_up_with",
    "unlink_identity",
    "connected_apps",
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

#[tokio::test]
async fn no_server_function_reaches_another_tenant() {
    let t = Twins::new().await;
    let before = t.bobs_things().await;
    let browser = t.server.browser_of(&t.ada).await;
    let cases = arguments(&t);
    let mut seen = 0;
    for name in functions() {
        if PERSONAL.contains(&name) {
            continue;
        }
        let (arguments, names_a_thing) = cases
            .get(name)
            .unwrap_or_else(|| panic!("no case for {name}"));
        let own = t.ada.actor.slug();
        let slugs = if *names_a_thing {
            vec![t.bob.actor.slug(), own]
        } else {
            vec![t.bob.actor.slug()]
        };
        for slug in slugs {
            let mut arguments = arguments.clone();
            arguments["tenant"] = slug.into();
            let request = browser.calling(name, &arguments);
            let answer = request.send().await.expect("an answer");
            let status = answer.status();
            let text = answer.text().await.expect("a body");
            assert_eq!(status, StatusCode::NOT_FOUND, "{name} under {slug}: {text}");
            no_canary(name, &text);
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
        } else if path.contains("connections") {
            &t.elsewhere.connection
        } else if path.contains("apis") {
            &t.elsewhere.api
        } else if path.contains("webhooks") {
            &t.hooks.endpoint
        } else {
            &t.task
        };
        let under = |slug: &str, id: &str| {
            path.replace("{slug}", slug)
                .replace(":slug", slug)
                .replace("{id}", id)
                .replace(":id", id)
                .replace("{provider}", &t.elsewhere.provider)
                .replace(":provider", &t.elsewhere.provider)
                .replace("{delivery}", &t.hooks.delivery)
                .replace(":delivery", &t.hooks.delivery)
        };
        let mut doors = vec![under(t.bob.actor.slug(), id)];
        if path.contains("id") {
            doors.push(under(t.ada.actor.slug(), id));
        }
        for door in doors {
            let answer = browser.get(&door).send().await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{door}");
            let text = answer.text().await.expect("a body");
            // What was asked for by its name may be repeated.
            no_canary(&door, &text.replace(&t.elsewhere.provider, ""));
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
    // What acts elsewhere: see `elsewhere`.
    let all = t.server.world.services.toolkits.tools();
    for tool in all.iter().filter(|tool| !tool.toolkit.is_elsewhere()) {
        let name = &*tool.spec.name;
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
async fn the_streams_of_another_tenant_are_missing() {
    let t = Twins::new().await;
    let browser = t.server.browser_of(&t.ada).await;
    for slug in [t.bob.actor.slug(), "no-such-tenant"] {
        for door in [
            "usage/live",
            "audit/live",
            "oauth/live",
            "connections/live",
            "webhooks/live",
            "billing/live",
        ] {
            let path = format!("/t/{slug}/{door}");
            let answer = browser.get(&path).send().await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}

#[tokio::test]
async fn the_export_of_another_tenant_is_missing() {
    let t = Twins::new().await;
    let browser = t.server.browser_of(&t.ada).await;
    for slug in [t.bob.actor.slug(), "no-such-tenant"] {
        let path = format!("/t/{slug}/export");
        let answer = browser.post(&path).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        no_canary(&path, &answer.text().await.expect("a body"));
    }
    let own = format!("/t/{}/export", t.ada.actor.slug());
    let answer = browser.post(&own).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    no_canary(&own, &answer.text().await.expect("a body"));
}

#[tokio::test]
async fn the_calls_of_another_tenant_are_missing() {
    let t = Twins::new().await;
    let browser = t.server.browser_of(&t.ada).await;
    let form = |format| json!({ "format": format, "since": "2020-01-01", "until": "2100-01-01" });
    for slug in [t.bob.actor.slug(), "no-such-tenant"] {
        let path = format!("/t/{slug}/usage/export");
        let answer = browser.post(&path).form(&form("csv")).send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        no_canary(&path, &answer.text().await.expect("a body"));
    }
    let own = format!("/t/{}/usage/export", t.ada.actor.slug());
    for format in ["csv", "jsonl", "parquet"] {
        let answer = browser.post(&own).form(&form(format)).send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        let body = answer.bytes().await.expect("a body");
        no_canary(&own, &String::from_utf8_lossy(&body));
    }
}

#[tokio::test]
async fn the_audit_log_of_another_tenant_is_missing() {
    let t = Twins::new().await;
    let browser = t.server.browser_of(&t.ada).await;
    for slug in [t.bob.actor.slug(), "no-such-tenant"] {
        for door in ["export.jsonl", "export.csv"] {
            let path = format!("/t/{slug}/audit/{door}");
            let answer = browser.get(&path).send().await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
            no_canary(&path, &answer.text().await.expect("a body"));
        }
    }
}
