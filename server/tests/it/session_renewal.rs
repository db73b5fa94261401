//! A session gets another id when what its person may do changes (rule R13): on every server, once, and without
//! signing anybody out.

use crate::accounts::do_it;
use crate::support::TestServer;
use api_types::{
    Permission, Role, RoleId,
    input::{Email, RoleName},
    members::RoleChoice,
};
use domain::{Actor, Origin, invitations, members, roles};
use futures::future::join_all;
use reqwest::{Client, StatusCode, header, redirect::Policy};
use sqlx::PgPool;
use std::collections::BTreeSet;
use test_support::{PASSWORD, Person};
use tokio::net::TcpListener;

const VIEWER: RoleChoice = RoleChoice::BuiltIn(Role::Viewer);
const DEVELOPER: RoleChoice = RoleChoice::BuiltIn(Role::Developer);

/// The session's cookie that an answer sets.
fn set_cookie(headers: &header::HeaderMap) -> Option<String> {
    let lines = headers.get_all(header::SET_COOKIE).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .filter_map(|line| line.split(';').next())
        .find(|pair| pair.starts_with("bulkhead="))
        .map(str::to_owned)
}

fn client() -> Client {
    let client = Client::builder().redirect(Policy::none());
    client.build().expect("a client")
}

/// Signs in as a browser that has no cookie yet. Answers its session's.
async fn sign_in(server: &TestServer, email: &str) -> String {
    let form = [("email", email), ("password", PASSWORD)];
    let request = client().post(format!("{}/api/sign_in", server.base));
    let request = request.header(header::ORIGIN, &server.base).form(&form);
    let answer = request.send().await.expect("an answer");
    set_cookie(answer.headers()).expect("a session")
}

/// What a page answers to this cookie, and the other one that it sets.
async fn look(server: &TestServer, cookie: &str) -> (StatusCode, Option<String>) {
    let request = client().get(format!("{}/account", server.base));
    let request = request.header(header::ACCEPT, "text/html");
    // As browsers do, among others.
    let cookies = format!("bulkhead-theme=dark; {cookie}; other=1");
    let answer = request.header(header::COOKIE, cookies).send().await;
    let answer = answer.expect("a page");
    let other = set_cookie(answer.headers()).filter(|set| set != cookie);
    (answer.status(), other)
}

/// Calls a function with this cookie.
async fn post(server: &TestServer, function: &str, cookie: &str) -> Option<String> {
    let request = client().post(format!("{}/api/{function}", server.base));
    let request = request.header(header::ORIGIN, &server.base);
    let answer = request.header(header::COOKIE, cookie).send().await;
    let answer = answer.expect("an answer");
    assert!(!answer.status().is_client_error(), "{}", answer.status());
    set_cookie(answer.headers())
}

/// Longer than an old id leads to the new one.
async fn let_the_grace_pass(pool: &PgPool) {
    sqlx::query("update sessions set renewed_at = renewed_at - interval '11 seconds'")
        .execute(pool)
        .await
        .expect("time passes");
}

async fn let_in(server: &TestServer, owner: &Actor, person: &Person, role: RoleChoice) -> Actor {
    let s = &server.world.services;
    let email = Email::parse(&person.email).expect("an address");
    invitations::invite(s, owner, email, role)
        .await
        .expect("invited");
    let token = server.world.invitation_token(&person.email).await;
    let joined = invitations::accept(s, person.user, Origin::default(), &token).await;
    let actor = members::actor(s, person.user, &joined.expect("joined")).await;
    actor.expect("a member")
}

/// Another server over the same database.
async fn twin(server: &TestServer) -> TestServer {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let world = server.world.on_another_server(&format!("http://{address}"));
    TestServer::over(world, listener, address)
}

#[tokio::test]
async fn another_role_gives_a_session_another_id_on_every_server_and_signs_nobody_out() {
    let server = TestServer::start().await;
    let other = twin(&server).await;
    let pool = server.world.database.pool("postgres", 1);
    let (ada, bob) = (
        server.world.owner("ada").await,
        server.world.owner("bob").await,
    );
    let_in(&server, &ada.actor, &bob, DEVELOPER).await;
    let (old, adas) = (
        sign_in(&server, &bob.email).await,
        sign_in(&server, &ada.email).await,
    );
    assert_eq!(look(&other, &old).await, (StatusCode::OK, None));
    members::change_role(&server.world.services, &ada.actor, bob.user, VIEWER)
        .await
        .expect("changed");

    // A page and all that it fetches, at both servers at once.
    let doors = [&server, &other].into_iter().cycle().take(16);
    let answers = join_all(doors.map(|door| look(door, &old))).await;
    assert!(answers.iter().all(|(status, _)| *status == StatusCode::OK));
    let ids: BTreeSet<_> = answers.into_iter().map(|(_, cookie)| cookie).collect();
    assert_eq!(ids.len(), 1, "one session, one id");
    let new = ids.into_iter().flatten().next().expect("a new id");
    assert_ne!(new, old);
    for door in [&server, &other] {
        assert_eq!(look(door, &new).await, (StatusCode::OK, None));
        assert_eq!(look(door, &old).await, (StatusCode::OK, Some(new.clone())));
    }
    // Nobody else's session is touched.
    assert_eq!(look(&server, &adas).await, (StatusCode::OK, None));

    let_the_grace_pass(&pool).await;
    for door in [&server, &other] {
        assert_eq!(look(door, &old).await.0, StatusCode::FOUND);
        assert_eq!(look(door, &new).await, (StatusCode::OK, None));
    }
}

#[tokio::test]
async fn a_second_change_waits_until_the_id_before_is_forgotten() {
    let server = TestServer::start().await;
    let pool = server.world.database.pool("postgres", 1);
    let (ada, bob) = (
        server.world.owner("ada").await,
        server.world.owner("bob").await,
    );
    let_in(&server, &ada.actor, &bob, DEVELOPER).await;
    let s = &server.world.services;
    let first = sign_in(&server, &bob.email).await;
    let change = async |role| {
        let changed = members::change_role(s, &ada.actor, bob.user, role).await;
        changed.expect("changed");
    };
    change(VIEWER).await;
    let (_, second) = look(&server, &first).await;
    let second = second.expect("a second id");
    change(DEVELOPER).await;
    // A fetch that set out with the first id is not too late.
    assert_eq!(
        look(&server, &first).await,
        (StatusCode::OK, Some(second.clone()))
    );
    assert_eq!(look(&server, &second).await, (StatusCode::OK, None));
    let_the_grace_pass(&pool).await;
    let (status, third) = look(&server, &second).await;
    assert_eq!(status, StatusCode::OK);
    assert!(third.is_some_and(|third| third != second && third != first));
    assert_eq!(look(&server, &first).await.0, StatusCode::FOUND);
}

#[tokio::test]
async fn whatever_changes_what_somebody_may_do_changes_their_ids() {
    let server = TestServer::start().await;
    let pool = server.world.database.pool("postgres", 1);
    let (ada, bob) = (
        server.world.owner("ada").await,
        server.world.owner("bob").await,
    );
    let s = &server.world.services;
    let mut bobs = sign_in(&server, &bob.email).await;
    let mut adas = sign_in(&server, &ada.email).await;
    let mut follow = async |what: &str, adas_changes: bool| {
        for (cookie, changes) in [(&mut bobs, true), (&mut adas, adas_changes)] {
            let (status, new) = look(&server, cookie).await;
            assert_eq!((status, new.is_some()), (StatusCode::OK, changes), "{what}");
            *cookie = new.unwrap_or_else(|| cookie.clone());
        }
        let_the_grace_pass(&pool).await;
    };
    let_in(&server, &ada.actor, &bob, VIEWER).await;
    follow("joining", false).await;
    let id = on_call(&server, &ada.actor).await;
    let to = members::change_role(s, &ada.actor, bob.user, RoleChoice::Custom(id)).await;
    to.expect("changed");
    follow("another role", false).await;
    let name = RoleName::parse("on call").expect("a name");
    let more = vec![Permission::ViewTenant, Permission::ViewTasks];
    let edited = roles::update(s, &ada.actor, id, name, more).await;
    edited.expect("edited");
    follow("a role that holds more", false).await;
    let handed = members::transfer(s, &ada.actor, bob.user).await;
    handed.expect("handed over");
    follow("another owner", true).await;
    let now = members::actor(s, ada.user, ada.actor.slug()).await;
    members::leave(s, &now.expect("an admin"))
        .await
        .expect("left");
    let (_, new) = look(&server, &adas).await;
    assert!(new.is_some(), "leaving");
}

/// Caches that many share keep files, and what they keep may hold nobody's session.
#[tokio::test]
async fn a_file_neither_changes_an_id_nor_carries_one() {
    let server = TestServer::start().await;
    let (ada, bob) = (
        server.world.owner("ada").await,
        server.world.owner("bob").await,
    );
    let old = sign_in(&server, &bob.email).await;
    let_in(&server, &ada.actor, &bob, VIEWER).await;
    let site = concat!(env!("CARGO_MANIFEST_DIR"), "/../style/public");
    for file in std::fs::read_dir(site).expect("the files of the site") {
        let name = file.expect("a file").file_name();
        let url = format!("{}/{}", server.base, name.display());
        let request = client().get(url).header(header::COOKIE, &old);
        let answer = request.send().await.expect("an answer");
        assert_eq!(set_cookie(answer.headers()), None, "{}", name.display());
    }
    assert!(look(&server, &old).await.1.is_some(), "the page does");
}

async fn on_call(server: &TestServer, owner: &Actor) -> RoleId {
    let name = RoleName::parse("on call").expect("a name");
    let held = vec![Permission::ViewTenant];
    let made = roles::create(&server.world.services, owner, name, held).await;
    made.expect("a role")
}

#[tokio::test]
async fn a_session_ends_by_the_id_before_and_spares_itself_by_it() {
    let server = TestServer::start().await;
    let (ada, bob) = (
        server.world.owner("ada").await,
        server.world.owner("bob").await,
    );
    let elsewhere = server.browser_of(&bob).await;
    let old = sign_in(&server, &bob.email).await;
    let_in(&server, &ada.actor, &bob, VIEWER).await;
    let new = look(&server, &old).await.1.expect("a new id");
    let again = post(&server, "end_other_sessions", &old).await;
    assert_eq!(again, Some(new.clone()));
    assert_eq!(do_it(&elsewhere, "who_am_i", &[]).await, "null");
    assert_eq!(look(&server, &new).await.0, StatusCode::OK);
    post(&server, "sign_out", &old).await;
    for id in [old, new] {
        assert_eq!(look(&server, &id).await.0, StatusCode::FOUND);
    }
}
