//! Codes and refresh tokens that many come with at once, at two servers over one database (rules R6 and R7).

use crate::oauth::support::{App, Flow, Reply, SCOPES, claims};
use crate::support::{TestServer, short_or_soak};
use futures::future::{join, join_all};
use reqwest::StatusCode;
use sqlx::{PgPool, Postgres, Transaction};
use std::time::{Duration, Instant};
use test_support::Person;
use tokio::net::TcpListener;
use tokio::time::sleep;
use uuid::Uuid;

/// How many come with one code or token.
const AT_ONCE: usize = 20;

/// Another server over the same database, behind the same public address.
pub(crate) async fn twin(server: &TestServer) -> TestServer {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let world = server.world.on_another_server(&server.base);
    TestServer::over(world, listener, address)
}

/// A person's programs, before both servers.
pub(super) struct Pair<'a> {
    pub(super) doors: [Flow<'a>; 2],
    resource: String,
}

impl<'a> Pair<'a> {
    /// At the tenant with this slug.
    pub(super) async fn of(servers: [&'a TestServer; 2], person: &Person, slug: &str) -> Self {
        let mut first = Flow::of(servers[0], person).await;
        first.slug = slug.into();
        let mut second = first.speaking(first.revision);
        second.server = servers[1];
        Self {
            resource: first.resource(),
            doors: [first, second],
        }
    }

    async fn exchange(&self, nth: usize, app: &App, code: &str, other: &[(&str, &str)]) -> Reply {
        let form: Vec<_> = [("resource", &*self.resource)]
            .iter()
            .chain(other)
            .copied()
            .collect();
        self.doors[nth % 2].exchange_with(app, code, &form).await
    }

    async fn refresh(&self, nth: usize, app: &App, token: &str) -> Reply {
        let form = [("resource", &*self.resource)];
        self.doors[nth % 2].refresh(app, token, &form).await
    }

    async fn assert_opens(&self, token: &str) {
        for door in &self.doors {
            assert_eq!(door.opens(token).await, StatusCode::OK);
        }
    }

    /// Asserts that a token is refused by both within a second. Answers after how long it was.
    async fn closes(&self, token: &str) -> Duration {
        let begun = Instant::now();
        join(self.doors[0].closes(token), self.doors[1].closes(token)).await;
        begun.elapsed()
    }
}

fn grant_of(reply: &Reply) -> Uuid {
    let grant = claims(&reply.text("access_token"))["gid"].clone();
    serde_json::from_value(grant).expect("the id of a grant")
}

async fn ended_why(pool: &PgPool, grant: Uuid) -> Option<String> {
    let why = sqlx::query_scalar("select ended_why from oauth_grants where grant_id = $1");
    why.bind(grant).fetch_one(pool).await.expect("a grant")
}

async fn count(pool: &PgPool, rows: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(format!("select count(*) from {rows}"));
    let number = sqlx::query_scalar(sql).fetch_one(pool).await;
    number.expect("a number")
}

/// Holds the codes, so that whoever comes with one waits.
async fn hold_codes(pool: &PgPool) -> Transaction<'static, Postgres> {
    let mut held = pool.begin().await.expect("a transaction");
    let sql = "select 1 from oauth_codes for update";
    let rows = sqlx::query(sql).execute(&mut *held).await;
    rows.expect("held");
    held
}

/// Comes with one code at both servers. `held` is let go when all have come.
async fn exchanges(
    pair: &Pair<'_>,
    app: &App,
    code: &str,
    held: Option<Transaction<'static, Postgres>>,
) -> Vec<Reply> {
    let all = join_all((0..AT_ONCE).map(|nth| pair.exchange(nth, app, code, &[])));
    let let_go = async {
        if let Some(held) = held {
            sleep(Duration::from_millis(200)).await;
            held.rollback().await.expect("let go");
        }
    };
    join(all, let_go).await.0
}

/// The one answer with tokens; all others say that the code is no good.
fn the_only(replies: Vec<Reply>) -> Reply {
    let (mut good, others): (Vec<_>, Vec<_>) = replies
        .into_iter()
        .partition(|reply| reply.status.is_success());
    for reply in &others {
        reply.refuses(StatusCode::BAD_REQUEST, "invalid_grant");
    }
    assert_eq!((good.len(), others.len()), (1, AT_ONCE - 1));
    good.remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_exchange_a_code_at_once_one_gets_tokens_and_a_later_one_ends_them() {
    let first = TestServer::start().await;
    let second = twin(&first).await;
    let ada = first.world.owner("ada").await;
    let pair = Pair::of([&first, &second], &ada, ada.actor.slug()).await;
    let pool = first.world.database.pool("postgres", 2);
    let app = pair.doors[0].register("none").await;
    let (codes, mut slowest) = (short_or_soak(20, 200), Duration::ZERO);
    for nth in 0..codes {
        let code = pair.doors[0].code(&app, SCOPES).await;
        let held = hold_codes(&pool).await;
        let reply = the_only(exchanges(&pair, &app, &code, Some(held)).await);
        let (token, refresh) = (reply.text("access_token"), reply.text("refresh_token"));
        pair.assert_opens(&token).await;

        let replay = pair.exchange(nth, &app, &code, &[]).await;
        replay.refuses(StatusCode::BAD_REQUEST, "invalid_grant");
        slowest = slowest.max(pair.closes(&token).await);
        let next = pair.refresh(nth, &app, &refresh).await;
        next.refuses(StatusCode::BAD_REQUEST, "invalid_grant");
        let why = ended_why(&pool, grant_of(&reply)).await;
        assert_eq!(why.as_deref(), Some("code_replayed"));
    }
    let sets = count(&pool, "oauth_grants").await;
    assert_eq!(usize::try_from(sets).expect("a number"), codes);
    println!(
        "{codes} codes x {AT_ONCE} exchanges: {sets} sets of tokens, refused everywhere at most {slowest:?} after a replay"
    );
}

/// Whoever comes when the first one has its answer may have a copy of the code, so what it got may end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_a_second_set_of_tokens_however_the_exchanges_fall() {
    let first = TestServer::start().await;
    let second = twin(&first).await;
    let ada = first.world.owner("ada").await;
    let pair = Pair::of([&first, &second], &ada, ada.actor.slug()).await;
    let pool = first.world.database.pool("postgres", 2);
    let app = pair.doors[0].register("none").await;
    let (codes, mut ended) = (short_or_soak(20, 200), 0);
    for _ in 0..codes {
        let code = pair.doors[0].code(&app, SCOPES).await;
        let reply = the_only(exchanges(&pair, &app, &code, None).await);
        match ended_why(&pool, grant_of(&reply)).await {
            Some(why) => {
                assert_eq!(why, "code_replayed");
                pair.closes(&reply.text("access_token")).await;
                ended += 1;
            }
            None => pair.assert_opens(&reply.text("access_token")).await,
        }
    }
    println!(
        "{codes} codes x {AT_ONCE} exchanges as they fall: {codes} sets of tokens, {ended} of them ended by the last to come"
    );
}

/// Comes with a code as somebody would who cannot prove that it is theirs.
async fn guess(pair: &Pair<'_>, apps: [&App; 2], code: &str, nth: usize) {
    let wrong = "a-verifier-that-belongs-to-some-other-challenge";
    let reply = match nth % 6 / 2 {
        0 => {
            pair.exchange(nth, apps[0], code, &[("code_verifier", wrong)])
                .await
        }
        1 => pair.exchange(nth, apps[1], code, &[]).await,
        _ => {
            let elsewhere = [("redirect_uri", "https://client.example/elsewhere")];
            pair.exchange(nth, apps[0], code, &elsewhere).await
        }
    };
    reply.refuses(StatusCode::BAD_REQUEST, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_prove_that_a_code_is_theirs_neither_uses_it_up_nor_ends_anything() {
    let first = TestServer::start().await;
    let second = twin(&first).await;
    let ada = first.world.owner("ada").await;
    let pair = Pair::of([&first, &second], &ada, ada.actor.slug()).await;
    let app = pair.doors[0].register("none").await;
    let other = pair.doors[0].register("none").await;
    let tries = short_or_soak(100, 1000);
    let guesses = async |code: &str| {
        let begun = Instant::now();
        for batch in 0..tries / AT_ONCE {
            let nths = (0..AT_ONCE).map(|nth| batch * AT_ONCE + nth);
            join_all(nths.map(|nth| guess(&pair, [&app, &other], code, nth))).await;
        }
        begun.elapsed()
    };
    let code = pair.doors[0].code(&app, SCOPES).await;
    let before = guesses(&code).await;
    let reply = pair.exchange(1, &app, &code, &[]).await.good();
    let after = guesses(&code).await;
    // By now it would be known everywhere.
    sleep(Duration::from_secs(1)).await;
    pair.assert_opens(&reply.text("access_token")).await;
    let refresh = reply.text("refresh_token");
    pair.refresh(0, &app, &refresh).await.good();
    println!(
        "{tries} wrong exchanges before the right one in {before:?}, {tries} after it in {after:?}: nothing lost"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_who_refresh_at_once_get_the_same_successor() {
    let first = TestServer::start().await;
    let second = twin(&first).await;
    let ada = first.world.owner("ada").await;
    let pair = Pair::of([&first, &second], &ada, ada.actor.slug()).await;
    let pool = first.world.database.pool("postgres", 1);
    let app = pair.doors[0].register("none").await;
    let (families, mut longest) = (short_or_soak(10, 100), Duration::ZERO);
    for _ in 0..families {
        let reply = pair.doors[0].tokens(&app, SCOPES).await;
        let (mut token, grant) = (reply.text("refresh_token"), grant_of(&reply));
        // Twice, because programs that got one successor refresh again at once.
        for generation in 2..=3 {
            let begun = Instant::now();
            let all = (0..AT_ONCE).map(|nth| pair.refresh(nth, &app, &token));
            let replies = join_all(all).await;
            longest = longest.max(begun.elapsed());
            let next = replies[0].text("refresh_token");
            for reply in replies {
                let reply = reply.good();
                assert_eq!(reply.text("refresh_token"), next);
                pair.assert_opens(&reply.text("access_token")).await;
            }
            let of_family = format!("oauth_refresh_tokens where grant_id = '{grant}'");
            assert_eq!(count(&pool, &of_family).await, generation);
            let branches = format!("{of_family} and successor is null");
            assert_eq!(count(&pool, &branches).await, 1, "live branches");
            token = next;
        }
    }
    println!(
        "{families} families x 2 x {AT_ONCE} presenters, each lot within {longest:?}: nobody locked out, one live branch each"
    );
}

/// Lets so many seconds pass for all refresh tokens.
async fn let_pass(pool: &PgPool, seconds: f64) {
    let moved = sqlx::query(
        "update oauth_refresh_tokens set rotated_at = rotated_at - make_interval(secs => $1)
        where rotated_at is not null",
    );
    moved.bind(seconds).execute(pool).await.expect("moved");
}

/// Two processes of one person share the token that is stored, and neither knows what the other does with it: see
/// <https://github.com/openai/codex/issues/10332> and those like it.
#[tokio::test]
async fn programs_that_share_a_stored_token_are_not_locked_out() {
    let first = TestServer::start().await;
    let second = twin(&first).await;
    let ada = first.world.owner("ada").await;
    let pair = Pair::of([&first, &second], &ada, ada.actor.slug()).await;
    let pool = first.world.database.pool("postgres", 1);
    let app = pair.doors[0].register("none").await;
    let stored = pair.doors[0].tokens(&app, SCOPES).await;
    let stored = stored.text("refresh_token");
    let refresh = async |process: usize, token: &str| {
        let reply = pair.refresh(process, &app, token).await.good();
        pair.assert_opens(&reply.text("access_token")).await;
        reply.text("refresh_token")
    };

    // One refreshes twice before the other wakes with what it read at its start.
    let (one, other) = (0, 1);
    let second = refresh(one, &stored).await;
    let third = refresh(one, &second).await;
    let_pass(&pool, 50.0).await;
    assert_eq!(refresh(other, &stored).await, second);
    assert_eq!(refresh(other, &second).await, third);

    // An answer is lost, and the program learns of it late: nobody has used the successor.
    let lost = refresh(one, &third).await;
    for seconds in [61.0, 86_400.0] {
        let_pass(&pool, seconds).await;
        assert_eq!(refresh(other, &third).await, lost);
    }
    refresh(one, &lost).await;
    assert_eq!(
        count(&pool, "oauth_refresh_tokens where successor is null").await,
        1
    );
    println!("two processes, one stored token: 7 refreshes, 0 lock-outs, 1 live branch");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_token_from_long_ago_ends_its_family_on_every_server() {
    let first = TestServer::start().await;
    let second = twin(&first).await;
    let ada = first.world.owner("ada").await;
    let pair = Pair::of([&first, &second], &ada, ada.actor.slug()).await;
    let pool = first.world.database.pool("postgres", 1);
    let app = pair.doors[0].register("none").await;
    let other = pair.doors[0].register("none").await;
    let mut family = vec![pair.doors[0].tokens(&app, SCOPES).await];
    for nth in 0..2 {
        let token = family[nth].text("refresh_token");
        family.push(pair.refresh(nth, &app, &token).await.good());
    }
    let apart = pair.doors[0].tokens(&app, SCOPES).await;
    let_pass(&pool, 61.0).await;
    let old = family[0].text("refresh_token");
    // Somebody else's program proves nothing with it.
    let foreign = pair.refresh(1, &other, &old).await;
    foreign.refuses(StatusCode::BAD_REQUEST, "invalid_grant");
    for reply in &family {
        pair.assert_opens(&reply.text("access_token")).await;
    }

    let all = (0..AT_ONCE).map(|nth| pair.refresh(nth, &app, &old));
    for reply in join_all(all).await {
        reply.refuses(StatusCode::BAD_REQUEST, "invalid_grant");
    }
    let tokens: Vec<_> = family
        .iter()
        .map(|reply| reply.text("access_token"))
        .collect();
    let closed = join_all(tokens.iter().map(|token| pair.closes(token))).await;
    for (nth, reply) in family.iter().enumerate() {
        let next = pair.refresh(nth, &app, &reply.text("refresh_token")).await;
        next.refuses(StatusCode::BAD_REQUEST, "invalid_grant");
    }
    let why = ended_why(&pool, grant_of(&family[0])).await;
    assert_eq!(why.as_deref(), Some("token_replayed"));
    assert_eq!(
        count(&pool, "audit_events where act = 'grant.ended'").await,
        1
    );
    let letters = first.world.unsent_letters().await;
    let told = |letter: &&String| letter.contains(&ada.email) && letter.contains("logged out");
    assert_eq!(letters.iter().filter(told).count(), 1, "{letters:?}");
    // Another log-in of the same program is another family.
    pair.assert_opens(&apart.text("access_token")).await;
    pair.refresh(0, &app, &apart.text("refresh_token"))
        .await
        .good();
    println!(
        "a family of 3 dead on both servers after {:?}; one audit row, one letter",
        closed.iter().max()
    );
}
