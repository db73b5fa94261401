//! Services that have had enough, fail, hang, or answer without an end.

use super::{Scene, odd::LARGE};
use crate::support::short_or_soak;
use serde_json::json;
use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// What a service may answer, and how much more of it may wait in the system's buffers.
const CAP: usize = 8 << 20;
const BUFFERS: usize = 12 << 20;

#[tokio::test]
async fn a_service_that_has_had_enough_is_left_alone_for_as_long_as_it_says() {
    let (scene, ada, _) = Scene::connected().await;
    let limited = json!({ "how": "limited" });
    let told = scene.call(&ada.key, "shop_get_odd", limited).await;
    let words = "Shop has had enough calls for now (not today); try again in 3 s.";
    assert_eq!(told.failed(), words);
    let began = Instant::now();
    assert_eq!(scene.stub.calls().len(), 1);
    // Every tool of the account waits.
    for _ in 0..5 {
        let told = scene
            .call(&ada.key, "shop_get_thing", json!({ "id": "1" }))
            .await;
        assert!(told.failed().contains("busy; try again in "), "{told:?}");
    }
    assert_eq!(scene.stub.calls().len(), 1);
    while scene.stub.calls().len() == 1 {
        sleep(Duration::from_millis(100)).await;
        scene
            .call(&ada.key, "shop_get_thing", json!({ "id": "1" }))
            .await;
    }
    let waited = began.elapsed();
    let wait = Duration::from_millis(2900)..Duration::from_secs(4);
    assert!(wait.contains(&waited), "{waited:?}");
}

#[tokio::test]
async fn failures_are_told_in_the_services_words() {
    let (scene, ada, _) = Scene::connected().await;
    for (tool, how, words, asked) in [
        (
            "shop_get_odd",
            "broken",
            "Shop could not do this (500): not today. Trying again later may help.",
            1,
        ),
        // What passes by itself is asked for again, if it only looks.
        (
            "shop_get_odd",
            "down",
            "Shop could not do this (503): not today. Trying again later may help.",
            3,
        ),
        (
            "shop_post_odd",
            "down",
            "Shop could not do this (503): not today. Trying again later may help.",
            1,
        ),
        (
            "shop_get_odd",
            "forbidden",
            "Shop refused this (403): not today.",
            1,
        ),
        (
            "shop_get_odd",
            "led-away",
            "Shop leads to another address (303), where tools do not go.",
            1,
        ),
        (
            "shop_post_odd",
            "cut",
            "Shop: the service broke off, or its answer could not be read. \
             It is not known whether it did what it was asked; look before you ask again.",
            1,
        ),
    ] {
        let told = scene.call(&ada.key, tool, json!({ "how": how })).await;
        assert_eq!(told.failed(), words, "{how}");
        assert_eq!(scene.stub.calls().len(), asked, "{tool} {how}");
        scene.stub.forget();
    }
    let slow = json!({ "how": "slow" });
    let told = scene.call(&ada.key, "shop_get_odd", slow).await;
    assert_eq!(told.good(), json!({ "at": "last" }));
}

#[tokio::test]
async fn answers_that_are_too_long_are_cut_off_at_the_cap() {
    let (scene, ada, _) = Scene::connected().await;
    for (how, most) in [
        ("endless", CAP + BUFFERS),
        // The first bytes say how long it is.
        ("large", BUFFERS),
        // It unpacks to 158 times as much.
        ("packed", BUFFERS),
    ] {
        scene.stub.given.store(0, Ordering::Relaxed);
        let told = scene
            .call(&ada.key, "shop_get_odd", json!({ "how": how }))
            .await;
        let words = told.failed();
        let wanted = format!("the service's answer is longer than {CAP} bytes");
        assert!(words.contains(&wanted), "{how}: {words}");
        let given = scene.stub.given.load(Ordering::Relaxed);
        println!("{how}: {given} bytes were sent");
        assert!(given <= most && most < LARGE, "{how}: {given}");
    }
    // A text that is no JSON is told as it is.
    let told = scene
        .call(&ada.key, "shop_get_odd", json!({ "how": "garbled" }))
        .await;
    assert_eq!(told.text(), "{\"half\": ");
}

/// What is measured is the whole process, in which other tests run: so this counts when it runs alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_too_long_take_little_memory() {
    if short_or_soak(true, false) {
        return;
    }
    let (scene, ada, _) = Scene::connected().await;
    let before = resident();
    let mut most = before;
    for _ in 0..4 {
        for how in ["endless", "large", "packed"] {
            let call = scene.call(&ada.key, "shop_get_odd", json!({ "how": how }));
            let mut call = std::pin::pin!(call);
            loop {
                tokio::select! {
                    told = &mut call => { told.failed(); break }
                    () = sleep(Duration::from_millis(2)) => most = most.max(resident()),
                }
            }
        }
    }
    println!("{} KiB more at most", most - before);
    assert!(most - before < 64 * 1024, "{before} {most}");
}

/// In KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let words = line.and_then(|line| line.split_ascii_whitespace().nth(1));
    words.expect("a size").parse().expect("a number")
}

/// The deadline is half a minute, so only the long form waits for it.
#[tokio::test]
async fn a_service_that_hangs_is_told_within_the_deadline() {
    if short_or_soak(true, false) {
        return;
    }
    let (scene, ada, _) = Scene::connected().await;
    let began = Instant::now();
    let told = scene
        .call(&ada.key, "shop_post_odd", json!({ "how": "hanging" }))
        .await;
    let words = told.failed();
    assert!(words.contains("did not answer in time"), "{words}");
    assert!(words.contains("not known whether"), "{words}");
    assert!(began.elapsed() < Duration::from_millis(27_250));
}
