//! What leaves rows of what a tenant has at other services: the functions, the way back from a provider, and a provider
//! that no longer lets us in.

use super::cases::Case;
use super::{acts, call};
use crate::service::{PROVIDER, Service, WITH_APP, connect, set_app, unique};
use crate::support::{Browser, TestServer, everything};
use api_types::ApiId;
use domain::apis::{self, NewApi};
use domain::connections;
use reqwest::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use std::collections::BTreeMap;
use test_support::Person;

/// Things of Ada's that the cases act on; each may be used up.
pub(super) struct Elsewhere {
    /// Two descriptions: one to be added, and one that is there.
    description: String,
    provider: String,
    connection: String,
    api: String,
    /// A newer document of it waits.
    older: String,
}

impl Elsewhere {
    pub(super) async fn of(ada: &Person, service: &Service) -> Self {
        let (s, a) = (&ada.world.services, &ada.actor);
        let description = || service.described(&unique(), "header = { name = \"x-key\" }");
        let provider = connections::describe(s, a, &description()).await;
        set_app(ada).await;
        Self {
            provider: provider.expect("described"),
            description: description(),
            connection: connect(ada, "Work").await.to_string(),
            api: service.import(ada).await.0.to_string(),
            older: service.import_with_news(ada).await.to_string(),
        }
    }
}

pub(super) fn cases(tenant: &str, t: &Elsewhere) -> BTreeMap<&'static str, Case> {
    let case = |act, arguments| Case { act, arguments };
    let (connection, api) = (&t.connection, &t.api);
    BTreeMap::from([
        (
            "connect_account",
            case(
                "connection.made",
                json!({ "tenant": tenant, "provider": PROVIDER, "label": "Home",
                    "sharing": "personal", "secrets[0]": "x" }),
            ),
        ),
        (
            "change_secret",
            case(
                "connection.renewed",
                json!({ "tenant": tenant, "id": connection, "secrets[0]": "x" }),
            ),
        ),
        (
            "rename_connection",
            case(
                "connection.changed",
                json!({ "tenant": tenant, "id": connection, "label": "Team" }),
            ),
        ),
        (
            "disconnect_account",
            case(
                "connection.ended",
                json!({ "tenant": tenant, "id": connection }),
            ),
        ),
        (
            "set_provider_app",
            case(
                "provider.app_set",
                json!({ "tenant": tenant, "provider": WITH_APP, "client_id": "x",
                    "client_secret": "x" }),
            ),
        ),
        (
            "remove_provider_app",
            case(
                "provider.app_removed",
                json!({ "tenant": tenant, "provider": WITH_APP }),
            ),
        ),
        (
            "describe_provider",
            case(
                "provider.described",
                json!({ "tenant": tenant, "description": t.description }),
            ),
        ),
        (
            "describe_simple_provider",
            case(
                "provider.described",
                json!({ "tenant": tenant, "simple[id]": unique(), "simple[name]": "Simple",
                    "simple[auth]": "basic", "simple[base]": "https://api.simple.example" }),
            ),
        ),
        (
            "remove_provider",
            case(
                "provider.removed",
                json!({ "tenant": tenant, "provider": t.provider }),
            ),
        ),
        (
            "import_api",
            case(
                "api.imported",
                json!({ "tenant": tenant, "word": unique(), "base": "https://api.simple.example",
                    "document": json!({ "openapi": "3.1.0", "paths": {},
                        "info": { "title": "x", "version": "1" } }).to_string() }),
            ),
        ),
        (
            "choose_operations",
            case(
                "api.changed",
                json!({ "tenant": tenant, "id": api, "keys[0]": "GET /ended" }),
            ),
        ),
        (
            "take_over_api",
            case("api.synced", json!({ "tenant": tenant, "id": t.older })),
        ),
        (
            "remove_api",
            case("api.removed", json!({ "tenant": tenant, "id": api })),
        ),
    ])
}

/// A person's browser, a service, and the rows that are left.
struct Place {
    service: Service,
    _server: TestServer,
    ada: Person,
    browser: Browser,
    pool: PgPool,
    /// At which Ada logs in.
    provider: String,
}

impl Place {
    async fn new() -> Self {
        let service = Service::start().await;
        let server = service.server().await;
        let ada = server.world.owner("ada").await;
        let (s, a, provider) = (&ada.world.services, &ada.actor, unique());
        let described = service.described_with_log_in(&provider);
        let described = connections::describe(s, a, &described).await;
        described.expect("described");
        let app = connections::set_app(s, a, &provider, "bulkhead", "secret").await;
        app.expect("an app");
        Self {
            browser: server.browser_of(&ada).await,
            pool: server.world.database.pool("postgres", 1),
            service,
            _server: server,
            ada,
            provider,
        }
    }

    /// The acts that this leaves, and how it is answered.
    async fn leaves(&self, act: impl Future<Output = StatusCode>) -> (StatusCode, Vec<String>) {
        let before = acts(&self.pool).await.len();
        let status = act.await;
        (status, acts(&self.pool).await.split_off(before))
    }

    /// Sets out, and comes back with this answer. Answers the state that was brought along.
    async fn connect(&self, more: &[(&str, &str)], answer: &str) -> (StatusCode, String) {
        let (slug, provider) = (self.ada.actor.slug(), &self.provider);
        let door = format!("/t/{slug}/connections/{provider}/start");
        let form = [&[("label", "Work"), ("sharing", "shared")], more].concat();
        let page = self.browser.post(&door).form(&form).send().await;
        let page = page.expect("an answer").text().await.expect("a page");
        let (_, state) = page.split_once("state=").expect("a state");
        let state = state.split(['&', '"']).next().expect("a state");
        (self.come_back(state, answer).await, state.into())
    }

    async fn come_back(&self, state: &str, answer: &str) -> StatusCode {
        let path = format!(
            "/connections/{}/callback?state={state}&{answer}",
            self.provider
        );
        let answer = self.browser.get(&path).send().await;
        answer.expect("an answer").status()
    }

    async fn revoke_rows(&self) {
        let revoke = "revoke insert on audit_events from bulkhead_runtime";
        let done = sqlx::query(revoke).execute(&self.pool).await;
        done.expect("revoked");
    }

    async fn api(&self) -> ApiId {
        let (s, a) = (&self.ada.world.services, &self.ada.actor);
        let new = NewApi {
            word: "shop".into(),
            name: "Shop".into(),
            source: Some(self.service.document()),
            document: None,
            base: None,
            provider: Some(self.provider.clone()),
        };
        let id = apis::import(s, a, new).await.expect("imported");
        let chosen = apis::choose(s, a, id, vec!["GET /ended".into()]).await;
        chosen.expect("chosen");
        id
    }
}

#[tokio::test]
async fn an_account_that_is_connected_by_logging_in_leaves_one_row() {
    let place = Place::new().await;
    let (_, rows) = place
        .leaves(async { place.connect(&[], "error=access_denied").await.0 })
        .await;
    assert!(rows.is_empty(), "declined: {rows:?}");
    let before = acts(&place.pool).await.len();
    let (status, state) = place.connect(&[], "code=x").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(acts(&place.pool).await[before..], ["connection.made"]);
    let (status, rows) = place.leaves(place.come_back(&state, "code=x")).await;
    assert_eq!((status, rows.len()), (StatusCode::BAD_REQUEST, 0));

    let made = connections::list(&place.ada.world.services, &place.ada.actor).await;
    let id = made.expect("connections").connections[0].id.to_string();
    let again = place.leaves(async {
        let renewing = [("renewing", id.as_str())];
        place.connect(&renewing, "code=y").await.0
    });
    assert_eq!(again.await.1, ["connection.renewed"]);
}

#[tokio::test]
async fn without_its_row_no_account_is_connected() {
    let place = Place::new().await;
    place.revoke_rows().await;
    let before = everything(&place.pool).await;
    let (status, _) = place.connect(&[], "code=x").await;
    assert!(status.is_server_error(), "{status}");
    assert_eq!(everything(&place.pool).await, before);
}

#[tokio::test]
async fn a_connection_that_is_lost_leaves_one_row() {
    let place = Place::new().await;
    place.connect(&[], "code=x").await;
    let api = place.api().await;
    place.service.close();
    let form = json!({ "tenant": place.ada.actor.slug(), "tool": "shop_get_ended", "api": api });
    for wanted in [&["connection.lost"][..], &[]] {
        let (status, rows) = place.leaves(call(&place.browser, "try_tool", &form)).await;
        assert!(!status.is_client_error(), "{status}");
        assert_eq!(rows, wanted);
    }
}

#[tokio::test]
async fn a_connection_that_works_again_leaves_a_row() {
    let place = Place::new().await;
    place.connect(&[], "code=x").await;
    let broken = "update connections set state = 'needs_attention', trouble = 'x'";
    let broken = sqlx::query(broken).execute(&place.pool).await;
    broken.expect("a connection in trouble");
    let made = connections::list(&place.ada.world.services, &place.ada.actor).await;
    let id = made.expect("connections").connections[0].id;
    let form = json!({ "tenant": place.ada.actor.slug(), "id": id });
    for wanted in [&["connection.changed"][..], &[]] {
        let (status, rows) = place
            .leaves(call(&place.browser, "test_connection", &form))
            .await;
        assert!(!status.is_client_error(), "{status}");
        assert_eq!(rows, wanted);
    }
}
