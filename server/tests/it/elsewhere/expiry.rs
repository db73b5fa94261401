//! Tokens that end in the middle of work, at two servers: nobody notices, and the service renews each once.

use super::{Scene, logs::Log};
use crate::support::short_or_soak;
use futures::future::join_all;
use serde_json::json;
use std::{
    cell::Cell,
    time::{Duration, Instant},
};

/// Callers at once, over both servers: fewer than one tenant may have on their way at one service.
const CALLERS: usize = 12;

/// On one thread, so that the log of both servers can be listened to.
#[tokio::test]
async fn no_call_fails_when_tokens_end_and_each_end_is_one_renewal() {
    let (scene, ada, id) = Scene::connected().await;
    let second = scene.another_server().await;
    let servers = [&scene.server, &second];
    let (log, guard) = Log::listen(&[&ada.key]);
    log.prove();
    let (calls, ends) = short_or_soak((400, 8), (10_000, 50));
    let round = calls / ends;
    let mut slowest = Duration::ZERO;
    let began = Instant::now();
    for end in 1..=ends {
        // In the middle of the round, when all callers have calls on their way.
        scene.stub.expire_after(round / 2);
        let left = Cell::new(round);
        let caller = async |nth: usize| {
            let mut slowest = Duration::ZERO;
            while left.get() > 0 {
                left.set(left.get() - 1);
                let (server, began) = (servers[nth % 2], Instant::now());
                let told = scene
                    .call_at(server, &ada.key, "shop_get_thing", json!({ "id": "1" }))
                    .await;
                assert_eq!(told.good()["account"], "ada");
                slowest = slowest.max(began.elapsed());
            }
            slowest
        };
        let all = join_all((0..CALLERS).map(caller)).await;
        slowest = all.into_iter().chain([slowest]).max().expect("callers");
        assert_eq!(scene.stub.refreshes(), end);
    }
    let took = began.elapsed();
    drop(guard);
    let seen = log.seen();
    println!(
        "{calls} calls at two servers over {ends} ends of tokens in {took:?}: all good, the slowest {slowest:?}, {} lines of log",
        seen.lines
    );
    assert!(
        seen.calls >= calls,
        "{} lines of {}",
        seen.calls,
        seen.lines
    );
    assert_eq!(seen.found, Vec::<String>::new());
    let connection = ada.detail(id).await.connection;
    assert_eq!(connection.trouble, None);
}
