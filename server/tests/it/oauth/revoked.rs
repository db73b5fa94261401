//! Whatever ends a log-in ends it at every server within a second, while programs go on calling (rule R8).

use crate::oauth::races::{Pair, twin};
use crate::oauth::support::{App, Reply, SCOPES, claims};
use crate::support::{TestServer, modern, short_or_soak};
use api_types::{GrantId, Role, input::Email, members::RoleChoice};
use domain::{Origin, Services, invitations, mcp_clients, members, oauth_server, tenants};
use futures::{StreamExt as _, future::join_all};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use test_support::Person;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// 50 requests a second.
const BEAT: Duration = Duration::from_millis(20);

/// What a program calls all the time.
type Call = (&'static str, fn() -> Value);

const LIST: Call = ("tools/list", || json!({}));
const WRITE: Call = (
    "tools/call",
    || json!({ "name": "create_task", "arguments": { "title": "one more" } }),
);

/// A log-in of a member into a tenant of somebody else's.
struct LogIn<'a> {
    ada: Person,
    bob: Person,
    pair: Pair<'a>,
    app: App,
    reply: Reply,
}

impl<'a> LogIn<'a> {
    async fn new(servers: [&'a TestServer; 2]) -> Self {
        let world = &servers[0].world;
        let (ada, bob) = (world.owner("ada").await, world.owner("bob").await);
        let (s, email) = (&world.services, Email::parse(&bob.email));
        let role = RoleChoice::BuiltIn(Role::Developer);
        invitations::invite(s, &ada.actor, email.expect("an address"), role)
            .await
            .expect("invited");
        let token = world.invitation_token(&bob.email).await;
        let joined = invitations::accept(s, bob.user, Origin::default(), &token).await;
        joined.expect("joined");
        let pair = Pair::of(servers, &bob, ada.actor.slug()).await;
        let app = pair.doors[0].register("none").await;
        let reply = pair.doors[0].tokens(&app, SCOPES).await;
        Self {
            ada,
            bob,
            pair,
            app,
            reply,
        }
    }

    fn token(&self) -> String {
        self.reply.text("access_token")
    }

    fn grant(&self) -> GrantId {
        let grant = claims(&self.token())["gid"].clone();
        serde_json::from_value(grant).expect("the id of a grant")
    }

    /// The endpoint at each server.
    fn urls(&self) -> [String; 2] {
        let url = |nth: usize| {
            let door = &self.pair.doors[nth];
            format!("{}/t/{}/mcp", door.server.base, door.slug)
        };
        [url(0), url(1)]
    }
}

/// When an answer was there, and which.
type Answers = Vec<(Instant, StatusCode)>;

/// Calls at 50 requests a second, whatever is answered.
fn caller(url: String, token: String, call: Call, stop: CancellationToken) -> JoinHandle<Answers> {
    tokio::spawn(async move {
        let (client, mut calls, mut beat) = (Client::new(), JoinSet::new(), interval(BEAT));
        while !stop.is_cancelled() {
            beat.tick().await;
            let request = modern(&client, &url, &token, call.0, call.1());
            calls.spawn(async move {
                let answer = request.send().await.expect("an answer");
                let status = answer.status();
                answer.bytes().await.expect("a body");
                (Instant::now(), status)
            });
        }
        calls.join_all().await
    })
}

/// Opens a stream. Answers when it ends.
async fn stream(url: &str, token: &str) -> JoinHandle<Instant> {
    let wanted = json!({ "notifications": { "toolsListChanged": true } });
    let request = modern(&Client::new(), url, token, "subscriptions/listen", wanted);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK, "{answer:?}");
    let mut bytes = answer.bytes_stream();
    let first = bytes.next().await.expect("a message").expect("bytes");
    let first = String::from_utf8_lossy(&first).into_owned();
    assert!(first.contains("subscriptions/acknowledged"), "{first}");
    tokio::spawn(async move {
        while let Some(Ok(_)) = bytes.next().await {}
        Instant::now()
    })
}

/// What must come of an act: what calls are answered from a second on, and whether streams end.
struct Wanted {
    call: Call,
    status: StatusCode,
    ends_streams: bool,
}

const REFUSED: Wanted = Wanted {
    call: LIST,
    status: StatusCode::UNAUTHORIZED,
    ends_streams: true,
};

/// Does something under the calls of a log-in at both servers, and looks at what came of it.
async fn under_load(what: &str, log_in: &LogIn<'_>, wanted: Wanted, act: impl Future<Output = ()>) {
    let (urls, token, stop) = (log_in.urls(), log_in.token(), CancellationToken::new());
    let streams = join_all(urls.iter().map(|url| stream(url, &token))).await;
    let callers = urls.map(|url| caller(url, token.clone(), wanted.call, stop.clone()));
    sleep(Duration::from_millis(600)).await;
    let begun = Instant::now();
    act.await;
    let done = Instant::now();
    sleep(Duration::from_millis(short_or_soak(1800, 10_000))).await;
    stop.cancel();
    for (server, calls) in callers.into_iter().enumerate() {
        let calls = calls.await.expect("a caller");
        judge(what, server, &calls, &wanted, [begun, done]);
    }
    for (server, stream) in streams.into_iter().enumerate() {
        if !wanted.ends_streams {
            assert!(
                !stream.is_finished(),
                "{what}: the stream at {server} ended"
            );
            stream.abort();
            continue;
        }
        let left = Duration::from_secs(5).saturating_sub(done.elapsed());
        let ended = timeout(left.max(Duration::from_millis(1)), stream).await;
        let ended = ended.unwrap_or_else(|_| panic!("{what}: a stream at server {server} is open"));
        let after = ended.expect("a stream").saturating_duration_since(done);
        assert!(after < Duration::from_secs(5), "{what}: {after:?}");
        println!("{what}: server {server} closed its stream {after:?} after");
    }
}

/// Looks at the answers of one server to an act between two moments.
fn judge(what: &str, server: usize, calls: &Answers, wanted: &Wanted, [begun, done]: [Instant; 2]) {
    let before = calls.iter().filter(|(at, _)| *at < begun);
    assert!(
        before.clone().all(|(_, status)| status.is_success()),
        "{what}: {calls:?}"
    );
    assert!(
        before.count() >= 10,
        "{what}: server {server} was not called"
    );
    let good = calls.iter().filter(|(_, status)| status.is_success());
    let last = good.map(|(at, _)| at.saturating_duration_since(done)).max();
    let last = last.unwrap_or_default();
    assert!(
        last <= Duration::from_secs(1),
        "{what}: server {server} let one in after {last:?}"
    );
    let late = calls
        .iter()
        .filter(|(at, _)| *at > done + Duration::from_secs(1));
    assert!(
        late.clone().all(|(_, status)| *status == wanted.status),
        "{what}: {calls:?}"
    );
    assert!(
        late.count() >= 10,
        "{what}: server {server} was not called afterwards"
    );
    println!(
        "{what}: {} calls at server {server}, the last good one {last:?} after",
        calls.len()
    );
}

/// Two servers over one database.
async fn servers() -> (TestServer, TestServer) {
    let first = TestServer::start().await;
    let second = twin(&first).await;
    (first, second)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_in_that_is_ended_lets_nobody_in_after_a_second() {
    let (first, second) = servers().await;
    let log_in = LogIn::new([&first, &second]).await;
    under_load("ended by its person", &log_in, REFUSED, async {
        let (s, slug) = (&first.world.services, log_in.ada.actor.slug());
        let (user, origin) = (log_in.bob.user, Origin::default());
        let ended = oauth_server::end_own_grant(s, user.into(), origin, slug, log_in.grant());
        ended.await.expect("ended");
    })
    .await;

    let log_in = LogIn::new([&first, &second]).await;
    under_load("ended by an administrator", &log_in, REFUSED, async {
        let s = &second.world.services;
        let ended = oauth_server::end_grant(s, &log_in.ada.actor, log_in.grant());
        ended.await.expect("ended");
    })
    .await;

    for kind in ["access_token", "refresh_token"] {
        let log_in = LogIn::new([&first, &second]).await;
        under_load(&format!("given back by {kind}"), &log_in, REFUSED, async {
            let door = &log_in.pair.doors[1];
            let token = log_in.reply.text(kind);
            door.revoke(&log_in.app, &token, kind).await.good();
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_or_may_do_less_takes_the_programs_along() {
    let (first, second) = servers().await;
    let log_in = LogIn::new([&first, &second]).await;
    under_load("a removed member", &log_in, REFUSED, async {
        let (s, ada) = (&first.world.services, &log_in.ada.actor);
        members::remove(s, ada, log_in.bob.user)
            .await
            .expect("removed");
    })
    .await;

    let log_in = LogIn::new([&first, &second]).await;
    under_load("an archived client", &log_in, REFUSED, async {
        let (s, ada) = (&second.world.services, &log_in.ada.actor);
        archive(s, &log_in, ada).await;
    })
    .await;

    let log_in = LogIn::new([&first, &second]).await;
    let less = Wanted {
        call: WRITE,
        status: StatusCode::FORBIDDEN,
        ends_streams: false,
    };
    under_load("a role that allows less", &log_in, less, async {
        let (s, ada) = (&first.world.services, &log_in.ada.actor);
        let viewer = RoleChoice::BuiltIn(Role::Viewer);
        let changed = members::change_role(s, ada, log_in.bob.user, viewer).await;
        changed.expect("changed");
    })
    .await;
    // What the role still allows works on.
    for door in &log_in.pair.doors {
        let reply = door.call(&log_in.token(), "list_tasks", json!({})).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    }
}

async fn archive(s: &Services, log_in: &LogIn<'_>, owner: &domain::Actor) {
    let grants = oauth_server::grants(s, owner, None).await.expect("grants");
    let ours = grants.iter().find(|grant| grant.id == log_in.grant());
    let client = ours.expect("the grant").client;
    mcp_clients::archive(s, owner, client)
        .await
        .expect("archived");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_that_is_suspended_or_deleted_lets_nobody_in_after_a_second() {
    let (first, second) = servers().await;
    let log_in = LogIn::new([&first, &second]).await;
    let closed = Wanted {
        status: StatusCode::FORBIDDEN,
        ..REFUSED
    };
    under_load("a suspended tenant", &log_in, closed, async {
        let s = &second.world.services;
        let suspended = tenants::suspend(s, &log_in.ada.actor, true).await;
        suspended.expect("suspended");
    })
    .await;

    let log_in = LogIn::new([&first, &second]).await;
    under_load("a deleted tenant", &log_in, REFUSED, async {
        let (s, ada) = (&first.world.services, &log_in.ada.actor);
        tenants::delete(s, ada, ada.slug()).await.expect("deleted");
    })
    .await;
}
