//! What a tenant has at other services: accounts, providers that it describes, APIs that it imports, its app, and what
//! tools left behind.

use super::no_canary;
use super::twins::{CANARY, Twins};
use crate::service::{PROVIDER, Service, WITH_APP, connect, set_app};
use crate::support::Browser;
use api_types::ApiKeyId;
use domain::apis::{self, NewApi};
use domain::connections;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use test_support::Person;
use uuid::Uuid;

/// Things of Bob's.
pub(super) struct Elsewhere {
    /// That he describes.
    pub(super) provider: String,
    pub(super) connection: String,
    pub(super) api: String,
    /// A tool of the API.
    pub(super) tool: String,
    /// An answer of such a tool to his key.
    file: Uuid,
}

impl Elsewhere {
    pub(super) async fn of(bob: &Person, key: ApiKeyId, service: &Service) -> Self {
        let (s, a) = (&bob.world.services, &bob.actor);
        let provider = format!("{CANARY}provider");
        let described = service.described(&provider, "header = { name = \"x-key\" }");
        let described = connections::describe(s, a, &described).await;
        described.expect("described");
        set_app(bob).await;
        let word = format!("{CANARY}api");
        let new = NewApi {
            word: word.clone(),
            name: format!("{CANARY} api"),
            source: Some(service.document()),
            document: None,
            base: None,
            provider: None,
        };
        let api = apis::import(s, a, new).await.expect("imported");
        let chosen = apis::choose(s, a, api, vec!["GET /thing".into()]).await;
        chosen.expect("chosen");
        apis::sync(s, a, api, None).await.expect("a newer document");
        let file = Uuid::now_v7();
        let kept = "insert into tool_files (tenant_id, file_id, credential_id, toolkit, name, media_type, content, expires_at)
            values ($1, $2, $3, $6, $4, 'text/plain', $5, now() + interval '1 day')";
        sqlx::query(kept)
            .bind(a.tenant().0)
            .bind(file)
            .bind(key.0)
            .bind(format!("{CANARY} file"))
            .bind(CANARY.as_bytes())
            .bind(&word)
            .execute(&bob.world.database.pool("postgres", 1))
            .await
            .expect("a file");
        Self {
            connection: connect(bob, &format!("{CANARY} account")).await.to_string(),
            provider,
            api: api.to_string(),
            tool: format!("{word}_get_thing"),
            file,
        }
    }
}

/// What Ada sends, as in [`arguments`](super::twins::arguments).
pub(super) fn arguments(t: &Elsewhere) -> BTreeMap<&'static str, (Value, bool)> {
    let (connection, provider, api) = (&t.connection, &t.provider, &t.api);
    let planted = "id = \"planted\"";
    BTreeMap::from([
        ("list_connections", (json!({}), false)),
        ("list_apis", (json!({}), false)),
        ("get_provider", (json!({ "provider": provider }), true)),
        ("get_connection", (json!({ "id": connection }), true)),
        (
            "connect_account",
            (
                json!({ "provider": provider, "label": "planted", "sharing": "shared",
                    "secrets[0]": "x" }),
                true,
            ),
        ),
        (
            "change_secret",
            (json!({ "id": connection, "secrets[0]": "x" }), true),
        ),
        (
            "rename_connection",
            (json!({ "id": connection, "label": "changed" }), true),
        ),
        ("test_connection", (json!({ "id": connection }), true)),
        ("disconnect_account", (json!({ "id": connection }), true)),
        (
            "set_provider_app",
            (
                json!({ "provider": provider, "client_id": "x", "client_secret": "x" }),
                true,
            ),
        ),
        // She knows the provider, and has no app there.
        (
            "remove_provider_app",
            (json!({ "provider": WITH_APP }), true),
        ),
        (
            "describe_provider",
            (json!({ "description": planted }), false),
        ),
        (
            "describe_simple_provider",
            (
                json!({ "simple[id]": "planted", "simple[name]": "Planted", "simple[auth]": "bearer",
                    "simple[base]": "https://planted.example" }),
                false,
            ),
        ),
        ("remove_provider", (json!({ "provider": provider }), true)),
        (
            "list_provider_tools",
            (json!({ "provider": provider }), true),
        ),
        ("list_api_tools", (json!({ "id": api }), true)),
        ("try_tool", (json!({ "tool": t.tool, "api": api }), true)),
        ("get_api", (json!({ "id": api }), true)),
        (
            "import_api",
            (
                json!({ "word": "planted", "document": "{}", "provider": provider }),
                false,
            ),
        ),
        (
            "choose_operations",
            (json!({ "id": api, "keys[0]": "GET /wrong" }), true),
        ),
        ("sync_api", (json!({ "id": api }), true)),
        ("take_over_api", (json!({ "id": api }), true)),
        ("remove_api", (json!({ "id": api }), true)),
    ])
}

impl Twins {
    /// What Ada's key is told of a call, with her own words taken out.
    async fn told(&self, tool: &str, arguments: Value) -> (StatusCode, String) {
        let params = json!({ "name": tool, "arguments": arguments });
        let answer = self.server.mcp(&self.adas_key, "tools/call", params).await;
        let (status, text) = without_id(answer).await;
        (status, text.replace(tool, "…"))
    }
}

/// The answer less the request's id, which no two answers share.
async fn without_id(answer: Response) -> (StatusCode, String) {
    let status = answer.status();
    let id = answer.headers().get("x-request-id").expect("an id");
    let id = id.to_str().expect("an id").to_owned();
    let text = answer.text().await.expect("a body");
    (status, text.replace(&id, ""))
}

#[tokio::test]
async fn no_tool_reaches_another_tenants_account() {
    let t = Twins::new().await;
    let before = t.bobs_things().await;
    let s = &t.server.world.services;
    let all = s.toolkits.tools();
    let elsewhere = || all.iter().filter(|tool| tool.toolkit.is_elsewhere());
    // What he has connected or imported is on in his tenant alone.
    let missing = t.told("no_such_tool", json!({})).await;
    let names = elsewhere().map(|tool| tool.spec.name.as_ref());
    for name in names.chain([t.elsewhere.tool.as_str()]) {
        assert_eq!(t.told(name, json!({})).await, missing, "{name}");
    }
    let on = domain::toolkits::switch(s, &t.ada.actor, PROVIDER, true).await;
    on.expect("switched on");
    let label = format!("{CANARY} account");
    for tool in elsewhere().filter(|tool| *tool.toolkit.name() == *PROVIDER) {
        let name = &*tool.spec.name;
        let (status, text) = t.told(name, json!({})).await;
        no_canary(name, &text);
        let wanted = status == StatusCode::OK && text.contains("is not connected yet");
        assert!(wanted, "{name}: {text}");
        let answers = [
            t.told(name, json!({ "connection": label })).await,
            t.told(name, json!({ "connection": "nobody's" })).await,
        ];
        let [theirs, nobodys] = answers.map(|(status, text)| {
            let text = text.replace(&label, "").replace("nobody's", "");
            (status, text)
        });
        assert_eq!(theirs, nobodys, "{name}: Bob's account differs from none");
    }
    assert_eq!(t.bobs_things().await, before, "something of Bob's changed");
}

#[tokio::test]
async fn no_file_of_a_tool_is_read_by_another_tenant() {
    let t = Twins::new().await;
    let s = &t.server.world.services;
    let on = domain::toolkits::switch(s, &t.ada.actor, PROVIDER, true).await;
    on.expect("switched on");
    let word = t.elsewhere.tool.trim_end_matches("_get_thing");
    for toolkit in [PROVIDER, word] {
        let mut answers = Vec::new();
        for file in [t.elsewhere.file, Uuid::now_v7()] {
            let uri = format!("bulkhead://{toolkit}/files/{file}");
            let params = json!({ "uri": uri });
            let answer = t.server.mcp(&t.adas_key, "resources/read", params).await;
            let (status, text) = without_id(answer).await;
            let text = text.replace(&uri, "");
            if toolkit == PROVIDER {
                no_canary("resources/read", &text);
            }
            assert!(text.contains("\"error\""), "{text}");
            answers.push((status, text));
        }
        assert_eq!(answers[0], answers[1], "a foreign file differs from none");
    }
}

async fn start(browser: &Browser, slug: &str, provider: &str, more: &[(&str, &str)]) -> Response {
    let door = format!("/t/{slug}/connections/{provider}/start");
    let form = [&[("label", "planted"), ("sharing", "shared")], more].concat();
    let answer = browser.post(&door).form(&form).send().await;
    answer.expect("an answer")
}

#[tokio::test]
async fn the_way_to_a_provider_of_another_tenant_is_missing() {
    let t = Twins::new().await;
    let before = t.bobs_things().await;
    set_app(&t.ada).await;
    let browser = t.server.browser_of(&t.ada).await;
    let (ada, bob) = (t.ada.actor.slug(), t.bob.actor.slug());
    let renewing = [("renewing", t.elsewhere.connection.as_str())];
    for (slug, provider, more) in [
        (bob, WITH_APP, &[][..]),
        (bob, t.elsewhere.provider.as_str(), &[]),
        ("no-such-tenant", WITH_APP, &[]),
        (ada, t.elsewhere.provider.as_str(), &[]),
        (ada, WITH_APP, &renewing),
    ] {
        let answer = start(&browser, slug, provider, more).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{slug}, {provider}");
        no_canary("start", &answer.text().await.expect("a body"));
    }
    let own = start(&browser, ada, WITH_APP, &[]).await;
    assert_eq!(own.status(), StatusCode::OK);
    assert_eq!(t.bobs_things().await, before, "something of Bob's changed");
}

#[tokio::test]
async fn an_answer_for_another_tenants_attempt_connects_nothing() {
    let t = Twins::new().await;
    let (adas, bobs) = (
        t.server.browser_of(&t.ada).await,
        t.server.browser_of(&t.bob).await,
    );
    let page = start(&bobs, t.bob.actor.slug(), WITH_APP, &[]).await;
    let page = page.text().await.expect("a body");
    let (_, state) = page.split_once("state=").expect("a state");
    let state = state.split(['&', '"']).next().expect("a state");
    let before = t.bobs_things().await;
    let mut answers = Vec::new();
    for state in [state, "nobody's"] {
        let path = format!("/connections/{WITH_APP}/callback?state={state}&code=x");
        let answer = adas.get(&path).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        let text = answer.text().await.expect("a body");
        no_canary("the way back", &text);
        answers.push(text);
    }
    assert_eq!(answers[0], answers[1], "Bob's attempt differs from none");
    assert_eq!(t.bobs_things().await, before, "something of Bob's changed");
}
