//! A person's sessions: seen, told apart, and ended at once.

use crate::accounts::{call, do_it, is_in, letter};
use crate::support::{Browser, TestServer};
use domain::places::Places;
use reqwest::{StatusCode, header};
use serde_json::Value;
use std::time::{Duration, Instant};
use test_support::{PASSWORD, World, mmdb};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

async fn sessions(browser: &Browser) -> Vec<Value> {
    let text = do_it(browser, "account", &[]).await;
    let account: Value = serde_json::from_str(&text).expect("an account");
    account["sessions"].as_array().expect("sessions").clone()
}

async fn sign_in_with(browser: &Browser, email: &str, agent: &str) {
    let form = [("email", email), ("password", PASSWORD)];
    let request = browser.post("/api/sign_in").form(&form);
    let answer = request.header(header::USER_AGENT, agent).send().await;
    let status = answer.expect("an answer").status();
    assert!(status.is_success() || status.is_redirection(), "{status}");
}

#[tokio::test]
async fn a_person_sees_their_sessions_and_ends_one_at_once() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let here = server.browser_of(&ada).await;
    let there = server.browser();
    sign_in_with(&there, &ada.email, FIREFOX).await;
    let seen = sessions(&here).await;
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert_eq!(seen[0]["current"], true);
    assert_eq!(seen[1]["current"], false);
    assert_eq!(seen[1]["device"], "Firefox on Linux");
    assert_eq!(seen[1]["address"], "127.0.0.1");
    assert_eq!(seen[1]["place"], "This machine");
    let id = seen[1]["id"].as_str().expect("an id");
    do_it(&here, "end_one_session", &[("session", id)]).await;
    let ended = Instant::now();
    assert!(!is_in(&there).await);
    assert!(ended.elapsed() < Duration::from_secs(1));
    assert!(is_in(&here).await);
    let (status, _) = call(&here, "end_one_session", &[("session", id)]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn all_other_sessions_end_together() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let here = server.browser_of(&ada).await;
    let others = [server.browser_of(&ada).await, server.browser_of(&ada).await];
    do_it(&here, "end_other_sessions", &[]).await;
    for other in &others {
        assert!(!is_in(other).await);
    }
    assert!(is_in(&here).await);
    assert_eq!(sessions(&here).await.len(), 1);
}

#[tokio::test]
async fn the_session_of_somebody_else_looks_missing() {
    let server = TestServer::start().await;
    let (ada, bob) = (
        server.world.owner("ada").await,
        server.world.owner("bob").await,
    );
    let (adas, bobs) = (server.browser_of(&ada).await, server.browser_of(&bob).await);
    let seen = sessions(&bobs).await;
    let id = seen[0]["id"].as_str().expect("an id");
    let (status, _) = call(&adas, "end_one_session", &[("session", id)]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(is_in(&bobs).await);
}

#[tokio::test]
async fn a_new_device_is_told_by_mail_and_a_known_one_is_not() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    server.world.letters_to("").await;
    let browser = server.browser();
    sign_in_with(&browser, &ada.email, FIREFOX).await;
    let letters = server.world.letters_to(&ada.email).await;
    let text = &letter(&letters, "A sign-in from a new device").text;
    assert!(
        text.contains("Firefox on Linux") && text.contains("127.0.0.1"),
        "{text}"
    );
    do_it(&browser, "sign_out", &[]).await;
    sign_in_with(&browser, &ada.email, FIREFOX).await;
    assert!(server.world.letters_to(&ada.email).await.is_empty());
    // The same browser, but another person for the first time.
    let bob = server.world.owner("bob").await;
    server.world.letters_to("").await;
    sign_in_with(&browser, &bob.email, FIREFOX).await;
    let letters = server.world.letters_to(&bob.email).await;
    letter(&letters, "A sign-in from a new device");
}

#[tokio::test]
async fn a_session_and_its_letter_tell_the_place_of_an_address() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("places.mmdb");
    let networks = [("203.0.113.0/24", mmdb::city("Lisbon", "Portugal"))];
    std::fs::write(&file, mmdb::database("GeoLite2-City", &networks)).expect("a file");
    let places = Places::of_file(&file).expect("places");
    let server = TestServer::with_places(&World::new().await, places).await;
    let ada = server.world.owner("ada").await;
    server.world.letters_to("").await;
    let told = async |address: &str| {
        let browser = server.browser();
        let form = [("email", ada.email.as_str()), ("password", PASSWORD)];
        let request = browser.post("/api/sign_in").form(&form);
        let answer = request.header("x-forwarded-for", address).send().await;
        assert!(!answer.expect("an answer").status().is_server_error());
        let letters = server.world.letters_to(&ada.email).await;
        let text = letter(&letters, "A sign-in from a new device").text.clone();
        (sessions(&browser).await.remove(0), text, browser)
    };
    let (session, text, browser) = told("203.0.113.9").await;
    assert_eq!(session["place"], "Lisbon, Portugal");
    assert_eq!(session["address"], "203.0.113.9");
    assert!(text.contains("203.0.113.9 (Lisbon, Portugal)"), "{text}");
    let page = browser.get("/account").send().await.expect("a page");
    assert!(
        page.text()
            .await
            .expect("HTML")
            .contains("Lisbon, Portugal")
    );
    let (session, text, _) = told("198.51.100.7").await;
    assert_eq!(session["place"], Value::Null);
    assert!(text.contains("from the address 198.51.100.7."), "{text}");
}

#[tokio::test]
async fn ending_sessions_is_audited_in_the_tenants_of_the_person() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let here = server.browser_of(&ada).await;
    do_it(&here, "end_other_sessions", &[]).await;
    let acts: Vec<String> =
        sqlx::query_scalar("select act from audit_events where tenant_id = $1 order by seq")
            .bind(ada.actor.tenant().0)
            .fetch_all(&server.world.database.pool("postgres", 1))
            .await
            .expect("acts");
    assert_eq!(acts, ["tenant.created", "person.session_ended"]);
}
