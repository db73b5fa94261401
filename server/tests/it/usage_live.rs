//! The stream that an open usage page listens to.

use crate::support::{Browser, TestServer};
use api_types::usage::Outcome;
use futures::StreamExt as _;
use reqwest::StatusCode;
use std::time::{Duration, Instant};

#[tokio::test]
async fn new_numbers_are_told_and_a_stop_ends_the_stream() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let mut stream = listen(&server.browser_of(&ada).await, ada.actor.slug()).await;
    let opening = next(&mut stream).await.expect("an opening");
    assert_eq!(opening.trim(), ": open");
    let key = ada.key(&ada.client("agent").await).await;
    let services = server.world.services.clone();
    services
        .usage
        .record(ada.call(&key, "tasks_list", Outcome::Ok))
        .await
        .expect("a row");
    domain::usage::roll_up(&services.db, false)
        .await
        .expect("a rollup");
    let heard = next(&mut stream).await.expect("a message");
    assert!(heard.contains("data: changed"), "{heard}");

    let began = Instant::now();
    server.stopped().await;
    assert!(next(&mut stream).await.is_none(), "the stream has ended");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn only_members_listen_and_others_learn_nothing() {
    let server = TestServer::start().await;
    let (ada, bob) = (
        server.world.owner("ada").await,
        server.world.owner("bob").await,
    );
    let browser = server.browser_of(&bob).await;
    for slug in [ada.actor.slug(), "no-such-tenant"] {
        let path = format!("/t/{slug}/usage/live");
        let answer = browser.get(&path).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{slug}");
        let answer = server.browser().get(&path).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{slug}");
    }
}

#[tokio::test]
async fn an_ended_session_hears_nothing_more_within_five_seconds() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let browser = server.browser_of(&ada).await;
    let mut stream = listen(&browser, ada.actor.slug()).await;
    let answer = browser
        .post("/api/sign_out")
        .send()
        .await
        .expect("an answer");
    assert!(!answer.status().is_server_error());
    let ended = tokio::time::timeout(Duration::from_secs(5), async {
        while next(&mut stream).await.is_some() {}
    });
    ended.await.expect("an end in time");
}

async fn listen(
    browser: &Browser,
    slug: &str,
) -> impl futures::Stream<Item = String> + Unpin + use<> {
    let answer = browser
        .get(&format!("/t/{slug}/usage/live"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let pieces = answer
        .bytes_stream()
        .take_while(|piece| futures::future::ready(piece.is_ok()));
    Box::pin(pieces.map(|piece| String::from_utf8_lossy(&piece.unwrap_or_default()).into_owned()))
}

async fn next(stream: &mut (impl futures::Stream<Item = String> + Unpin)) -> Option<String> {
    tokio::time::timeout(Duration::from_secs(10), stream.next())
        .await
        .expect("something")
}
