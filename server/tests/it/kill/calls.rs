//! `kill -9` under load (rule R20): what was acknowledged is counted, and nothing is counted twice.
//!
//! The load is open: 200 calls a second whatever becomes of them. Each acknowledged call is remembered by the
//! request id in its answer, and looked for in the database afterwards. `make soak` kills 50 times.

use super::Server;
use crate::support::{modern, short_or_soak};
use reqwest::{Client, StatusCode};
use serde_json::json;
use std::collections::HashMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};
use test_support::{Database, Person, World, postmaster_of};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const BETWEEN_CALLS: Duration = Duration::from_millis(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledged_call_is_counted_once_however_often_the_server_is_killed() {
    let world = World::new().await;
    let key = key_of(&world.owner("ada").await).await;
    let mut server = Server::over(&world);
    server.start().await;
    let ledger = storm(&mut server, &key, short_or_soak(10, 50)).await;
    ledger.check(&world.database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_database_outlives_a_killed_server_and_is_taken_over() {
    let mut builder = tempfile::Builder::new();
    // The account of Postgres has to pass through when the tests run as root.
    let dir = builder
        .permissions(Permissions::from_mode(0o755))
        .tempdir()
        .expect("a directory");
    let mut server = Server::new(|command| {
        command.env("BULKHEAD_DATA_DIR", dir.path());
    });
    server.start().await;
    let key = key_of(&world_of(dir.path()).owner("ada").await).await;
    let postmaster = postmaster_of(dir.path());
    let ledger = storm(&mut server, &key, short_or_soak(3, 50)).await;
    assert_eq!(
        postmaster_of(dir.path()),
        postmaster,
        "another Postgres runs now"
    );
    ledger.check(&Database::of_server(dir.path())).await;
    server.stop().await;
}

/// Use cases over a server's own database.
fn world_of(data_dir: &Path) -> World {
    let toolkits = domain::toolkits::Registry::built_in().expect("the built-in toolkits");
    World::on(
        Database::of_server(data_dir),
        toolkits,
        "http://127.0.0.1:3000",
        2,
    )
}

async fn key_of(person: &Person) -> String {
    let client = person.client("agent").await;
    person.key(&client).await.secret
}

/// Kills and restarts the server under load.
async fn storm(server: &mut Server, key: &str, kills: usize) -> Ledger {
    let stop = CancellationToken::new();
    let calls = tokio::spawn(load(server.mcp(), key.to_owned(), stop.clone()));
    let mut killed = Vec::new();
    for nth in 0..kills as u64 {
        // At other moments of the server's own rhythms each time.
        sleep(Duration::from_millis(800 + nth * 97 % 700)).await;
        killed.push(server.kill().await);
        server.start().await;
    }
    sleep(Duration::from_millis(500)).await;
    stop.cancel();
    Ledger {
        calls: calls.await.expect("no call panics"),
        killed,
    }
}

async fn load(url: String, key: String, stop: CancellationToken) -> Vec<Call> {
    let client = Client::builder()
        .timeout(Duration::from_secs(20))
        .build()
        .expect("a client");
    let mut calls = JoinSet::new();
    let mut ticks = interval(BETWEEN_CALLS);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        calls.spawn(call(client.clone(), url.clone(), key.clone()));
    }
    calls.join_all().await
}

/// One call as its caller saw it.
struct Call {
    began: Instant,
    ended: Instant,
    fate: Fate,
}

enum Fate {
    /// Answered, with this request id.
    Acknowledged(Uuid),
    /// No connection: the server cannot have seen it.
    Unreached,
    /// Sent, and no answer came.
    Unknown,
    /// Answered with an error, in these words.
    Refused(String),
}

async fn call(client: Client, url: String, key: String) -> Call {
    let params = json!({ "name": "whoami", "arguments": {} });
    let began = Instant::now();
    let fate = match modern(&client, &url, &key, "tools/call", params)
        .send()
        .await
    {
        Err(error) if error.is_connect() => Fate::Unreached,
        Err(_) => Fate::Unknown,
        Ok(answer) => read(answer).await,
    };
    Call {
        began,
        ended: Instant::now(),
        fate,
    }
}

async fn read(answer: reqwest::Response) -> Fate {
    let status = answer.status();
    let id = answer
        .headers()
        .get("x-request-id")
        .and_then(|id| id.to_str().ok())
        .map(str::to_owned);
    match (answer.text().await, id.and_then(|id| id.parse().ok())) {
        (Err(_), _) => Fate::Unknown,
        (Ok(body), Some(id)) if status == StatusCode::OK && body.contains(r#""result":"#) => {
            Fate::Acknowledged(id)
        }
        (Ok(body), _) => Fate::Refused(format!("{status} {body}")),
    }
}

/// What callers know afterwards, and when the server was killed.
struct Ledger {
    calls: Vec<Call>,
    killed: Vec<(Instant, Instant)>,
}

impl Ledger {
    async fn check(&self, database: &Database) {
        let acknowledged = self.acknowledged();
        let counted = counted(database).await;
        let missing: Vec<_> = acknowledged
            .iter()
            .filter(|id| !counted.contains_key(id))
            .collect();
        assert!(
            missing.is_empty(),
            "acknowledged, but not counted: {missing:?}"
        );
        let twice: Vec<_> = counted.iter().filter(|(_, rows)| **rows != 1).collect();
        assert!(twice.is_empty(), "counted more than once: {twice:?}");
        let surplus = counted.len() - acknowledged.len();
        let in_flight = self.in_flight();
        assert!(
            surplus <= in_flight,
            "{surplus} counted without an answer, but {in_flight} in flight at the kills"
        );
        let refused: Vec<_> = self.calls.iter().filter_map(Call::refused).collect();
        assert!(
            refused.is_empty(),
            "{} answered with an error, such as {}",
            refused.len(),
            refused[0]
        );
        assert!(
            acknowledged.len() > self.calls.len() / 3,
            "{} of {} calls",
            acknowledged.len(),
            self.calls.len()
        );
        println!(
            "{} kills, {} calls: {} acknowledged and counted once, {in_flight} in flight at the kills, {surplus} of them counted",
            self.killed.len(),
            self.calls.len(),
            acknowledged.len(),
        );
    }

    fn acknowledged(&self) -> Vec<Uuid> {
        let id = |call: &Call| match call.fate {
            Fate::Acknowledged(id) => Some(id),
            _ => None,
        };
        self.calls.iter().filter_map(id).collect()
    }

    /// Sent, and neither answered nor failed when the server was killed.
    fn in_flight(&self) -> usize {
        let at_a_kill = |call: &&Call| {
            self.killed
                .iter()
                .any(|(before, after)| call.began <= *after && call.ended >= *before)
        };
        self.calls
            .iter()
            .filter(|call| matches!(call.fate, Fate::Unknown))
            .filter(at_a_kill)
            .count()
    }
}

impl Call {
    fn refused(&self) -> Option<&str> {
        match &self.fate {
            Fate::Refused(words) => Some(words),
            _ => None,
        }
    }
}

async fn counted(database: &Database) -> HashMap<Uuid, i64> {
    let pool = database.pool("postgres", 1);
    let rows = sqlx::query_as("select request_id, count(*) from usage_events group by request_id")
        .fetch_all(&pool)
        .await
        .expect("the rows");
    pool.close().await;
    rows.into_iter().collect()
}
