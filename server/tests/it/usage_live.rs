//! The stream that an open usage page listens to.

use crate::support::{Browser, TestServer};
use api_types::usage::Outcome;
use domain::changes::OVERLAP;
use futures::StreamExt as _;
use reqwest::StatusCode;
use std::time::{Duration, Instant};
use test_support::Person;
use time::OffsetDateTime;

#[tokio::test]
async fn new_numbers_are_told_and_a_stop_ends_the_stream() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let mut stream = listen(&server.browser_of(&ada).await, ada.actor.slug()).await;
    let opening = next(&mut stream).await.expect("an opening");
    assert_eq!(opening.trim(), ": open");
    call(&ada, "agent").await;
    let heard = next(&mut stream).await.expect("a message");
    assert!(heard.contains("data: changed"), "{heard}");

    let began = Instant::now();
    server.stopped().await;
    assert!(next(&mut stream).await.is_none(), "the stream has ended");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn what_changed_since_the_page_was_rendered_is_told_at_once() {
    let server = TestServer::start().await;
    let (ada, bob) = (
        server.world.owner("ada").await,
        server.world.owner("bob").await,
    );
    let (hers, his) = (server.browser_of(&ada).await, server.browser_of(&bob).await);
    let (slug, other) = (ada.actor.slug(), bob.actor.slug());
    let mut open = listen(&hers, slug).await;
    call(&ada, "day agent").await;
    heard(&mut open).await;
    // Rendered now, by a clock that is as far ahead as clocks may be: the memory of a server that has just begun goes
    // back to then.
    tokio::time::sleep(Duration::from_millis(5)).await;
    let since = milliseconds(OffsetDateTime::now_utc() + OVERLAP);
    let path = |slug: &str| format!("/t/{slug}/usage/live?since={since}");
    assert_silent(&mut listen_to(&hers, &path(slug)).await, "before").await;
    call(&ada, "night agent").await;
    heard(&mut open).await;
    heard(&mut listen_to(&hers, &path(slug)).await).await;
    assert_silent(&mut listen_to(&his, &path(other)).await, "another's").await;
}

#[tokio::test]
async fn who_names_no_moment_hears_nothing_old_and_who_names_a_forgotten_one_is_told() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let browser = server.browser_of(&ada).await;
    let path = |query: &str| format!("/t/{}/usage/live{query}", ada.actor.slug());
    for query in [
        "",
        "?since=",
        "?since=soon",
        "?since=1.5",
        "?since=9223372036854775807",
        "?since=99999999999999999999",
    ] {
        assert_silent(&mut listen_to(&browser, &path(query)).await, query).await;
    }
    for query in ["?since=0", "?since=-1"] {
        heard(&mut listen_to(&browser, &path(query)).await).await;
    }
}

#[tokio::test]
async fn a_page_says_when_it_was_rendered() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let path = format!("/t/{}/usage", ada.actor.slug());
    let before = milliseconds(OffsetDateTime::now_utc());
    let answer = server.browser_of(&ada).await.get(&path).send().await;
    let page = answer.expect("an answer").text().await.expect("a page");
    let (_, rest) = page.split_once("rendered_at").expect("a moment");
    let digits = rest.chars().skip_while(|c| !c.is_ascii_digit());
    let digits: String = digits.take_while(char::is_ascii_digit).collect();
    let at: i128 = digits.parse().expect("milliseconds");
    let after = milliseconds(OffsetDateTime::now_utc());
    assert!((before..=after).contains(&at), "{before} {at} {after}");
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

/// A call, counted.
async fn call(person: &Person, client: &str) {
    let key = person.key(&person.client(client).await).await;
    let services = &person.world.services;
    services
        .usage
        .record(person.call(&key, "tasks_list", Outcome::Ok))
        .await
        .expect("a row");
    domain::usage::roll_up(&services.db, &domain::usage::Pace::AtOnce)
        .await
        .expect("a rollup");
}

/// As a stream is asked with it.
pub(crate) fn milliseconds(at: OffsetDateTime) -> i128 {
    at.unix_timestamp_nanos() / 1_000_000
}

async fn listen(
    browser: &Browser,
    slug: &str,
) -> impl futures::Stream<Item = String> + Unpin + use<> {
    listen_to(browser, &format!("/t/{slug}/usage/live")).await
}

pub(crate) async fn listen_to(
    browser: &Browser,
    path: &str,
) -> impl futures::Stream<Item = String> + Unpin + use<> {
    let answer = browser.get(path).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let pieces = answer
        .bytes_stream()
        .take_while(|piece| futures::future::ready(piece.is_ok()));
    Box::pin(pieces.map(|piece| String::from_utf8_lossy(&piece.unwrap_or_default()).into_owned()))
}

/// Waits for a message.
pub(crate) async fn heard(stream: &mut (impl futures::Stream<Item = String> + Unpin)) {
    loop {
        let piece = next(stream).await.expect("a message");
        if piece.contains("data: changed") {
            return;
        }
    }
}

/// Nothing but the opening comes for a while.
pub(crate) async fn assert_silent(
    stream: &mut (impl futures::Stream<Item = String> + Unpin),
    why: &str,
) {
    let mut said = next(stream).await.expect("an opening");
    let patience = Duration::from_millis(300);
    while let Ok(Some(piece)) = tokio::time::timeout(patience, stream.next()).await {
        said.push_str(&piece);
    }
    assert_eq!(said.trim(), ": open", "{why}");
}

async fn next(stream: &mut (impl futures::Stream<Item = String> + Unpin)) -> Option<String> {
    tokio::time::timeout(Duration::from_secs(10), stream.next())
        .await
        .expect("something")
}
