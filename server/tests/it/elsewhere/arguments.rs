//! What reaches the service: arguments in their places, the connection's secret, and nothing of the client's.

use super::{Scene, stub::KEY};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::net::TcpListener;

#[tokio::test]
async fn arguments_and_the_connections_token_reach_the_service_and_the_clients_key_does_not() {
    let (scene, ada, _) = Scene::connected().await;
    ada.connect_key().await;
    scene.stub.forget();
    let arguments = json!({
        "id": "a/b ?#ü", "fields": ["name", "size"], "X-Trace": "t-1", "connection": "acme",
    });
    let told = scene.call(&ada.key, "shop_get_thing", arguments).await;
    let path = "/api/things/a%2Fb%20%3F%23%C3%BC";
    assert_eq!(told.good(), json!({ "account": "ada", "path": path }));
    let asked = scene.stub.one_call();
    assert_eq!((&*asked.method, &*asked.path), ("GET", path));
    assert_eq!(asked.query, "fields=name&fields=size");
    assert_eq!(asked.header("x-trace"), "t-1");
    let token = asked.header("authorization");
    assert_eq!(token, "Bearer canary-secret-access-ada-1");

    let arguments = json!({ "id": "7", "name": "Cup", "size": 3, "tags": ["new", "blue"] });
    let told = scene.call(&ada.key, "safe_put_thing", arguments).await;
    assert_eq!(told.good()["account"], "key");
    let asked = scene.stub.one_call();
    assert_eq!((&*asked.method, &*asked.path), ("PUT", "/api/things/7"));
    assert_eq!(asked.header("content-type"), "application/json");
    let body: Value = serde_json::from_str(&asked.body).expect("JSON");
    let sent = json!({ "name": "Cup", "size": 3, "tags": ["new", "blue"] });
    assert_eq!((body, &*asked.query), (sent, ""));
    assert_eq!(asked.header("x-api-key"), KEY);
    assert_eq!(asked.header("authorization"), "");

    // Neither in headers nor in bodies or addresses, of any request. `whose` does the same with tokens of log-ins.
    for asked in scene.stub.ledger() {
        assert!(!format!("{asked:?}").contains(&ada.key), "{asked:?}");
    }
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_refused_before_the_service_hears_of_them() {
    let (scene, ada, _) = Scene::connected().await;
    let calls = [
        ("shop_get_thing", json!({}), "id"),
        (
            "shop_get_thing",
            json!({ "id": "1", "color": "red" }),
            "color",
        ),
        ("shop_get_thing", json!({ "id": 1 }), "id"),
        ("shop_get_thing", json!({ "id": "" }), "id"),
        ("shop_get_thing", json!({ "id": ".." }), "path"),
        (
            "shop_get_thing",
            json!({ "id": "1", "X-Trace": "a\r\nb: c" }),
            "X-Trace",
        ),
        (
            "shop_get_thing",
            json!({ "id": "1", "connection": 5 }),
            "connection",
        ),
        (
            "shop_put_thing",
            json!({ "id": "1", "name": "x", "size": "big" }),
            "size",
        ),
        (
            "shop_put_thing",
            json!({ "id": "1", "name": "x", "tags": [1] }),
            "tags",
        ),
        ("shop_list_things", json!({ "limit": 11 }), "limit"),
        ("shop_list_things", json!({ "page": "1" }), "page"),
    ];
    for (tool, arguments, word) in calls {
        let told = scene.call(&ada.key, tool, arguments.clone()).await;
        let words = told.failed();
        assert!(words.contains(word), "{arguments}: {words}");
    }
    assert_eq!(scene.stub.calls().len(), 0);
}

/// Lets two tools have pages, as those of this build have.
async fn with_pages(scene: &Scene) {
    scene
        .run(
            r#"update apis set changed_at = clock_timestamp(), tools = (
                select jsonb_agg(t || case t->>'name'
                    when 'list_things' then
                        '{"items": "things", "pagination": {"kind": "cursor", "read": "next", "send": "cursor"}}'
                    when 'list_linked' then '{"pagination": {"kind": "link"}}'
                    else '{}' end::jsonb)::text
                from jsonb_array_elements(tools::jsonb) t)"#,
        )
        .await;
    scene
        .run("select pg_notify('bulkhead_tenant', tenant_id || ' tools') from apis")
        .await;
    tokio::time::sleep(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn next_page_leads_through_all_pages() {
    let (scene, ada, _) = Scene::connected().await;
    with_pages(&scene).await;
    for (tool, arguments, all) in [
        (
            "shop_list_things",
            json!({ "limit": 10 }),
            (0..25).collect::<Vec<u64>>(),
        ),
        ("shop_list_linked", json!({}), (1..=3).collect()),
    ] {
        let (mut arguments, mut seen, mut pages) = (arguments, Vec::new(), 0);
        loop {
            let found = scene.call(&ada.key, tool, arguments.clone()).await.good();
            let items = found["items"].as_array().expect("items");
            seen.extend(items.iter().map(|item| item["id"].as_u64().expect("an id")));
            pages += 1;
            match found.get("next_page") {
                Some(page) => arguments["page"] = page.clone(),
                None => break,
            }
        }
        assert_eq!((seen, pages), (all, 3), "{tool}");
    }
}

#[tokio::test]
async fn a_page_that_somebody_has_made_leads_to_no_other_host() {
    let (scene, ada, _) = Scene::connected().await;
    with_pages(&scene).await;
    let (elsewhere, reached) = canary().await;
    let forged = |page: Value| URL_SAFE_NO_PAD.encode(page.to_string());
    let link =
        |below: Value, query: Value| forged(json!({ "link": { "query": query, "below": below } }));
    for page in [
        format!("http://{elsewhere}/"),
        forged(json!(format!("http://{elsewhere}/"))),
        link(json!(format!("http://{elsewhere}/")), json!([])),
        link(json!(format!("/{elsewhere}/x")), json!([])),
        link(json!("../../token"), json!([])),
        link(json!("%2e%2e/token"), json!([])),
        forged(json!({ "at": { "a": 1 } })),
        forged(json!({ "at": "1" })),
        forged(json!({ "number": 2 })),
        "x".repeat(9000),
    ] {
        let told = scene
            .call(&ada.key, "shop_list_linked", json!({ "page": page }))
            .await;
        assert!(told.failed().contains("page"), "{page}: {told:?}");
    }
    assert_eq!(scene.stub.calls().len(), 0);
    // What a page may say is below the tool's own address, and in its query.
    let page = link(
        json!("a/b"),
        json!([["page", "2"], ["x", "http://x.example"]]),
    );
    let told = scene
        .call(&ada.key, "shop_list_linked", json!({ "page": page }))
        .await;
    told.good();
    assert_eq!(scene.stub.one_call().path, "/api/linked/a/b");

    // A service that leads there itself has no next page.
    let arguments = json!({ "away": elsewhere });
    let told = scene.call(&ada.key, "shop_list_linked", arguments).await;
    assert_eq!(told.good(), json!({ "items": [{ "id": 1 }] }));
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

/// Counts who connects.
async fn canary() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let reached = Arc::new(AtomicUsize::new(0));
    let counted = reached.clone();
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (address, reached)
}
