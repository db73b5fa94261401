//! Calls under load, and what their callers know afterwards beside what the database knows.
//!
//! The load is open: 200 calls a second whatever becomes of them. Each acknowledged call is remembered by the
//! request id in its answer, and looked for in the database afterwards.

use super::Server;
use crate::support::modern;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use test_support::Database;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::interval;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const BETWEEN_CALLS: Duration = Duration::from_millis(5);

/// One call in so many carries a key, where some do.
const ONE_WITH_KEY_IN: usize = 4;

/// From when until when something was killed or cut.
pub(super) type Hit = (Instant, Instant);

/// Which calls are made.
#[derive(Clone, Copy)]
pub(super) enum Calls {
    /// Such as are written down many at a time.
    Plain,
    /// Some with a key by which they could be sent again: those are written down one by one, with their answers.
    SomeWithKeys,
}

impl Calls {
    fn params(self, nth: usize) -> Value {
        let mut params = json!({ "name": "whoami", "arguments": {} });
        if matches!(self, Self::SomeWithKeys) && nth.is_multiple_of(ONE_WITH_KEY_IN) {
            let key = Uuid::new_v4().to_string();
            params["_meta"] = json!({ "bulkhead/idempotencyKey": key });
        }
        params
    }
}

/// Calls that are being made.
pub(super) struct Load {
    calls: JoinHandle<Vec<Call>>,
    stop: CancellationToken,
}

impl Load {
    /// Begins to call a server with a key.
    pub(super) fn start(server: &Server, key: &str, which: Calls) -> Self {
        let stop = CancellationToken::new();
        let calls = make_calls(server.mcp(), key.to_owned(), which, stop.clone());
        Self {
            calls: tokio::spawn(calls),
            stop,
        }
    }

    /// Makes no more calls, and waits for those that were made.
    pub(super) async fn end(self, hits: Vec<Hit>) -> Ledger {
        self.stop.cancel();
        Ledger {
            calls: self.calls.await.expect("no call panics"),
            hits,
        }
    }
}

async fn make_calls(url: String, key: String, which: Calls, stop: CancellationToken) -> Vec<Call> {
    let client = Client::builder()
        .timeout(Duration::from_secs(20))
        .build()
        .expect("a client");
    let mut calls = JoinSet::new();
    let mut ticks = interval(BETWEEN_CALLS);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let params = which.params(calls.len());
        calls.spawn(call(client.clone(), url.clone(), key.clone(), params));
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
    /// Answered with an error.
    Refused(StatusCode, String),
}

async fn call(client: Client, url: String, key: String, params: Value) -> Call {
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
        (Ok(body), _) => Fate::Refused(status, body),
    }
}

/// What callers know afterwards, and when something was killed or cut.
pub(super) struct Ledger {
    calls: Vec<Call>,
    hits: Vec<Hit>,
}

impl Ledger {
    /// Asserts that each acknowledged call is counted once, and that what is counted beside was on its way when
    /// something was hit.
    pub(super) async fn check(&self, database: &Database) {
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
            "{surplus} counted without an answer, but {in_flight} in flight at the hits"
        );
        self.check_going_on(acknowledged.len());
        println!(
            "{} hits, {} calls: {} acknowledged and counted once, {} refused, {in_flight} without a good answer in \
             flight at the hits, {surplus} of them counted",
            self.hits.len(),
            self.calls.len(),
            acknowledged.len(),
            self.calls.iter().filter_map(Call::refused).count(),
        );
    }

    /// Asserts that no call was answered with an error, unless with this one.
    pub(super) fn check_refusals(&self, allowed: Option<StatusCode>) {
        let refused = self.calls.iter().filter_map(Call::refused);
        let wrong: Vec<_> = refused
            .filter(|(status, _)| Some(*status) != allowed)
            .collect();
        assert!(
            wrong.is_empty(),
            "{} answered with an error, such as {:?}",
            wrong.len(),
            wrong[0]
        );
    }

    /// Asserts that hits are only interruptions: most calls succeed, and so do calls after the last of them.
    fn check_going_on(&self, acknowledged: usize) {
        let calls = self.calls.len();
        assert!(acknowledged > calls / 3, "{acknowledged} of {calls} calls");
        let is_last = |call: &Call| {
            let is_good = matches!(call.fate, Fate::Acknowledged(_));
            is_good && self.hits.iter().all(|(_, until)| call.began > *until)
        };
        assert!(
            self.calls.iter().any(is_last),
            "no call succeeded after the last hit"
        );
    }

    fn acknowledged(&self) -> Vec<Uuid> {
        let id = |call: &Call| match call.fate {
            Fate::Acknowledged(id) => Some(id),
            _ => None,
        };
        self.calls.iter().filter_map(id).collect()
    }

    /// Sent, and neither acknowledged nor at its end when something was hit.
    fn in_flight(&self) -> usize {
        let at_a_hit = |call: &&Call| {
            self.hits
                .iter()
                .any(|(from, until)| call.began <= *until && call.ended >= *from)
        };
        self.calls
            .iter()
            .filter(|call| matches!(call.fate, Fate::Unknown | Fate::Refused(..)))
            .filter(at_a_hit)
            .count()
    }
}

impl Call {
    fn refused(&self) -> Option<(StatusCode, &str)> {
        match &self.fate {
            Fate::Refused(status, words) => Some((*status, words)),
            _ => None,
        }
    }
}

/// How often each request is counted. A row without units says that nothing was done.
async fn counted(database: &Database) -> HashMap<Uuid, i64> {
    let pool = database.pool("postgres", 1);
    let rows = sqlx::query_as(
        "select request_id, count(*) from usage_events where units > 0 group by request_id",
    )
    .fetch_all(&pool)
    .await
    .expect("the rows");
    pool.close().await;
    rows.into_iter().collect()
}
