//! What every answer has and every request passes, whatever it is about.

use crate::support::TestServer;
use reqwest::StatusCode;
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::test]
async fn every_answer_has_the_headers_that_people_check_for() {
    let server = TestServer::start().await;
    for path in [
        "/sign-in",
        "/livez",
        "/nowhere",
        "/api/nothing",
        "/pkg/nothing.js",
    ] {
        let answer = server.browser().get(path).send().await.expect("an answer");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.headers()[name], value, "{name} of {path}");
        }
        let policy = answer.headers()["content-security-policy"]
            .to_str()
            .expect("text");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(answer.headers().contains_key("x-request-id"), "{path}");
        assert!(
            !answer.headers().contains_key("strict-transport-security"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn with_https_the_browser_is_told_to_stay_with_it() {
    let server = TestServer::with(|config| {
        config.public_url = "https://mcp.example.com".parse().expect("an address");
    })
    .await;
    let answer = server
        .browser()
        .get("/sign-in")
        .header("host", "mcp.example.com")
        .send()
        .await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(
        answer.headers()["strict-transport-security"],
        "max-age=63072000"
    );
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_askers_language() {
    let server = TestServer::start().await;
    let page = server
        .browser()
        .get("/nowhere")
        .send()
        .await
        .expect("an answer");
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert!(
        page.headers()["content-type"]
            .to_str()
            .expect("text")
            .starts_with("text/html")
    );
    let function = server
        .browser()
        .post("/api/nothing")
        .send()
        .await
        .expect("an answer");
    assert_eq!(function.status(), StatusCode::NOT_FOUND);
    let body: Value = function.json().await.expect("JSON");
    assert_eq!(body["error"]["status"], 404);
}

#[tokio::test]
async fn a_form_larger_than_the_limit_is_refused() {
    let server = TestServer::start().await;
    let answer = server
        .browser()
        .post("/api/nothing")
        .body(vec![b'x'; 1024 * 1024 + 1])
        .send()
        .await;
    assert_eq!(
        answer.expect("an answer").status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
}

#[tokio::test]
async fn more_requests_than_allowed_are_sent_away_at_once() {
    let server = TestServer::with(|config| config.max_requests = 1).await;
    let _slow = hold_the_only_slot(&server).await;
    let answer = server
        .browser()
        .get("/sign-in")
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()["retry-after"], "1");
    let live = server
        .browser()
        .get("/livez")
        .send()
        .await
        .expect("an answer");
    assert_eq!(live.status(), StatusCode::OK);
}

/// By a form whose body never comes.
async fn hold_the_only_slot(server: &TestServer) -> TcpStream {
    let host = server.base.trim_start_matches("http://");
    let mut slow = TcpStream::connect(host).await.expect("a connection");
    let head = format!(
        "POST /api/nothing HTTP/1.1\r\nhost: {host}\r\norigin: {}\r\ncontent-length: 9\r\n\r\n",
        server.base
    );
    slow.write_all(head.as_bytes()).await.expect("a request");
    tokio::time::sleep(Duration::from_millis(100)).await;
    slow
}

#[tokio::test]
async fn who_comes_back_at_once_waits_longer_unless_there_is_room() {
    let server = TestServer::with(|config| config.max_requests = 1).await;
    let mut waited = Vec::new();
    for (after, stays_full) in [(0, true), (0, false), (700, false), (1100, false)] {
        let mut slow = Some(hold_the_only_slot(&server).await);
        let after = Duration::from_millis(after);
        let (first, second) =
            ask_twice(&server, after, || slow = slow.take().filter(|_| stays_full)).await;
        assert!(first < Duration::from_millis(500), "{first:?}");
        waited.push(second.as_millis());
    }
    let [at_once, at_once_with_room, early, as_told] = waited[..] else {
        panic!("{waited:?}");
    };
    assert!(at_once > 2800, "{waited:?}");
    assert!((400..2000).contains(&at_once_with_room), "{waited:?}");
    assert!((200..2000).contains(&early), "{waited:?}");
    assert!(as_told < 500, "{waited:?}");
}

#[tokio::test]
async fn who_waits_behind_a_proxy_waits_for_nobody_else() {
    let server = TestServer::with(|config| {
        config.max_requests = 1;
        config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    })
    .await;
    let slow = hold_the_only_slot(&server).await;
    let (_, second) = ask_twice(&server, Duration::ZERO, || drop(slow)).await;
    assert!(second < Duration::from_millis(500), "{second:?}");
}

#[tokio::test]
async fn what_is_left_of_a_request_that_was_sent_away_is_not_the_next_one() {
    let server = TestServer::with(|config| config.max_requests = 1).await;
    let host = server.base.trim_start_matches("http://");
    let hidden = format!("GET /livez HTTP/1.1\r\nhost: {host}\r\n\r\n");
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: {host}\r\ncontent-length: {}\r\n\r\n",
        hidden.len()
    );
    for comes_whole in [true, false] {
        let slow = hold_the_only_slot(&server).await;
        let mut stream = TcpStream::connect(host).await.expect("a connection");
        let first = if comes_whole {
            format!("{head}{hidden}")
        } else {
            head.clone()
        };
        stream.write_all(first.as_bytes()).await.expect("a request");
        let mut answer = vec![0; 64 * 1024];
        let length = stream.read(&mut answer).await.expect("an answer");
        let answer = String::from_utf8_lossy(&answer[..length]);
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        let ends = answer.contains("\r\nconnection: close\r\n");
        assert_eq!(ends, !comes_whole, "{answer}");
        drop(slow);
        if comes_whole {
            // One answer to what is asked now, which is not there, and none to what was hidden.
            let answer = ask(&mut stream, host).await;
            assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
            assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
        } else {
            let _ = stream.write_all(hidden.as_bytes()).await;
        }
        let mut more = Vec::new();
        let wait = Duration::from_secs(4);
        let _ = tokio::time::timeout(wait, stream.read_to_end(&mut more)).await;
        assert_eq!(String::from_utf8_lossy(&more), "");
    }
}

/// Asks over one connection, is sent away, and asks again after a while. Answers how long both answers took.
async fn ask_twice(
    server: &TestServer,
    after: Duration,
    between: impl FnOnce(),
) -> (Duration, Duration) {
    let host = server.base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.expect("a connection");
    let began = Instant::now();
    assert!(ask(&mut stream, host).await.starts_with("HTTP/1.1 503"));
    let first = began.elapsed();
    between();
    tokio::time::sleep(after).await;
    let began = Instant::now();
    ask(&mut stream, host).await;
    (first, began.elapsed())
}

/// The beginning of an answer.
async fn ask(stream: &mut TcpStream, host: &str) -> String {
    let request = format!("GET /robots.txt HTTP/1.1\r\nhost: {host}\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("a request");
    let mut answer = vec![0; 64 * 1024];
    let length = stream.read(&mut answer).await.expect("an answer");
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_headers_is_cut_off() {
    let server = TestServer::start().await;
    let host = server.base.trim_start_matches("http://");
    let mut slow = TcpStream::connect(host).await.expect("a connection");
    slow.write_all(b"GET / HTTP/1.1\r\nhost: ")
        .await
        .expect("half a request");
    let began = Instant::now();
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(15), slow.read_to_end(&mut rest))
        .await
        .expect("an end");
    assert!(began.elapsed() > Duration::from_secs(5));
}

#[tokio::test]
async fn a_stop_lets_an_open_request_end_and_takes_no_new_one() {
    let server = TestServer::start().await;
    let host = server.base.trim_start_matches("http://").to_owned();
    let mut open = TcpStream::connect(&host).await.expect("a connection");
    let head = format!(
        "POST /api/nothing HTTP/1.1\r\nhost: {host}\r\norigin: {}\r\ncontent-length: 1\r\n\r\n",
        server.base
    );
    open.write_all(head.as_bytes())
        .await
        .expect("most of a request");
    tokio::time::sleep(Duration::from_millis(100)).await;
    let stopped = tokio::spawn(server.stopped());
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(
        TcpStream::connect(&host).await.is_err(),
        "nobody accepts any more"
    );
    open.write_all(b"x").await.expect("the rest");
    let mut answer = String::new();
    open.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    stopped.await.expect("an end");
}
