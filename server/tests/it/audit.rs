//! The audit log as people see it: page, search, row, live tail, exports, and the verifier.

use crate::support::{Browser, TestServer};
use crate::usage_live::{assert_silent, heard, listen_to, milliseconds};
use api_types::input::TenantName;
use domain::audit::verify::verify;
use futures::StreamExt as _;
use reqwest::StatusCode;
use server::audit_checkpoints::{Checkpoints, Place};
use std::os::unix::fs::PermissionsExt as _;
use std::{fs, path::Path, process::Command, time::Duration};
use tempfile::TempDir;
use test_support::Person;
use time::OffsetDateTime;

pub(crate) async fn rename(ada: &Person, name: &str) {
    let name = TenantName::parse(name).expect("a name");
    domain::tenants::rename(&ada.world.services, &ada.actor, name)
        .await
        .expect("renamed");
}

async fn page(browser: &Browser, path: &str) -> String {
    let answer = browser.get(path).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.text().await.expect("a page")
}

#[tokio::test]
async fn the_page_is_searched_filtered_and_leads_to_each_row() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let client = ada.client("Laptop of Grace").await;
    ada.key(&client).await;
    rename(&ada, "Analytical Engines").await;
    let browser = server.browser_of(&ada).await;
    let log = format!("/t/{}/audit", ada.actor.slug());
    // The words of the filter's own choices are on every page, so rows are told by their links.
    let rows = async |query: &str| {
        let text = page(&browser, &format!("{log}{query}")).await;
        (1..=4)
            .rev()
            .filter(|seq| text.contains(&format!("{log}/{seq}\"")))
            .collect::<Vec<_>>()
    };
    assert_eq!(rows("").await, [4, 3, 2, 1]);
    assert_eq!(rows("?act=api_key.created").await, [3]);
    assert_eq!(rows("?object=tenant").await, [4, 1]);
    assert_eq!(rows("?search=grace+lap").await, [2]);
    assert_eq!(rows("?search=engines").await, [4]);
    assert_eq!(rows("?search=nothing").await, Vec::<i32>::new());
    assert_eq!(rows(&format!("?actor={}", ada.user)).await, [4, 3, 2, 1]);
    assert_eq!(
        rows(&format!("?actor={}", client.id)).await,
        Vec::<i32>::new()
    );
    assert_eq!(rows("?range=1h&before=3").await, [2, 1]);

    let row = page(&browser, &format!("{log}/4")).await;
    let before = "<del class=\"diff-before\">ada's team";
    assert!(row.contains(before), "{row}");
    assert!(row.contains("Analytical Engines") && row.contains(&ada.email));
    let missing = browser
        .get(&format!("{log}/5"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_act_in_a_browser_keeps_its_address_and_the_id_of_the_request() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let browser = server.browser_of(&ada).await;
    let form = [("tenant", ada.actor.slug()), ("tenant_name", "Lab")];
    let answer = browser
        .post("/api/rename_tenant")
        .form(&form)
        .send()
        .await
        .expect("an answer");
    let id = answer.headers()["x-request-id"]
        .to_str()
        .expect("text")
        .to_owned();
    let export = export(&browser, &ada, "jsonl").await;
    let last = export.lines().last().expect("a row");
    assert!(last.contains(&format!("\"request_id\":\"{id}\"")), "{last}");
    assert!(last.contains("\"address\":\"127.0.0.1\""), "{last}");
}

pub(crate) async fn export(browser: &Browser, person: &Person, ending: &str) -> String {
    let path = format!("/t/{}/audit/export.{ending}", person.actor.slug());
    let answer = browser.get(&path).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
    assert!(header("content-disposition").starts_with("attachment"));
    let count: usize = header("x-row-count").parse().expect("a number");
    let length: usize = header("content-length").parse().expect("a number");
    let text = answer.text().await.expect("a body");
    assert_eq!(text.len(), length);
    let head = usize::from(ending == "csv");
    assert_eq!(text.lines().count(), count + head, "the number told ahead");
    text
}

#[tokio::test]
async fn exports_hold_every_row_and_no_secret() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let key = ada.key(&ada.client("=1+1, \"x\"").await).await;
    let browser = server.browser_of(&ada).await;
    let (jsonl, csv) = (
        export(&browser, &ada, "jsonl").await,
        export(&browser, &ada, "csv").await,
    );
    assert_eq!(verify(jsonl.as_bytes(), &[]).expect("good").last, 3);
    assert!(csv.contains("\"'=1+1, \"\"x\"\"\""), "{csv}");
    for text in [&jsonl, &csv] {
        assert!(!text.contains(&key.secret) && !text.contains(test_support::PASSWORD));
        assert!(text.contains(&key.key.display_prefix));
    }
}

#[tokio::test]
async fn a_new_row_is_told_to_open_pages() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let path = format!("/t/{}/audit/live", ada.actor.slug());
    let answer = server.browser_of(&ada).await.get(&path).send().await;
    let mut stream = answer.expect("an answer").bytes_stream();
    let heard = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        rename(&ada, "Lab").await;
        // The stream opens with a comment.
        loop {
            let piece = stream.next().await.expect("a message").expect("bytes");
            if String::from_utf8_lossy(&piece).contains("data: changed") {
                return;
            }
        }
    };
    let heard = tokio::time::timeout(Duration::from_secs(10), heard);
    heard.await.expect("in time");
}

#[tokio::test]
async fn a_row_since_the_page_was_rendered_is_told_at_once() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let browser = server.browser_of(&ada).await;
    let now = milliseconds(OffsetDateTime::now_utc());
    rename(&ada, "Lab").await;
    let path = |since: i128| format!("/t/{}/audit/live?since={since}", ada.actor.slug());
    heard(&mut listen_to(&browser, &path(now)).await).await;
    let later = now + 60_000;
    assert_silent(&mut listen_to(&browser, &path(later)).await, "later").await;
}

pub(crate) fn verifier(arguments: &[&Path]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_bulkhead"))
        .arg("verify-audit")
        .args(arguments)
        .env_clear()
        .output()
        .expect("an end");
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[tokio::test]
async fn the_binary_verifies_an_export_without_a_server() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    for name in ["Lab 2", "Lab 3", "Lab 4"] {
        rename(&ada, name).await;
    }
    let home = TempDir::new().expect("a directory");
    let at = |name: &str| home.path().join(name);
    let dir = at("second place");
    let kept = Checkpoints {
        place: Place::Directory(dir.clone()),
        key_file: at("signing.key"),
    };
    let db = &server.world.services.db;
    assert_eq!(kept.sign(db).await.expect("signed"), 1);
    assert_eq!(kept.sign(db).await.expect("nothing new"), 0);
    rename(&ada, "Lab 5").await;
    let text = export(&server.browser_of(&ada).await, &ada, "jsonl").await;

    let export = at("export.jsonl");
    let (flag, key) = (Path::new("--checkpoints"), Path::new("--public-key"));
    let public = dir.join("public.key");
    let all = [export.as_path(), flag, &dir, key, &public];
    fs::write(&export, &text).expect("written");
    let (code, said) = verifier(&all);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("rows 1 to 5") && said.contains("newest at row 4"),
        "{said}"
    );

    let cut: String = text.split_inclusive('\n').take(2).collect();
    fs::write(&export, &cut).expect("written");
    assert_eq!(
        verifier(&[&export]).0,
        Some(0),
        "alone, a cut is not noticed"
    );
    let (code, said) = verifier(&all);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("row 3: is missing"), "{said}");

    fs::write(&export, text.replacen("Lab 3", "Lab X", 1)).expect("written");
    let (code, said) = verifier(&[&export]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("row 3: was changed"), "{said}");

    assert_eq!(
        verifier(&[&export, flag, &dir]).0,
        Some(2),
        "whose are they?"
    );
    let mode = fs::metadata(&kept.key_file)
        .expect("a key")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn only_owners_and_admins_see_the_log() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    sqlx::query("update memberships set role = 'developer'")
        .execute(&server.world.database.pool("postgres", 1))
        .await
        .expect("changed");
    let browser = server.browser_of(&ada).await;
    for door in ["/live", "/export.jsonl", "/export.csv"] {
        let path = format!("/t/{}/audit{door}", ada.actor.slug());
        let answer = browser.get(&path).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let form = [("tenant", ada.actor.slug())];
    for function in ["read_audit", "get_audit_row"] {
        let mut form = form.to_vec();
        form.push(("seq", "1"));
        let answer = browser
            .post(&format!("/api/{function}"))
            .form(&form)
            .send()
            .await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{function}");
    }
}
