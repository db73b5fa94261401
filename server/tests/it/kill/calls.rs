//! `kill -9` under load (rule R20): what was acknowledged is counted, and nothing is counted twice. `make soak` kills
//! 50 times.

use super::ledger::{Calls, Ledger, Load};
use super::{Server, key_of, world_of};
use crate::process::data_dir;
use crate::support::short_or_soak;
use std::time::Duration;
use test_support::{Database, World, postmaster_of};
use tokio::time::sleep;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledged_call_is_counted_once_however_often_the_server_is_killed() {
    let world = World::new().await;
    let key = key_of(&world.owner("ada").await).await;
    let mut server = Server::over(&world);
    server.start().await;
    let ledger = storm(&mut server, &key, short_or_soak(10, 50)).await;
    ledger.check(&world.database).await;
    ledger.check_refusals(None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_database_outlives_a_killed_server_and_is_taken_over() {
    let dir = data_dir();
    let mut server = Server::with_private_database(dir.path());
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
    ledger.check_refusals(None);
    server.stop().await;
}

/// Kills and restarts the server under load.
async fn storm(server: &mut Server, key: &str, kills: usize) -> Ledger {
    let load = Load::start(server, key, Calls::Plain);
    let mut killed = Vec::new();
    for nth in 0..kills as u64 {
        // At other moments of the server's own rhythms each time.
        sleep(Duration::from_millis(800 + nth * 97 % 700)).await;
        killed.push(server.kill().await);
        server.start().await;
    }
    sleep(Duration::from_millis(500)).await;
    load.end(killed).await
}
