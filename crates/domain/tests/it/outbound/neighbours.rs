//! What a service that hangs for one tenant does to everybody else: nothing.

use super::{
    get,
    stub::{Act, Stub, answer},
    tenant, way_to,
};
use domain::outbound::{Call, Outbound, Unreachable};
use futures::future::join_all;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::time::{interval, sleep};

const DEADLINE: Duration = Duration::from_millis(2_500);

fn call_of(number: u128, stub: &Stub) -> Call<'static> {
    let mut call = get(stub, "/");
    call.tenant = tenant(number);
    call.headers = vec![("x-tenant".into(), number.to_string())];
    call.deadline = Instant::now() + DEADLINE;
    call
}

/// Hangs for tenant 1 while the switch is on.
async fn hanging() -> (Stub, Arc<AtomicBool>) {
    let hangs = Arc::new(AtomicBool::new(true));
    let switch = hangs.clone();
    let stub = Stub::start(move |asked| {
        if asked.head.contains("x-tenant: 1\r\n") && switch.load(Ordering::Relaxed) {
            return Act::Hang;
        }
        Act::Late(Duration::from_millis(5), answer(200, "", b"hello"))
    });
    (stub.await, hangs)
}

/// The 99th of a hundred, of calls that come every 10 ms whatever becomes of those before.
async fn p99(way: &Outbound, stub: &Stub, number: u128) -> Duration {
    let mut pace = interval(Duration::from_millis(10));
    let mut calls = Vec::new();
    for _ in 0..300 {
        pace.tick().await;
        let (way, call) = (way.clone(), call_of(number, stub));
        calls.push(tokio::spawn(async move {
            let began = Instant::now();
            way.call(call).await.expect("a reply");
            began.elapsed()
        }));
    }
    let mut took: Vec<_> = join_all(calls)
        .await
        .into_iter()
        .map(|took| took.expect("a call"))
        .collect();
    took.sort();
    took[took.len() * 99 / 100]
}

/// 200 calls a second of tenant 1. Answers how many there were, and the longest.
async fn flood(way: Outbound, stub: Arc<Stub>, ended: Arc<AtomicBool>) -> (usize, Duration) {
    let mut pace = interval(Duration::from_millis(5));
    let mut calls = Vec::new();
    while !ended.load(Ordering::Relaxed) {
        pace.tick().await;
        let (way, call) = (way.clone(), call_of(1, &stub));
        calls.push(tokio::spawn(async move {
            let began = Instant::now();
            way.call(call).await.expect_err("it hangs");
            began.elapsed()
        }));
    }
    let took = join_all(calls).await.into_iter();
    let took: Vec<_> = took.map(|took| took.expect("a call")).collect();
    (took.len(), took.into_iter().max().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_hangs_for_one_tenant_leaves_the_others_alone() {
    let (stub, hangs) = hanging().await;
    let stub = Arc::new(stub);
    let way = way_to(&[&stub]);
    let alone = p99(&way, &stub, 2).await;
    let ended = Arc::new(AtomicBool::new(false));
    let flood = tokio::spawn(flood(way.clone(), stub.clone(), ended.clone()));
    sleep(Duration::from_millis(500)).await;
    let beside = p99(&way, &stub, 2).await;
    ended.store(true, Ordering::Relaxed);
    let (calls, longest) = flood.await.expect("a flood");
    println!("p99 {alone:?} alone, {beside:?} beside {calls} calls of which one took {longest:?}");
    assert!(longest < DEADLINE + Duration::from_millis(250));
    // What the machine does beside is some tens of milliseconds; what hangs would show in seconds.
    let most = alone.mul_f64(1.2) + Duration::from_millis(40);
    assert!(beside <= most, "{beside:?} after {alone:?}");

    hangs.store(false, Ordering::Relaxed);
    let began = Instant::now();
    while way.call(call_of(1, &stub)).await.is_err() {
        sleep(Duration::from_millis(50)).await;
    }
    let back = began.elapsed();
    println!("back after {back:?}");
    assert!(back < Duration::from_secs(10));
}

#[tokio::test]
async fn a_tenant_has_sixteen_places_and_all_have_128() {
    let stub = Stub::always(Act::Hang).await;
    let way = way_to(&[&stub]);
    let calls = |number: u128, count: usize| {
        let calls = (0..count).map(move |_| number);
        calls
            .map(|number| way.call(call_of(number, &stub)))
            .collect::<Vec<_>>()
    };
    let all: Vec<_> = (1..=9).flat_map(|number| calls(number, 17)).collect();
    let busy = join_all(all).await.into_iter();
    let busy = busy.filter(|answer| matches!(answer, Err(Unreachable::Busy { .. })));
    assert_eq!(busy.count(), 9 * 17 - 128);
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_left_alone_for_one_tenant() {
    let stub = Stub::always(Act::Last(b"no http".to_vec())).await;
    let way = way_to(&[&stub]);
    for _ in 0..5 {
        let answer = way.call(call_of(1, &stub)).await;
        assert_eq!(answer, Err(Unreachable::Malformed));
    }
    let answer = way.call(call_of(1, &stub)).await;
    let Err(Unreachable::Busy { retry_after }) = answer else {
        panic!("left alone: {answer:?}");
    };
    assert!(retry_after <= Duration::from_secs(5));
    assert_eq!(stub.asked(), 5);
    let answer = way.call(call_of(2, &stub)).await;
    assert_eq!(answer, Err(Unreachable::Malformed), "asked for another");
}
