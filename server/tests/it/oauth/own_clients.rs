//! Clients that a tenant entered by hand: what they open by themselves, by a secret or a key of their own; and clients
//! that the tenant's sign-in provider lets in.

use super::support::{CALLBACK, Flow, Reply};
use crate::accounts::{call, do_it};
use crate::sign_in_with::issuer::Issuer;
use crate::sso::Place;
use crate::support::{Browser, TestServer};
use api_types::{UserId, input::PersonName};
use domain::{mcp_clients, members};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use test_support::Person;

const ID_JAG: &str = "oauth-id-jag+jwt";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Asks the token endpoint.
async fn ask(server: &TestServer, form: &[(&str, &str)]) -> Reply {
    let url = format!("{}/oauth/token", server.base);
    Reply::of(Client::new().post(url).form(form)).await
}

/// Lets a client log in. Answers its name in the protocol and its secret.
async fn entered(
    browser: &Browser,
    slug: &str,
    id: &str,
    more: &[(&str, &str)],
) -> (String, String) {
    let mut form = vec![("tenant", slug), ("id", id)];
    form.extend(more);
    let text = do_it(browser, "set_log_in", &form).await;
    let created: Value = serde_json::from_str(&text).expect("JSON");
    let text = |name: &str| created[name].as_str().unwrap_or_default().to_owned();
    (text("oauth_id"), text("secret"))
}

/// A client of a service account.
async fn service_client(ada: &Person) -> (String, UserId) {
    let s = &ada.world.services;
    let name = PersonName::parse("Robot").expect("a name");
    let robot = members::create_service_account(s, &ada.actor, name).await;
    let robot = robot.expect("a service account");
    let new = mcp_clients::NewClient {
        name: api_types::input::ClientName::parse("nightly").expect("a name"),
        kind: api_types::mcp_clients::ClientKind::OwnAgent,
        owner: Some(robot),
        notes: String::new(),
    };
    let client = mcp_clients::register(s, &ada.actor, new).await;
    (client.expect("registered").id.to_string(), robot)
}

#[tokio::test]
async fn a_service_accounts_client_opens_what_it_was_given_and_nothing_else() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    let slug = ada.actor.slug();
    let (id, robot) = service_client(&ada).await;
    let more = [("auth", "client_secret"), ("scopes[0]", "tasks:read")];
    let (oauth_id, secret) = entered(&flow.browser, slug, &id, &more).await;
    let form = |scope| {
        [
            ("grant_type", "client_credentials"),
            ("client_id", oauth_id.as_str()),
            ("client_secret", secret.as_str()),
            ("scope", scope),
        ]
    };
    let reply = ask(&server, &form("tasks:read")).await.good();
    assert!(reply.body.get("refresh_token").is_none());
    let token = reply.text("access_token");
    let listed = flow.call(&token, "list_tasks", json!({})).await;
    assert_eq!(listed.status, StatusCode::OK, "{listed:?}");
    let written = flow
        .call(&token, "create_task", json!({ "title": "x" }))
        .await;
    assert_eq!(written.status, StatusCode::FORBIDDEN);
    let reply = ask(&server, &form("tasks:write")).await;
    reply.refuses(StatusCode::BAD_REQUEST, "invalid_scope");
    let wrong = [
        ("grant_type", "client_credentials"),
        ("client_id", &oauth_id),
        ("client_secret", "bh_sec_wrong"),
    ];
    let reply = ask(&server, &wrong).await;
    reply.refuses(StatusCode::UNAUTHORIZED, "invalid_client");

    let s = &server.world.services;
    members::remove(s, &ada.actor, robot)
        .await
        .expect("removed");
    flow.closes(&token).await;
    let reply = ask(&server, &form("tasks:read")).await;
    reply.refuses(StatusCode::BAD_REQUEST, "unauthorized_client");
}

#[tokio::test]
async fn a_client_with_a_key_of_its_own_signs_each_statement_once_for_us() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    let (id, _) = service_client(&ada).await;
    let (key, jwks) = {
        let issuer = Issuer::start().await;
        let jwks = issuer.jwks().to_string();
        (issuer, jwks)
    };
    let more = [
        ("auth", "private_key_jwt"),
        ("jwks", jwks.as_str()),
        ("scopes[0]", "tasks:read"),
    ];
    let (oauth_id, secret) = entered(&flow.browser, ada.actor.slug(), &id, &more).await;
    assert_eq!(secret, "");
    let state = |audience: &str, subject: &str| {
        let claims = json!({ "iss": oauth_id, "sub": subject, "aud": audience });
        key.state("JWT", &claims)
    };
    let show = async |jwt: &str| {
        let form = [
            ("grant_type", "client_credentials"),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", jwt),
        ];
        ask(&server, &form).await
    };
    let good = state(&server.base, &oauth_id);
    let token = show(&good).await.good().text("access_token");
    let listed = flow.call(&token, "list_tasks", json!({})).await;
    assert_eq!(listed.status, StatusCode::OK, "{listed:?}");
    for (what, jwt) in [
        ("shown before", good),
        (
            "for another server",
            state("https://other.example", &oauth_id),
        ),
        ("about another", state(&server.base, "bh_client_other")),
    ] {
        let reply = show(&jwt).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{what}: {reply:?}");
    }
    let mut bent = state(&server.base, &oauth_id);
    bent.replace_range(bent.len() - 6..bent.len() - 4, "AA");
    show(&bent)
        .await
        .refuses(StatusCode::UNAUTHORIZED, "invalid_client");
}

#[tokio::test]
async fn the_companys_provider_lets_clients_in_only_where_the_tenant_says_so() {
    let place = Place::new().await;
    let (ada, browser) = place.company("").await;
    let (server, slug) = (&place.server, ada.actor.slug());
    let flow = Flow::of(server, &ada).await;
    let grace = server.browser();
    let claims = json!({ "sub": "grace", "email": "grace@example.com", "name": "Grace" });
    place.sign_in(&grace, "grace@example.com", claims).await;
    let (id, _) = service_client(&ada).await;
    let more = [("auth", "client_secret"), ("redirect_uris", CALLBACK)];
    let (oauth_id, secret) = entered(&browser, slug, &id, &more).await;
    let resource = flow.resource();
    let claims = |more: Value| {
        let mut claims = json!({ "sub": "grace", "aud": server.base, "client_id": oauth_id,
            "resource": resource, "scope": "tasks:read tasks:write" });
        let more = more.as_object().cloned().unwrap_or_default();
        claims.as_object_mut().expect("an object").extend(more);
        claims
    };
    let show = async |assertion: &str| {
        let form = [
            ("grant_type", JWT_BEARER),
            ("client_id", oauth_id.as_str()),
            ("client_secret", &secret),
            ("assertion", assertion),
        ];
        ask(server, &form).await
    };
    let early = place.issuer.state(ID_JAG, &claims(json!({})));
    let reply = show(&early).await;
    reply.refuses(StatusCode::BAD_REQUEST, "invalid_grant");

    let on = [("tenant", slug), ("on", "true")];
    let (status, text) = call(&browser, "switch_identity_assertions", &on).await;
    assert!(status.is_success() || status.is_redirection(), "{text}");
    let good = place.issuer.state(ID_JAG, &claims(json!({})));
    let reply = show(&good).await.good();
    // Grace is a viewer: what her role does not allow, no assertion opens.
    assert_eq!(reply.text("scope"), "tasks:read");
    let listed = flow
        .call(&reply.text("access_token"), "list_tasks", json!({}))
        .await;
    assert_eq!(listed.status, StatusCode::OK, "{listed:?}");
    for (what, kind, more) in [
        ("another type", "JWT", json!({})),
        (
            "another audience",
            ID_JAG,
            json!({ "aud": "https://other.example" }),
        ),
        ("another client", ID_JAG, json!({ "client_id": "other" })),
        ("nobody we know", ID_JAG, json!({ "sub": "nobody" })),
        ("expired", ID_JAG, json!({ "iat": 1, "exp": 2 })),
        ("for too long", ID_JAG, json!({ "exp": 4_000_000_000_i64 })),
    ] {
        let reply = show(&place.issuer.state(kind, &claims(more))).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{what}: {reply:?}");
    }
    let reply = show(&good).await;
    reply.refuses(StatusCode::BAD_REQUEST, "invalid_grant");
}
