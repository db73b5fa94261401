//! A person's passkeys on their account page.

use super::{Keyed, after_password, asked, browser, named, sign_in};
use crate::accounts::{call, do_it, letter};
use crate::support::{Browser, TestServer};
use reqwest::StatusCode;
use serde_json::Value;
use test_support::SoftPasskey;

async fn passkeys(browser: &Browser) -> Value {
    let account = do_it(browser, "account", &[]).await;
    let account: Value = serde_json::from_str(&account).expect("an account");
    account["passkeys"].clone()
}

/// The id of the one passkey.
pub async fn only_id(browser: &Browser) -> String {
    let passkeys = passkeys(browser).await;
    let list = passkeys["list"].as_array().expect("a list");
    assert_eq!(list.len(), 1, "{passkeys}");
    list[0]["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn passkeys_are_added_named_and_removed_and_each_time_told() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let own = Keyed::new(&server, &ada).await;
    let passkey = only_id(&own.browser).await;
    let view = passkeys(&own.browser).await;
    assert_eq!(view["list"][0]["name"], "An unknown device");
    assert_eq!(view["list"][0]["backed_up"], true);
    assert_eq!(view["elsewhere"], Value::Null);
    let renamed = [("passkey", passkey.as_str()), ("name", "MacBook")];
    do_it(&own.browser, "rename_passkey", &renamed).await;
    assert_eq!(passkeys(&own.browser).await["list"][0]["name"], "MacBook");
    do_it(&own.browser, "remove_passkey", &[("passkey", &passkey)]).await;
    let (status, _) = call(&own.browser, "rename_passkey", &renamed).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let letters = server.world.letters_to(&ada.email).await;
    letter(&letters, "A passkey was added");
    assert!(
        letter(&letters, "A passkey was removed")
            .text
            .contains("MacBook")
    );
    // Its recovery codes went with it.
    assert_eq!(passkeys(&own.browser).await["recovery_codes_left"], 0);
}

#[tokio::test]
async fn a_device_is_told_which_passkeys_it_has_already() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let mut own = Keyed::new(&server, &ada).await;
    let options = asked(&own.browser, "begin_passkey").await;
    let told: Value = serde_json::from_str(&options).expect("JSON");
    assert_eq!(told["excludeCredentials"].as_array().map(Vec::len), Some(1));
    assert_eq!(told["rp"]["id"], "localhost");
    assert_eq!(told["user"]["name"], ada.email.as_str());
    // One that ignores it gets nowhere.
    let made = own.device.register(&options);
    let (status, _) = call(&own.browser, "add_passkey", &[("passkey", &made)]).await;
    assert_eq!(status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn devices_know_a_person_by_a_handle_that_says_nothing() {
    let server = TestServer::start().await;
    let (ada, bob) = (
        server.world.owner("ada").await,
        server.world.owner("bob").await,
    );
    let own = Keyed::new(&server, &ada).await;
    let mut second = SoftPasskey::at(&named(&server));
    second.register(&asked(&own.browser, "begin_passkey").await);
    assert_eq!(own.device.handle, second.handle, "one a person");
    let bobs = Keyed::new(&server, &bob).await;
    assert_ne!(own.device.handle, bobs.device.handle);
    assert_eq!(own.device.handle.len(), 86, "64 bytes");
}

#[tokio::test]
async fn nobody_touches_the_passkeys_of_another() {
    let server = TestServer::start().await;
    let (ada, bob) = (
        server.world.owner("ada").await,
        server.world.owner("bob").await,
    );
    let mut own = Keyed::new(&server, &ada).await;
    let passkey = only_id(&own.browser).await;
    let bobs = after_password(&server, &bob).await;
    for (function, name) in [("rename_passkey", "mine"), ("remove_passkey", "")] {
        let form = [("passkey", passkey.as_str()), ("name", name)];
        let (status, _) = call(&bobs, function, &form).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{function}");
    }
    assert!(
        sign_in(&browser(&server), &mut own.device).await.0 != StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[tokio::test]
async fn an_address_without_a_name_says_where_passkeys_work() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let by_number = server.browser_of(&ada).await;
    let page = by_number.get("/account").send().await.expect("a page");
    let page = page.text().await.expect("a body");
    let place = format!("open {} to use yours", named(&server));
    assert!(page.contains(&place), "{page}");
    for function in [
        "begin_passkey",
        "begin_passkey_sign_in",
        "begin_passkey_check",
    ] {
        let (status, text) = call(&by_number, function, &[]).await;
        assert_eq!(status, StatusCode::CONFLICT, "{function}");
        assert!(text.contains(&place), "{text}");
    }
    let by_name = after_password(&server, &ada).await;
    let page = by_name.get("/account").send().await.expect("a page");
    let page = page.text().await.expect("a body");
    assert!(page.contains("Add a passkey") && !page.contains(&place));
}
