//! What people do to their own accounts is in the audit log of their tenants: one row an act, and
//! no act without its row (rule R36).

use crate::accounts::{call, do_it, letter, token_in};
use crate::audit_coverage::acts;
use crate::passkeys::{Keyed, asked, named, own::only_id};
use crate::second_factor::{Protected, half_in};
use crate::support::{TestServer, everything};
use serde_json::Value;

#[tokio::test]
async fn every_act_on_an_account_leaves_one_row() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let (pool, world) = (server.world.database.pool("postgres", 1), &server.world);
    let letters = world.letters_to(&ada.email).await;
    let browser = server.browser_of(&ada).await;
    let token = token_in(letter(&letters, "Confirm your email address"));
    do_it(&browser, "confirm_address", &[("token", &token)]).await;
    do_it(&browser, "change_address", &[("email", "new@example.com")]).await;
    let letters = world.letters_to("new@example.com").await;
    let token = token_in(letter(&letters, "Confirm your new email address"));
    do_it(&browser, "confirm_address", &[("token", &token)]).await;
    do_it(&browser, "forgot_password", &[("email", "new@example.com")]).await;
    let letters = world.letters_to("new@example.com").await;
    let token = token_in(letter(&letters, "Choose a new password"));
    let form = [
        ("token", token.as_str()),
        ("password", test_support::PASSWORD),
    ];
    do_it(&browser, "choose_password", &form).await;
    let ada = test_support::Person {
        email: "new@example.com".into(),
        ..ada
    };
    let other = server.browser_of(&ada).await;
    let own = Protected::new(&server, &ada).await;
    do_it(&own.browser, "renew_codes", &[]).await;
    let half = half_in(&server, &ada).await;
    let renewed = do_it(&own.browser, "renew_codes", &[]).await;
    let renewed: Vec<String> = serde_json::from_str(&renewed).expect("codes");
    do_it(&half, "sign_in_with_code", &[("code", &renewed[0])]).await;
    let account: Value =
        serde_json::from_str(&do_it(&other, "account", &[]).await).expect("an account");
    let session = account["sessions"][1]["id"].as_str().expect("an id");
    do_it(&other, "end_one_session", &[("session", session)]).await;
    let tenant = ada.actor.slug();
    let required = [("tenant", tenant), ("required", "true")];
    do_it(&other, "require_factor", &required).await;
    do_it(&other, "remove_factor", &[]).await;
    let own = Keyed::new(&server, &ada).await;
    let passkey = only_id(&own.browser).await;
    let form = [("passkey", passkey.as_str()), ("name", "MacBook")];
    do_it(&own.browser, "rename_passkey", &form).await;
    do_it(&own.browser, "remove_passkey", &form).await;
    let wanted = [
        "tenant.created",
        "person.address_confirmed",
        "person.address_change_requested",
        "person.address_changed",
        "person.password_reset",
        "person.second_factor_added",
        "person.recovery_codes_renewed",
        "person.recovery_codes_renewed",
        "person.recovery_code_used",
        "person.session_ended",
        "tenant.second_factor_policy_changed",
        "person.second_factor_removed",
        "person.passkey_added",
        "person.passkey_renamed",
        "person.passkey_removed",
    ];
    assert_eq!(acts(&pool).await, wanted);
}

#[tokio::test]
async fn without_its_row_nothing_about_an_account_changes() {
    let server = TestServer::start().await;
    let (ada, bob) = (
        server.world.owner("ada").await,
        server.world.owner("bob").await,
    );
    let pool = server.world.database.pool("postgres", 1);
    let letters = server.world.letters_to(&bob.email).await;
    let confirm = token_in(letter(&letters, "Confirm your email address"));
    let bobs = server.browser_of(&bob).await;
    do_it(&bobs, "begin_factor", &[]).await;
    do_it(&bobs, "forgot_password", &[("email", &bob.email)]).await;
    let letters = server.world.letters_to(&bob.email).await;
    let reset = token_in(letter(&letters, "Choose a new password"));
    let own = Protected::new(&server, &ada).await;
    let eve = Keyed::new(&server, &server.world.owner("eve").await).await;
    let passkey = only_id(&eve.browser).await;
    let options = asked(&eve.browser, "begin_passkey").await;
    let made = test_support::SoftPasskey::at(&named(&server)).register(&options);
    let account: Value =
        serde_json::from_str(&do_it(&bobs, "account", &[]).await).expect("an account");
    let session = account["sessions"][0]["id"].as_str().expect("an id");
    let secret = account["factor"]["Enrolling"]["secret"].as_str();
    let code = test_support::code_of_app(secret.expect("a secret"), 0);
    sqlx::query("revoke insert on audit_events from bulkhead_runtime")
        .execute(&pool)
        .await
        .expect("revoked");
    let before = everything(&pool).await;
    let required = [("tenant", ada.actor.slug()), ("required", "true")];
    let choice = [
        ("token", reset.as_str()),
        ("password", "a whole new phrase"),
    ];
    let half = half_in(&server, &ada).await;
    let named = [("passkey", passkey.as_str()), ("name", "mine")];
    let cases: [(_, &str, &[(&str, &str)]); 11] = [
        (&bobs, "confirm_address", &[("token", &confirm)]),
        (&bobs, "choose_password", &choice),
        (&bobs, "end_one_session", &[("session", session)]),
        (&bobs, "confirm_factor", &[("code", &code)]),
        (&own.browser, "renew_codes", &[]),
        (&own.browser, "require_factor", &required),
        (&own.browser, "remove_factor", &[]),
        (&half, "sign_in_with_code", &[("code", &own.codes[0])]),
        (&eve.browser, "add_passkey", &[("passkey", &made)]),
        (&eve.browser, "rename_passkey", &named),
        (&eve.browser, "remove_passkey", &named),
    ];
    for (browser, function, form) in cases {
        let (status, text) = call(browser, function, form).await;
        assert!(status.is_server_error(), "{function}: {status} {text}");
        assert_eq!(everything(&pool).await, before, "{function} left a trace");
    }
}
