//! What a call does that goes well, or could.

use super::{
    get,
    stub::{Act, Stub, answer},
    tenant, way_to,
};
use domain::outbound::{Reply, Unreachable};
use reqwest::Method;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};

fn ok() -> Act {
    Act::Say(answer(200, "x-more: a\r\nx-more: b\r\n", b"hello"))
}

fn said(reply: Result<Reply, Unreachable>) -> (u16, u32) {
    let reply = reply.expect("a reply");
    (reply.status, reply.tries)
}

#[tokio::test]
async fn a_call_carries_what_it_is_given_and_brings_back_what_is_said() {
    let stub = Stub::start(|asked| Act::Say(answer(201, "X-Head: 1\r\n", asked.head.as_bytes())));
    let stub = stub.await;
    let mut call = get(&stub, "/a/b?c=d");
    call.method = Method::POST;
    call.headers = vec![("Authorization".into(), "Bearer t".into())];
    call.body = Some(("application/json".into(), b"{}".to_vec()));
    let reply = way_to(&[&stub]).call(call).await.expect("a reply");
    let head = String::from_utf8(reply.body.clone()).expect("text");
    for line in [
        "post /a/b?c=d http/1.1\r\n",
        "authorization: bearer t\r\n",
        "content-type: application/json\r\n",
        "content-length: 2\r\n",
    ] {
        assert!(head.contains(line), "{line} in {head}");
    }
    assert_eq!((reply.status, reply.tries), (201, 1));
    assert_eq!(reply.header("X-HEAD"), Some("1"));
}

#[tokio::test]
async fn headers_that_frame_a_request_are_not_the_callers_to_set() {
    let stub = Stub::always(ok()).await;
    let way = way_to(&[&stub]);
    for (name, value) in [
        ("Host", "elsewhere"),
        ("Content-Length", "0"),
        ("transfer-encoding", "chunked"),
        ("Connection", "upgrade"),
        ("a b", "c"),
        ("a", "b\r\nc: d"),
    ] {
        let mut call = get(&stub, "/");
        call.headers = vec![(name.into(), value.into())];
        let answer = way.call(call).await;
        assert_eq!(answer, Err(Unreachable::Unsendable), "{name}");
    }
    assert_eq!(stub.accepts(), 0);
}

#[tokio::test]
async fn connections_are_kept_for_the_next_call() {
    let stub = Stub::always(ok()).await;
    let way = way_to(&[&stub]);
    for _ in 0..20 {
        way.call(get(&stub, "/")).await.expect("a reply");
    }
    assert_eq!((stub.accepts(), stub.asked()), (1, 20));
}

#[tokio::test]
async fn a_get_follows_redirects_within_its_origin_and_no_others() {
    let other = Stub::always(ok()).await;
    let away = format!("location: http://{}/\r\n", other.address);
    let stub = Stub::start(move |asked| {
        let to = match asked.head.split(' ').nth(1) {
            Some("/away") => away.clone(),
            Some("/3") => "location: 2\r\n".into(),
            Some("/2") => "location: /1\r\n".into(),
            Some("/1") => "location: /0\r\n".into(),
            Some("/tls") => format!("location: https://127.0.0.1{}\r\n", "/"),
            Some("/0") => return ok(),
            _ => "location: ?again\r\n".into(),
        };
        Act::Say(answer(302, &to, b""))
    });
    let stub = stub.await;
    let way = way_to(&[&stub, &other]);
    let status = async |call| said(way.call(call).await).0;
    assert_eq!(status(get(&stub, "/3")).await, 200);
    assert_eq!(stub.asked(), 4);
    assert_eq!(status(get(&stub, "/round")).await, 302);
    assert_eq!(stub.asked(), 8, "three times at most");
    for elsewhere in ["/away", "/tls"] {
        assert_eq!(status(get(&stub, elsewhere)).await, 302);
    }
    let mut post = get(&stub, "/1");
    post.method = Method::POST;
    assert_eq!(status(post).await, 302);
    assert_eq!(other.accepts(), 0);
}

#[tokio::test]
async fn only_what_may_be_repeated_is_tried_again() {
    let stub = Stub::start(|asked| match asked.before % 3 {
        2 => ok(),
        _ => Act::Say(answer(503, "", b"")),
    });
    let stub = stub.await;
    let way = way_to(&[&stub]);
    let mut call = get(&stub, "/");
    call.may_repeat = true;
    assert_eq!(said(way.call(call).await), (200, 3));
    assert_eq!(said(way.call(get(&stub, "/")).await), (503, 1));
}

#[tokio::test]
async fn retries_are_few_when_everything_fails() {
    let stub = Stub::always(Act::Say(answer(502, "", b""))).await;
    let way = way_to(&[&stub]);
    let calls = (0..100).map(async |nth: u128| {
        let mut call = get(&stub, "/");
        // Each tenant has places of its own.
        call.tenant = tenant(nth);
        call.may_repeat = true;
        way.call(call).await.expect("a reply").tries - 1
    });
    let retries: u32 = futures::future::join_all(calls).await.into_iter().sum();
    assert!((1..=22).contains(&retries), "{retries} of 100 calls");
}

#[tokio::test]
async fn a_short_wait_is_waited_and_a_long_one_told() {
    let stub = Stub::start(|asked| match asked.before {
        0 => Act::Say(answer(429, "retry-after: 1\r\n", b"")),
        1 => ok(),
        _ => Act::Say(answer(429, "retry-after: 30\r\n", b"")),
    });
    let stub = stub.await;
    let way = way_to(&[&stub]);
    let call = || {
        let mut call = get(&stub, "/");
        call.deadline = Instant::now() + Duration::from_secs(3);
        call.may_repeat = true;
        call
    };
    let began = Instant::now();
    assert_eq!(said(way.call(call()).await), (200, 2));
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(said(way.call(call()).await), (429, 1));
    let Err(Unreachable::Busy { retry_after }) = way.call(call()).await else {
        panic!("told to wait");
    };
    assert!(
        (28..=30).contains(&retry_after.as_secs()),
        "{retry_after:?}"
    );
    assert_eq!(stub.asked(), 3);
}

#[tokio::test]
async fn a_tenant_that_is_told_to_wait_waits_alone() {
    let stub = Stub::always(ok()).await;
    let way = way_to(&[&stub]);
    way.told_to_wait(tenant(1), "stub", Duration::from_millis(300));
    way.told_to_wait(tenant(1), "stub", Duration::from_millis(1));
    let answer = way.call(get(&stub, "/")).await;
    assert!(
        matches!(answer, Err(Unreachable::Busy { .. })),
        "{answer:?}"
    );
    let (mut other, mut elsewhere) = (get(&stub, "/"), get(&stub, "/"));
    other.tenant = tenant(2);
    elsewhere.provider = "another";
    assert_eq!(said(way.call(other).await), (200, 1));
    assert_eq!(said(way.call(elsewhere).await), (200, 1));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(said(way.call(get(&stub, "/")).await), (200, 1));
}

/// A blocked address, one that refuses, and one that swallows what comes: a listener whose queue is full.
#[tokio::test]
async fn what_cannot_be_reached_is_told_in_one_way() {
    let refusing = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let closed = Stub::none_at(refusing.local_addr().expect("an address"));
    drop(refusing);
    let (address, _held) = full().await;
    let swallowing = Stub::none_at(address);
    let way = way_to(&[&closed, &swallowing]);
    let blocked = Stub::always(ok()).await;
    for (stub, seconds) in [
        (&blocked, 1),
        (&closed, 1),
        (&swallowing, 1),
        (&swallowing, 9),
    ] {
        let mut call = get(stub, "/");
        call.deadline = Instant::now() + Duration::from_secs(seconds);
        let error = way.call(call).await.expect_err("unreachable");
        assert_eq!(error.to_string(), "the service could not be reached");
    }
    assert_eq!(blocked.accepts(), 0);
}

/// An address at which the system drops what comes.
async fn full() -> (SocketAddr, (TcpListener, Vec<TcpStream>)) {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    let any = "127.0.0.1:0".parse().expect("an address");
    socket.bind(any).expect("a port");
    let listener = socket.listen(1).expect("a queue of one");
    let address = listener.local_addr().expect("an address");
    let mut held = Vec::new();
    let second = Duration::from_millis(500);
    while let Ok(Ok(stream)) = tokio::time::timeout(second, TcpStream::connect(address)).await {
        held.push(stream);
    }
    (address, (listener, held))
}
