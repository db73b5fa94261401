//! No secret is written down anywhere (rule R14): every file of a private database and the log at its loudest are
//! searched for what passed through the server, in each form in which it could have been written.

mod billing;
mod elsewhere;
mod hooks;
mod log_ins;

use crate::accounts::do_it;
use crate::process::{Server, data_dir};
use crate::second_factor::{self, totp_secret};
use crate::service::Service;
use crate::support::{Browser, modern};
use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use reqwest::{Client, StatusCode, header, redirect::Policy};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

const RIGHT: &str = "canary-right-3f8a6c51d0e7";
const WRONG: &str = "canary-wrong-b84e2f90a71c";
const CHANGED: &str = "canary-changed-60d2e7f3a9b5";
/// Not a secret: what finds this could have found the others.
const NAME: &str = "canary-name-15c97be04d28";

#[tokio::test]
async fn no_secret_is_in_the_database_its_journal_or_any_log() {
    let data = data_dir();
    // Letters are meant to hold links; nothing else is.
    let letters = data_dir();
    let log = data.path().join("server.log");
    let service = Service::start().await;
    let mut server = Server::start_with(&data, |command| {
        let file = File::create(&log).expect("a log");
        command
            .env("RUST_LOG", "trace")
            .env("BULKHEAD_MAIL_OUTBOX", letters.path())
            .env("BULKHEAD_INNER_HOSTS", &service.host)
            .env("BULKHEAD_STRIPE_SECRET_KEY", billing::KEY)
            .env("BULKHEAD_STRIPE_WEBHOOK_SECRET", billing::WEBHOOK)
            .env("BULKHEAD_STRIPE_API_BASE", service.stripe.url())
            .stderr(file);
    });
    let base = format!("http://127.0.0.1:{}", server.port);
    let mut secrets = use_secrets(&base, letters.path(), &service).await;
    secrets.push(("the master key", master_key(data.path())));
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
    files.retain(|path| !path.ends_with("master.key"));
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
async fn use_secrets(
    base: &str,
    letters: &Path,
    service: &Service,
) -> Vec<(&'static str, Vec<u8>)> {
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
    let link = token_to(letters, "Confirm your email address").await;
    let confirmed = post("/api/confirm_address", &[("token", &link)]).await;
    assert!(confirmed.status().is_success(), "{}", confirmed.status());
    secrets.push(("a link to confirm an address", link));
    let refused = post("/api/sign_in", &[("email", email), ("password", WRONG)]).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let again = post("/api/sign_in", &[("email", email), ("password", RIGHT)]).await;
    secrets.push(("the second session", cookie(&again)));
    let (app, codes) = protect(&browser).await;
    secrets.extend(codes.into_iter().map(|code| ("a recovery code", code)));
    post("/api/forgot_password", &[("email", email)]).await;
    let link = token_to(letters, "Choose a new password").await;
    secrets.push(("a link to choose a password", link));
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
    let nobodys = use_keys(&format!("{base}/t/{slug}/mcp"), &key).await;
    secrets.extend(log_ins::use_log_ins(&browser, &slug, &client_id).await);
    secrets.extend(elsewhere::use_connections(&browser, &slug, &client_id, service).await);
    let of_webhooks = hooks::use_webhooks(&browser, &slug, service).await;
    // Last of all: a plan has limits.
    secrets.extend(billing::use_stripe(&browser, &slug, service).await);
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
        ("an app's secret as it is typed", app.clone()),
    ]);
    let mut secrets: Vec<_> = secrets
        .into_iter()
        .map(|(what, secret)| (what, secret.into_bytes()))
        .collect();
    secrets.push(("an app's secret", totp_secret(&app)));
    secrets.extend(of_webhooks);
    secrets
}

/// Calls with a key, and with one of nobody, which is the answer.
async fn use_keys(url: &str, key: &str) -> String {
    let call = modern(
        &Client::new(),
        url,
        key,
        "tools/call",
        json!({ "name": "whoami", "arguments": {} }),
    );
    assert_eq!(
        call.send().await.expect("an answer").status(),
        StatusCode::OK
    );
    let nobodys = vault::KeySecret::generate().reveal();
    let call = modern(&Client::new(), url, &nobodys, "tools/list", json!({}));
    assert_eq!(
        call.send().await.expect("an answer").status(),
        StatusCode::UNAUTHORIZED
    );
    nobodys
}

/// Turns a second factor on. Answers the app's secret and the recovery codes.
async fn protect(browser: &Browser) -> (String, Vec<String>) {
    do_it(browser, "begin_factor", &[]).await;
    let secret = second_factor::secret(browser).await;
    let code = test_support::code_of_app(&secret, 0);
    let codes = do_it(browser, "confirm_factor", &[("code", &code)]).await;
    (secret, serde_json::from_str(&codes).expect("codes"))
}

/// The token of the link in the letter with this subject, which is a file by now or will be soon.
async fn token_to(letters: &Path, subject: &str) -> String {
    for _ in 0..200 {
        let mut files = Vec::new();
        list_all(letters, &mut files);
        for file in files {
            // Undoes what mail does to long lines and to "=".
            let letter = fs::read_to_string(file).unwrap_or_default();
            let letter = letter.replace("=\r\n", "").replace("=3D", "=");
            if letter.contains(&format!("Subject: {subject}"))
                && let Some((_, rest)) = letter.split_once("?token=")
            {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric());
                return rest[..end.unwrap_or(rest.len())].to_owned();
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no letter \"{subject}\"");
}

fn master_key(data: &Path) -> Vec<u8> {
    let text = fs::read_to_string(data.join("master.key")).expect("a key");
    STANDARD.decode(text.trim()).expect("base64")
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
fn forms(what: &str, secret: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut forms = vec![
        (what.to_owned(), secret.to_vec()),
        (format!("{what} in hexadecimal"), hex(secret).into_bytes()),
        (
            format!("{what} in capital hexadecimal"),
            hex(secret).to_uppercase().into_bytes(),
        ),
    ];
    // Where the secret begins within a group of three decides how its inside is written.
    for ahead in 0..3 {
        let padded = [&b"xx"[..ahead], secret].concat();
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

fn hex(secret: &[u8]) -> String {
    secret.iter().fold(String::new(), |mut hex, byte| {
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
