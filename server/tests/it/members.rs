//! People come and go: two people in two browsers, and two servers over one database (rule R8).

use crate::support::{Browser, TestServer};
use api_types::{Role, members::RoleChoice};
use futures::StreamExt as _;
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use test_support::{PASSWORD, Person};
use tokio::net::TcpListener;

/// Calls a server function as the hydrated page does.
pub async fn call(browser: &Browser, name: &str, arguments: Value) -> Response {
    let request = browser.post(&format!("/api/{name}")).form(&arguments);
    request.send().await.expect("an answer")
}

/// Where an answer leads.
pub fn location(answer: &Response) -> String {
    let to = answer.headers().get(header::LOCATION);
    to.and_then(|to| to.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

pub async fn page(browser: &Browser, path: &str) -> (StatusCode, String) {
    let answer = browser.get(path).send().await.expect("a page");
    (answer.status(), answer.text().await.expect("a body"))
}

/// The path of the link in the letter that was enqueued last for this address.
pub async fn link_for(server: &TestServer, email: &str) -> String {
    let token = server.world.invitation_token(email).await;
    format!("/invitations?token={token}")
}

pub fn token_of(link: &str) -> &str {
    link.split_once("token=").expect("a token").1
}

pub async fn invite(browser: &Browser, tenant: &str, email: &str, role: &str) -> Response {
    let arguments = json!({ "tenant": tenant, "email": email, "role": role });
    call(browser, "invite_member", arguments).await
}

#[tokio::test]
async fn somebody_with_an_account_joins_in_their_own_browser() {
    let server = TestServer::start().await;
    let (ada, bob) = (
        server.world.owner("ada").await,
        server.world.owner("bob").await,
    );
    let adas = server.browser_of(&ada).await;
    let slug = ada.actor.slug();
    let answer = invite(&adas, slug, &bob.email, "developer").await;
    assert!(answer.status().is_success(), "{answer:?}");
    let (_, text) = page(&adas, &format!("/t/{slug}/members")).await;
    assert!(
        text.contains(&bob.email) && text.contains("/api/revoke_invitation"),
        "{text}"
    );
    let twice = invite(&adas, slug, &bob.email, "viewer").await;
    assert_eq!(twice.status(), StatusCode::UNPROCESSABLE_ENTITY);

    // Before signing in, the link says so, and signing in leads back to it.
    let link = link_for(&server, &bob.email).await;
    let fresh = server.browser();
    let (status, text) = page(&fresh, &link).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("Sign in to join"), "{text}");
    let form = json!({ "email": bob.email, "password": PASSWORD, "next": link });
    let answer = call(&fresh, "sign_in", form).await;
    assert_eq!(location(&answer), link);
    let (_, text) = page(&fresh, &link).await;
    assert!(
        text.contains("Join") && text.contains("developer"),
        "{text}"
    );
    let answer = call(
        &fresh,
        "accept_invitation",
        json!({ "token": token_of(&link) }),
    )
    .await;
    assert_eq!(location(&answer), format!("/t/{slug}"));

    let (status, _) = page(&fresh, &format!("/t/{slug}/clients")).await;
    assert_eq!(status, StatusCode::OK);
    let (_, text) = page(&adas, &format!("/t/{slug}/members")).await;
    assert!(
        text.contains(&bob.email) && !text.contains("/api/revoke_invitation"),
        "{text}"
    );
    // The link has done its work.
    let (status, text) = page(&fresh, &link).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(text.contains("does not work"), "{text}");
    let again = call(
        &fresh,
        "accept_invitation",
        json!({ "token": token_of(&link) }),
    )
    .await;
    assert_eq!(again.status(), StatusCode::NOT_FOUND);
    let known = invite(&adas, slug, &bob.email, "viewer").await;
    assert_eq!(known.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn somebody_else_is_told_to_use_the_right_account() {
    let server = TestServer::start().await;
    let (ada, eve) = (
        server.world.owner("ada").await,
        server.world.owner("eve").await,
    );
    let adas = server.browser_of(&ada).await;
    invite(&adas, ada.actor.slug(), "bob@example.com", "admin").await;
    let link = link_for(&server, "bob@example.com").await;
    let eves = server.browser_of(&eve).await;
    let (_, text) = page(&eves, &link).await;
    assert!(
        text.contains(&eve.email) && text.contains("this invitation is for bob@example.com"),
        "{text}"
    );
    let answer = call(
        &eves,
        "accept_invitation",
        json!({ "token": token_of(&link) }),
    )
    .await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let (status, _) = page(&eves, &format!("/t/{}", ada.actor.slug())).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn somebody_without_an_account_makes_one_for_the_invited_address() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let adas = server.browser_of(&ada).await;
    invite(&adas, ada.actor.slug(), "New.Person@example.com", "viewer").await;
    let link = link_for(&server, "new.person@example.com").await;
    let fresh = server.browser();
    let (_, text) = page(&fresh, &link).await;
    assert!(text.contains("Create account and join"), "{text}");
    assert!(
        !text.contains("name=\"email\""),
        "the address is not theirs to choose"
    );
    let form = json!({ "token": token_of(&link), "name": "New", "password": PASSWORD });
    let answer = call(&fresh, "join_with_new_account", form.clone()).await;
    assert_eq!(location(&answer), format!("/t/{}", ada.actor.slug()));
    let (status, text) = page(&fresh, &format!("/t/{}/members", ada.actor.slug())).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("new.person@example.com"), "{text}");
    // The link has shown that the address is theirs.
    let verified: bool = sqlx::query_scalar(
        "select email_verified_at is not null from users where email = 'new.person@example.com'",
    )
    .fetch_one(&server.world.database.pool("postgres", 1))
    .await
    .expect("a person");
    assert!(verified);
    let again = call(&server.browser(), "join_with_new_account", form).await;
    assert_eq!(again.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_link_that_was_replaced_revoked_or_is_old_does_not_work() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let adas = server.browser_of(&ada).await;
    let slug = ada.actor.slug();
    let email = "bob@example.com";
    invite(&adas, slug, email, "viewer").await;
    let first = link_for(&server, email).await;
    let pending = domain::invitations::pending(&server.world.services, &ada.actor).await;
    let id = pending.expect("invitations")[0].id.to_string();
    let answer = call(
        &adas,
        "resend_invitation",
        json!({ "tenant": slug, "id": id }),
    )
    .await;
    assert!(answer.status().is_success());
    let second = link_for(&server, email).await;
    assert_ne!(first, second);
    let looks = async |link: &str| page(&server.browser(), link).await.0;
    assert_eq!(looks(&first).await, StatusCode::NOT_FOUND);
    assert_eq!(looks(&second).await, StatusCode::OK);

    let pool = server.world.database.pool("postgres", 1);
    let age = |by: &'static str| sqlx::query(by).execute(&pool);
    age("update invitations set expires_at = now()")
        .await
        .expect("aged");
    assert_eq!(looks(&second).await, StatusCode::NOT_FOUND);
    let (_, text) = page(&adas, &format!("/t/{slug}/members")).await;
    assert!(text.contains("expired"), "{text}");
    age("update invitations set expires_at = now() + interval '1 day'")
        .await
        .expect("young again");
    assert_eq!(looks(&second).await, StatusCode::OK);
    call(
        &adas,
        "revoke_invitation",
        json!({ "tenant": slug, "id": id }),
    )
    .await;
    assert_eq!(looks(&second).await, StatusCode::NOT_FOUND);
    let form = json!({ "token": token_of(&second), "name": "Bob", "password": PASSWORD });
    let answer = call(&server.browser(), "join_with_new_account", form).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

/// Lets a person into Ada's tenant by what the pages do.
async fn join(server: &TestServer, owner: &Person, name: &str, role: Role) -> (Person, Browser) {
    let person = server.world.owner(name).await;
    let s = &server.world.services;
    let email = api_types::input::Email::parse(&person.email).expect("an address");
    domain::invitations::invite(s, &owner.actor, email, RoleChoice::BuiltIn(role))
        .await
        .expect("invited");
    let browser = server.browser_of(&person).await;
    let link = link_for(server, &person.email).await;
    call(
        &browser,
        "accept_invitation",
        json!({ "token": token_of(&link) }),
    )
    .await;
    (person, browser)
}

/// Until the door is closed; panics when that takes longer than the second we promise.
async fn closed_within_a_second(begun: Instant, what: &str, mut open: impl AsyncFnMut() -> bool) {
    while open().await {
        assert!(
            begun.elapsed() < Duration::from_secs(1),
            "{what} is open after a second"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_removed_member_is_shut_out_of_every_server_within_a_second() {
    let server = TestServer::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let twin = server.world.on_another_server(&format!("http://{address}"));
    let other = TestServer::over(twin, listener, address);
    let ada = server.world.owner("ada").await;
    let (bob, bobs) = join(&server, &ada, "bob", Role::Developer).await;
    let there = other.browser_of(&bob).await;
    let slug = ada.actor.slug();

    // A client and a key of Bob's, used at both servers.
    let form = json!({ "tenant": slug, "name": "bob's agent", "kind": "other" });
    call(&bobs, "register_client", form).await;
    let clients = domain::mcp_clients::list(&server.world.services, &ada.actor).await;
    let client = clients.expect("clients")[0].id;
    let form =
        json!({ "tenant": slug, "client": client, "name": "k", "scopes[0]": "account:read" });
    let created: Value = call(&bobs, "create_key", form)
        .await
        .json()
        .await
        .expect("a key");
    let key = created["secret"].as_str().expect("a secret").to_owned();
    let whoami = json!({ "name": "whoami", "arguments": {} });
    for one in [&server, &other] {
        let answer = one.mcp(&key, "tools/call", whoami.clone()).await;
        assert_eq!(answer.status(), StatusCode::OK);
    }
    let path = format!("/t/{slug}/usage/live");
    let live = there.get(&path).send().await.expect("a stream");
    assert_eq!(live.status(), StatusCode::OK);
    let mut live = live.bytes_stream();

    let adas = server.browser_of(&ada).await;
    let form = json!({ "tenant": slug, "member": bob.user });
    let answer = call(&adas, "remove_member", form).await;
    assert!(answer.status().is_success(), "{answer:?}");
    let begun = Instant::now();
    for (one, browser) in [(&server, &bobs), (&other, &there)] {
        closed_within_a_second(begun, "a page", async || {
            page(browser, &format!("/t/{slug}")).await.0 != StatusCode::NOT_FOUND
        })
        .await;
        closed_within_a_second(begun, "the endpoint", async || {
            let answer = one.mcp(&key, "tools/call", whoami.clone()).await;
            answer.status() != StatusCode::UNAUTHORIZED
        })
        .await;
    }
    println!("shut out of both servers after {:?}", begun.elapsed());
    tokio::time::timeout(Duration::from_secs(5), async {
        while let Some(Ok(_)) = live.next().await {}
    })
    .await
    .expect("the stream ends within five seconds");
    // His own tenant is still his.
    let (status, _) = page(&bobs, &format!("/t/{}", bob.actor.slug())).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn another_role_counts_from_the_next_request_on_every_server() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let (bob, bobs) = join(&server, &ada, "bob", Role::Developer).await;
    let adas = server.browser_of(&ada).await;
    let slug = ada.actor.slug();
    let form = json!({ "tenant": slug, "name": "one", "kind": "other" });
    assert!(
        call(&bobs, "register_client", form)
            .await
            .status()
            .is_success()
    );
    let form = json!({ "tenant": slug, "member": bob.user, "role": "viewer" });
    assert!(call(&adas, "change_role", form).await.status().is_success());
    let form = json!({ "tenant": slug, "name": "two", "kind": "other" });
    let answer = call(&bobs, "register_client", form).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let (_, text) = page(&bobs, &format!("/t/{slug}/members")).await;
    assert!(
        text.contains("lacks the permission manage_members"),
        "{text}"
    );
    assert!(!text.contains("Change role:"), "{text}");
}
