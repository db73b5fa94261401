//! The database killed under load, and connections to it cut in the middle of a commit (rule R21): what was
//! acknowledged is counted, and nothing is counted twice. `make soak` kills it 20 times and cuts 200 commits.

use super::cutter::{Commit, Cutter, Manner};
use super::ledger::{Calls, Hit, Load};
use super::{Server, key_of, world_of};
use crate::process::data_dir;
use crate::support::short_or_soak;
use reqwest::StatusCode;
use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;
use std::time::{Duration, Instant};
use test_support::{Database, World, ready_postmaster_of};
use tokio::time::sleep;

/// A killed PostgreSQL is started again and has recovered.
const RECOVERED: Duration = Duration::from_mins(1);

/// A server serves again when its database does.
const SERVES_AGAIN: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_killed_under_load_loses_no_acknowledged_call() {
    // Of this test alone: the others' must not be killed.
    let dir = data_dir();
    let mut server = Server::with_private_database(dir.path());
    server.start().await;
    let key = key_of(&world_of(dir.path()).owner("ada").await).await;
    let load = Load::start(&server, &key, Calls::SomeWithKeys);
    let mut killed = Vec::new();
    for nth in 0..short_or_soak(3_u64, 20) {
        sleep(Duration::from_millis(800 + nth * 97 % 700)).await;
        killed.push(kill_postgres(dir.path()).await);
        server.ready_within(SERVES_AGAIN).await;
    }
    sleep(Duration::from_millis(500)).await;
    let ledger = load.end(killed).await;
    ledger.check(&Database::of_server(dir.path())).await;
    // While it is away, and of nothing else.
    ledger.check_refusals(Some(StatusCode::SERVICE_UNAVAILABLE));
    server.stop().await;
}

/// Kills the server's own PostgreSQL, and waits until the server has started another one over the same data.
async fn kill_postgres(data_dir: &Path) -> Hit {
    let killed = ready_postmaster_of(data_dir).expect("it runs");
    let pid = Pid::from_raw(killed.cast_signed()).expect("a process");
    let began = Instant::now();
    kill_process(pid, Signal::KILL).expect("kill -9");
    while ready_postmaster_of(data_dir).is_none_or(|ready| ready == killed) {
        assert!(began.elapsed() < RECOVERED, "PostgreSQL is not back");
        sleep(Duration::from_millis(10)).await;
    }
    (began, Instant::now())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_never_comes_is_counted_once() {
    let world = World::new().await;
    let key = key_of(&world.owner("ada").await).await;
    let cutter = Cutter::before(&world.database).await;
    let mut server = Server::reaching(|role| cutter.url(role));
    server.start().await;
    let load = Load::start(&server, &key, Calls::SomeWithKeys);
    let mut cuts = Vec::new();
    for nth in 0..short_or_soak(20_u64, 200) {
        sleep(Duration::from_millis(100 + nth * 37 % 150)).await;
        let commit = [Commit::Rows, Commit::RowWithAnswer][nth as usize % 2];
        cuts.push(cutter.cut(commit, manner(nth)).await);
    }
    sleep(Duration::from_millis(500)).await;
    let ledger = load.end(cuts).await;
    ledger.check(&world.database).await;
    // Whatever was cut was tried again, and its callers have not noticed.
    ledger.check_refusals(None);
    server.stop().await;
}

/// Each manner with either commit, in turns.
fn manner(nth: u64) -> Manner {
    match nth / 2 % 4 {
        0 => Manner::Unasked,
        1 => Manner::Unheard,
        2 => Manner::Unanswered,
        // What was cut is tried again after 100 ms: it arrives before, at the same time or afterwards.
        _ => Manner::Late(Duration::from_millis(60 + nth * 29 % 120)),
    }
}
