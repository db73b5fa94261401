//! Services that send too much, too slowly, or what is not HTTP.

use super::{
    bombs, get,
    stub::{Act, Stub, answer},
    way_to,
};
use domain::outbound::Unreachable;
use futures::future::join_all;
use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

/// Longer than connecting may take, so that slowness is told from silence.
const DEADLINE: Duration = Duration::from_millis(2_500);

/// What an answer may take of memory, whatever it is.
const MOST_MEMORY: usize = 64 * 1024 * 1024;

const CHUNKED: &str = "HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n";
const NO_LENGTH: &str = "HTTP/1.1 200 X\r\n\r\n";

/// What comes, and how it ends.
async fn outcome(act: Act) -> Unreachable {
    let stub = Stub::always(act).await;
    let mut call = get(&stub, "/");
    let began = Instant::now();
    call.deadline = began + DEADLINE;
    let answer = way_to(&[&stub]).call(call).await;
    let took = began.elapsed();
    assert!(took < DEADLINE + Duration::from_millis(250), "{took:?}");
    answer.map(|reply| reply.status).expect_err("no answer")
}

fn forever(first: impl AsRef<[u8]>, again: impl AsRef<[u8]>, pause: u64) -> Act {
    let pause = Duration::from_millis(pause);
    Act::Forever(first.as_ref().to_vec(), again.as_ref().to_vec(), pause)
}

fn packed(kind: &str, (first, again): (Vec<u8>, Vec<u8>)) -> Act {
    let head = format!("HTTP/1.1 200 X\r\ncontent-encoding: {kind}\r\n\r\n");
    forever([head.as_bytes(), &first].concat(), again, 0)
}

fn piece(bytes: usize) -> Vec<u8> {
    let body = "x".repeat(bytes);
    format!("{bytes:x}\r\n{body}\r\n").into_bytes()
}

fn too_much() -> Vec<Act> {
    let announced = "HTTP/1.1 200 X\r\ncontent-length: 52428800\r\n\r\n";
    let endless = "HTTP/1.1 200 X\r\ncontent-length: 9223372036854775807\r\n\r\n";
    vec![
        forever(NO_LENGTH, vec![b'x'; 65_536], 0),
        forever(CHUNKED, piece(65_536), 0),
        forever(CHUNKED, piece(16).repeat(100), 0),
        forever(announced, vec![b'x'; 65_536], 0),
        Act::Say(announced.as_bytes().to_vec()),
        Act::Say(endless.as_bytes().to_vec()),
        Act::Times(NO_LENGTH.into(), vec![b'x'; 65_536], 800),
        packed("gzip", bombs::gzip()),
        packed("deflate", bombs::deflate()),
    ]
}

#[tokio::test]
async fn what_is_too_much_is_cut_at_the_cap() {
    let outcomes = join_all(too_much().into_iter().map(outcome)).await;
    for (nth, outcome) in outcomes.into_iter().enumerate() {
        assert_eq!(outcome, Unreachable::TooLong { most: 65_536 }, "{nth}");
    }
}

#[tokio::test]
async fn what_is_too_slow_ends_with_the_deadline() {
    let slow = [
        Act::Hang,
        forever("", "H", 1_000),
        forever("HTTP/1.1 200 X\r\n", "a: b\r\n", 100),
        forever("", "HTTP/1.1 100 Continue\r\n\r\n", 50),
        forever(NO_LENGTH, "x", 50),
        forever(CHUNKED, piece(1), 50),
        forever("HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\n", "", 50),
    ];
    let outcomes = join_all(slow.map(outcome)).await;
    for (nth, outcome) in outcomes.into_iter().enumerate() {
        assert_eq!(outcome, Unreachable::TooSlow, "{nth}");
    }
}

#[tokio::test]
async fn what_is_no_http_is_said_to_be_unreadable() {
    let ok = "HTTP/1.1 200 X\r\n";
    let many = "h: x\r\n".repeat(150);
    let said = vec![
        String::new(),
        "nonsense".into(),
        "\u{0}\u{1}\u{2}\u{3}".repeat(1_000),
        "HTTP/9.9 200 X\r\n\r\n".into(),
        "HTTP/1.1 99999 X\r\n\r\n".into(),
        format!("{ok}no header\r\n\r\n"),
        format!("{ok}a: b\u{0}c\r\n\r\n"),
        format!("{ok}content-length: abc\r\n\r\n"),
        format!("{ok}content-length: 3\r\ncontent-length: 4\r\n\r\nabc"),
        format!("{ok}content-length: 9\r\n\r\nabc"),
        format!("{ok}transfer-encoding: chunked\r\n\r\nZZ\r\n"),
        format!("{ok}transfer-encoding: chunked\r\n\r\n5\r\nab"),
        format!("{ok}content-encoding: gzip\r\ncontent-length: 7\r\n\r\nno gzip"),
        format!("{ok}{many}\r\n"),
        format!("{ok}a: {}\r\n\r\n", "x".repeat(70_000)),
        format!("{ok}a: {}\r\n\r\n", "x".repeat(1_000_000)),
    ];
    let outcomes = said.into_iter().map(|said| outcome(Act::Last(said.into())));
    let outcomes = join_all(outcomes).await;
    for (nth, outcome) in outcomes.into_iter().enumerate() {
        assert_eq!(outcome, Unreachable::Malformed, "{nth}");
    }
}

#[tokio::test]
async fn an_answer_just_within_the_cap_is_taken_whole() {
    let stub = Stub::always(Act::Say(answer(200, "", &vec![b'x'; 65_536]))).await;
    let reply = way_to(&[&stub]).call(get(&stub, "/")).await;
    assert_eq!(reply.map(|reply| reply.body.len()), Ok(65_536));
}

/// In a process of its own, for the others' tests take memory too.
#[test]
fn no_answer_takes_much_memory() {
    const ALONE: &str = "BULKHEAD_TEST_ALONE";
    let name = "outbound::hostile::no_answer_takes_much_memory";
    if std::env::var_os(ALONE).is_none() {
        let program = std::env::current_exe().expect("this program");
        let mut alone = Command::new(program);
        let alone = alone.args(["--exact", name, "--nocapture"]).env(ALONE, "1");
        assert!(alone.status().expect("a process").success());
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        // Once for what is only made once.
        outcome(Act::Last(b"no http".to_vec())).await;
        let before = most_memory();
        for _ in 0..2 {
            join_all(too_much().into_iter().map(outcome)).await;
        }
        let grown = most_memory() - before;
        println!("{} KiB more", grown / 1024);
        assert!(grown <= MOST_MEMORY, "{grown} bytes");
    });
}

/// The most memory that this process has ever had.
fn most_memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok());
    kib.expect("a number") * 1024
}
