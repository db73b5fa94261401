//! No secret is written down anywhere (rule R14): every file of a private database and the log at its loudest are
//! searched for what passed through the server, in each form in which it could have been written.

use crate::process::{Server, data_dir};
use crate::support::{Browser, modern};
use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use reqwest::{Client, StatusCode, header, redirect::Policy};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

const RIGHT: &str = "canary-right-3f8a6c51d0e7";
const WRONG: &str = "canary-wrong-b84e2f90a71c";
const CHANGED: &str = "canary-changed-60d2e7f3a9b5";
/// Not a secret: what finds this could have found the others.
const NAME: &str = "canary-name-15c97be04d28";

#[tokio::test]
async fn no_secret_is_in_the_database_its_journal_or_any_log() {
    let data = data_dir();
    let log = data.path().join("server.log");
    let mut server = Server::start_with(&data, |command| {
        let file = File::create(&log).expect("a log");
        command.env("RUST_LOG", "trace").stderr(file);
    });
    let secrets = use_secrets(&format!("http://127.0.0.1:{}", server.port)).await;
    assert_eq!(server.stop(), Some(0));

    let log = fs::read_to_string(&log).expect("a log");
    assert!(
        log.contains("/api/sign_in") && log.contains("TRACE"),
        "{log}"
    );
    let (names, forms): (Vec<_>, Vec<_>) = secrets
        .iter()
        .flat_map(|(what, secret)| forms(what, secret))
        .unzip();
    let secret = AhoCorasick::new(&forms).expect("forms");
    let visible = AhoCorasick::new([NAME]).expect("a form");
    let mut files = Vec::new();
    list_all(data.path(), &mut files);
    let mut seen = false;
    for path in &files {
        let content = fs::read(path).expect("a file");
        seen |= visible.is_match(&content);
        let found = secret.find(&content).map(|found| &names[found.pattern()]);
        assert_eq!(found, None, "in {}", path.display());
    }
    assert!(seen, "the search finds nothing at all");
    println!("{} secrets in {} files", secrets.len(), files.len());
}

/// Sends secrets through every door that takes or makes one. Answers what they were.
async fn use_secrets(base: &str) -> Vec<(&'static str, String)> {
    let client = Client::builder()
        .cookie_store(true)
        .redirect(Policy::none())
        .build()
        .expect("a client");
    let browser = Browser {
        client,
        base: base.to_owned(),
    };
    let post = async |path: &str, form: &[(&str, &str)]| {
        let sent = browser.post(path).form(form).send();
        sent.await.expect("an answer")
    };
    let email = "ada@example.com";
    let person = [
        ("name", NAME),
        ("email", email),
        ("password", RIGHT),
        ("tenant_name", "Canary"),
    ];
    let signed_up = post("/api/sign_up", &person).await;
    assert!(signed_up.status().is_success(), "{}", signed_up.status());
    let mut secrets = vec![("the first session", cookie(&signed_up))];
    let refused = post("/api/sign_in", &[("email", email), ("password", WRONG)]).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let again = post("/api/sign_in", &[("email", email), ("password", RIGHT)]).await;
    secrets.push(("the second session", cookie(&again)));
    let home = browser.get("/").send().await.expect("an answer");
    let place = home.headers()[header::LOCATION].to_str().expect("text");
    let slug = place.trim_start_matches("/t/").to_owned();

    let new_client = [
        ("tenant", slug.as_str()),
        ("name", NAME),
        ("kind", "own_agent"),
    ];
    let registered = post("/api/register_client", &new_client).await;
    let place = registered.headers()[header::LOCATION].to_str();
    let client_id = place
        .expect("text")
        .rsplit('/')
        .next()
        .expect("an id")
        .to_owned();
    let new_key = [
        ("tenant", slug.as_str()),
        ("client", &client_id),
        ("name", NAME),
        ("scopes[0]", "account:read"),
        ("expires_in_days", ""),
        ("rate_limit_per_minute", ""),
        ("allowed_networks", ""),
    ];
    let created: Value = post("/api/create_key", &new_key)
        .await
        .json()
        .await
        .expect("a key");
    let key = created["secret"].as_str().expect("a secret").to_owned();
    let url = format!("{base}/t/{slug}/mcp");
    let call = modern(
        &Client::new(),
        &url,
        &key,
        "tools/call",
        json!({ "name": "whoami", "arguments": {} }),
    );
    assert_eq!(
        call.send().await.expect("an answer").status(),
        StatusCode::OK
    );
    let nobodys = vault::KeySecret::generate().reveal();
    let call = modern(&Client::new(), &url, &nobodys, "tools/list", json!({}));
    assert_eq!(
        call.send().await.expect("an answer").status(),
        StatusCode::UNAUTHORIZED
    );
    let changed = post(
        "/api/change_password",
        &[("current", RIGHT), ("password", CHANGED)],
    )
    .await;
    assert!(changed.status().is_success(), "{}", changed.status());
    secrets.push(("the session after the change", cookie(&changed)));
    secrets.extend([
        ("a password", RIGHT.to_owned()),
        ("a wrong password", WRONG.to_owned()),
        ("a new password", CHANGED.to_owned()),
        ("a key", key),
        ("a key of nobody", nobodys),
    ]);
    secrets
}

fn cookie(answer: &reqwest::Response) -> String {
    let set = answer.headers().get_all(header::SET_COOKIE).iter();
    let mut lines = set.filter_map(|line| line.to_str().ok());
    let session = lines
        .find(|line| line.starts_with("bulkhead="))
        .unwrap_or_else(|| panic!("no session in {answer:?}"));
    let value = session.split(['=', ';']).nth(1).expect("a value");
    assert!(value.len() >= 20, "{value}");
    value.to_owned()
}

/// The ways in which a secret could be written, each with what to call it.
fn forms(what: &str, secret: &str) -> Vec<(String, Vec<u8>)> {
    let mut forms = vec![
        (what.to_owned(), secret.as_bytes().to_vec()),
        (format!("{what} in hexadecimal"), hex(secret).into_bytes()),
        (
            format!("{what} in capital hexadecimal"),
            hex(secret).to_uppercase().into_bytes(),
        ),
    ];
    // Where the secret begins within a group of three decides how its inside is written.
    for ahead in 0..3 {
        let padded = format!("{}{secret}", "x".repeat(ahead));
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let text = engine.encode(&padded);
            let inside = &text[4..text.len() - 4];
            forms.push((
                format!("{what} in base64, {ahead} bytes in"),
                inside.as_bytes().to_vec(),
            ));
        }
    }
    forms
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("room");
        hex
    })
}

fn list_all(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            list_all(&path, files);
        } else if path.is_file() {
            files.push(path);
        }
    }
}
