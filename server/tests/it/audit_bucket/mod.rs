//! Signed ends of audit logs in the bucket of an object store.

mod store;

use crate::audit::{export, rename, verifier};
use crate::kill::Server;
use crate::support::TestServer;
use api_types::audit::{AuditFilter, Signed};
use clap::Parser as _;
use domain::audit::checkpoint::Checkpoint;
use reqwest::StatusCode;
use server::audit_checkpoints::{Bucket, Checkpoints, Place};
use server::config::Cli;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};
use store::{SECRET, SERVER, Store};
use tempfile::TempDir;
use test_support::{Person, World};
use tokio::time::sleep;

/// What a server with these settings does every five minutes.
fn checkpoints(settings: &[(&str, String)], home: &TempDir) -> Checkpoints {
    let flag = |(name, value): &(&str, String)| {
        let name = name.trim_start_matches("BULKHEAD_").to_lowercase();
        format!("--{}={value}", name.replace('_', "-"))
    };
    let line = ["bulkhead".to_owned()].into_iter();
    let cli = Cli::try_parse_from(line.chain(settings.iter().map(flag))).expect("a line");
    let checkpoints = cli.settings.audit.checkpoints(home.path());
    checkpoints.expect("settings")
}

fn bucket(checkpoints: Checkpoints) -> Bucket {
    match checkpoints.place {
        Place::Bucket(bucket) => *bucket,
        Place::Directory(dir) => panic!("{}", dir.display()),
    }
}

fn home() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

/// How far the page says that the log is signed.
async fn signed(ada: &Person) -> Option<Signed> {
    let s = &ada.world.services;
    let page = domain::audit::page(s, &ada.actor, &AuditFilter::default(), None).await;
    page.expect("a page").signed
}

#[tokio::test]
async fn what_a_bucket_keeps_finds_a_cut_end() {
    let (store, home) = (Store::start().await, home());
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let kept = checkpoints(&store.settings(), &home);
    let db = &server.world.services.db;
    for (name, made) in [("Lab 2", 1), ("Lab 3", 1)] {
        rename(&ada, name).await;
        assert_eq!(kept.sign(db).await.expect("signed"), made);
        assert_eq!(kept.sign(db).await.expect("nothing new"), 0);
    }
    assert_eq!(store.objects().len(), 2, "one for each time");
    rename(&ada, "Lab 4").await;

    // As an auditor: the objects come into a directory, and the key has been noted before.
    let copies = home.path().join("copies");
    fs::create_dir(&copies).expect("a directory");
    let mut key = String::new();
    for name in store.objects() {
        let text = store.read(&name).await;
        let checkpoint: Checkpoint = serde_json::from_str(&text).expect("one line");
        key = checkpoint.key;
        fs::write(copies.join(name), text).expect("written");
    }
    let text = export(&server.browser_of(&ada).await, &ada, "jsonl").await;
    let export = home.path().join("export.jsonl");
    let (checkpoints, public) = (Path::new("--checkpoints"), Path::new("--public-key"));
    let all = [
        export.as_path(),
        checkpoints,
        &copies,
        public,
        Path::new(&key),
    ];
    fs::write(&export, &text).expect("written");
    let (code, said) = verifier(&all);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("2 checkpoints agree, the newest at row 3"),
        "{said}"
    );

    let cut: String = text.split_inclusive('\n').take(2).collect();
    fs::write(&export, cut).expect("written");
    let (code, said) = verifier(&all);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("row 3: is missing"), "{said}");
}

#[tokio::test]
async fn an_object_is_never_written_over() {
    let (store, home) = (Store::start().await, home());
    let bucket = bucket(checkpoints(&store.settings(), &home));
    bucket.put("one", "first".into()).await.expect("put");
    let again = bucket.put("one", "second".into()).await;
    let again = format!("{:#}", again.expect_err("it is there"));
    assert!(
        again.contains("412") && again.contains("PreconditionFailed"),
        "{again}"
    );
    assert_eq!(store.read("one").await, "first");
    let (status, _) = store.get(SERVER, "one").await;
    assert_eq!(status, StatusCode::FORBIDDEN, "its key need not read");
}

#[tokio::test]
async fn a_store_that_refuses_is_told_and_nothing_counts_as_kept() {
    let (store, home) = (Store::start().await, home());
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let mut settings = store.settings();
    settings[4].1 = "canary-wrong-51c0".into();
    let refused = checkpoints(&settings, &home).sign(&world.services.db).await;
    let error = anyhow::Error::from(refused.expect_err("another secret"));
    let told = format!("{error:#}");
    let tenant = ada.actor.tenant().to_string();
    for part in [tenant.as_str(), "403", "SignatureDoesNotMatch", "/anchors/"] {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert!(
        !told.contains("canary") && !told.contains("X-Amz"),
        "{told}"
    );
    assert_eq!(signed(&ada).await, None);

    let kept = checkpoints(&store.settings(), &home);
    assert_eq!(kept.sign(&world.services.db).await.expect("signed"), 1);
    assert_eq!(signed(&ada).await.map(|signed| signed.seq), Some(1));
}

#[tokio::test]
async fn a_store_that_was_away_gets_later_what_it_missed() {
    let (mut store, home) = (Store::down().await, home());
    let world = World::new().await;
    let tenant = world.owner("ada").await.actor.tenant().to_string();
    let mut server = Server::over(&world);
    let log = home.path().join("server.log");
    server
        .command
        .envs(store.settings())
        .env("BULKHEAD_DATA_DIR", home.path())
        .env("RUST_LOG", "trace")
        .stderr(File::create(&log).expect("a log"));
    server.start().await;
    said(&log, "cannot sign the ends of audit logs").await;
    store.come_up().await;
    said(&log, "are kept again").await;
    let objects = store.objects();
    assert_eq!(objects.len(), 1, "{objects:?}");
    assert!(store.read(&objects[0]).await.contains(&tenant));
    server.stop().await;

    let log = fs::read_to_string(&log).expect("a log");
    assert!(log.contains("TRACE"), "the search is of little use");
    let told = log.lines().find(|line| line.contains("cannot sign"));
    let told = told.expect("a line");
    assert!(
        told.contains(&tenant) && told.contains("asking the object store"),
        "{told}"
    );
    for secret in [SECRET, "X-Amz-Signature"] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "at the loudest");
    }
}

async fn said(log: &Path, words: &str) {
    let deadline = Instant::now() + Duration::from_secs(40);
    while !fs::read_to_string(log).expect("a log").contains(words) {
        assert!(Instant::now() < deadline, "nobody says that: {words}");
        sleep(Duration::from_millis(50)).await;
    }
}
