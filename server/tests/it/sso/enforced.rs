//! Who is let in when a tenant's provider is enforced, and when it can be.

use super::{Place, enforce, overview};
use crate::accounts::{call, do_it, is_in};
use crate::sign_in_with::issuer::{CLIENT, Issuer, SECRET};
use crate::step_up::let_ten_minutes_pass;
use reqwest::StatusCode;
use serde_json::{Value, json};
use test_support::Person;

#[tokio::test]
async fn an_enforced_provider_keeps_passwords_out_but_for_one_owner_and_guests() {
    let place = Place::new().await;
    let (ada, browser) = place.company("").await;
    let slug = ada.actor.slug();
    // Bob has an address of the domain and a password, Eve an address elsewhere.
    let (bob, eve) = (
        place.server.world.owner("bob").await,
        place.server.world.owner("eve").await,
    );
    let pool = place.server.world.database.pool("postgres", 1);
    sqlx::query("update users set email_verified_at = now()")
        .execute(&pool)
        .await
        .expect("confirmed");
    sqlx::query("update users set email = 'eve@guest.example' where user_id = $1")
        .bind(eve.user.0)
        .execute(&pool)
        .await
        .expect("moved");
    for (who, role) in [(&bob, "owner"), (&eve, "viewer")] {
        sqlx::query("insert into memberships (tenant_id, user_id, role) values ($1, $2, $3)")
            .bind(ada.actor.tenant().0)
            .bind(who.user.0)
            .bind(role)
            .execute(&pool)
            .await
            .expect("a member");
    }
    let eve = Person {
        email: "eve@guest.example".into(),
        ..eve
    };
    let (bobs, eves) = (
        place.server.browser_of(&bob).await,
        place.server.browser_of(&eve).await,
    );
    assert_eq!(overview(&bobs, slug).await.0, StatusCode::OK);
    enforce(&browser, slug).await;
    // At once, in sessions that are open, at pages, functions and other doors.
    let (_, to) = overview(&bobs, slug).await;
    assert!(to.starts_with("/sign-in/sso?next=%2Ft%2F"), "{to}");
    let (status, text) = call(&bobs, "overview", &[("tenant", slug)]).await;
    assert!(
        status == StatusCode::FORBIDDEN && text.contains("sso_needed"),
        "{text}"
    );
    let live = bobs
        .get(&format!("/t/{slug}/usage/live"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(live.status(), StatusCode::FORBIDDEN);
    // His own tenant is none of it.
    assert_eq!(overview(&bobs, bob.actor.slug()).await.0, StatusCode::OK);
    // The owner who turned it on, and guests.
    assert_eq!(overview(&browser, slug).await.0, StatusCode::OK);
    assert_eq!(overview(&eves, slug).await.0, StatusCode::OK);
    // By the provider he is in, with his second factor too.
    let claims = json!({ "sub": "b", "email": bob.email });
    assert_eq!(place.sign_in(&bobs, &bob.email, claims.clone()).await, "/");
    assert_eq!(overview(&bobs, slug).await.0, StatusCode::OK);
    do_it(&bobs, "begin_factor", &[]).await;
    let account: Value = serde_json::from_str(&do_it(&bobs, "account", &[]).await).expect("JSON");
    let secret = account["factor"]["Enrolling"]["secret"]
        .as_str()
        .expect("a secret");
    let code = test_support::code_of_app(secret, 0);
    do_it(&bobs, "confirm_factor", &[("code", &code)]).await;
    let other = place.server.browser();
    assert_eq!(
        place.sign_in(&other, &bob.email, claims).await,
        "/sign-in/code"
    );
    assert!(!is_in(&other).await);
    let code = test_support::code_of_app(secret, 1);
    do_it(&other, "sign_in_with_code", &[("code", &code)]).await;
    assert_eq!(overview(&other, slug).await.0, StatusCode::OK);
    // Who no longer owns the tenant breaks no glass.
    sqlx::query("update memberships set role = 'admin' where tenant_id = $1 and user_id = $2")
        .bind(ada.actor.tenant().0)
        .bind(ada.user.0)
        .execute(&pool)
        .await
        .expect("demoted");
    assert!(overview(&browser, slug).await.1.starts_with("/sign-in/sso"));
}

#[tokio::test]
async fn what_is_not_tested_or_not_an_owners_wish_is_not_enforced() {
    let place = Place::new().await;
    let (ada, browser) = place.company("").await;
    let slug = ada.actor.slug();
    let on = [("tenant", slug), ("enforced", "true")];
    // Another provider is another thing.
    let other = Issuer::start().await;
    place.connect(&browser, slug, &other, "").await;
    let (status, text) = call(&browser, "enforce_sso", &on).await;
    assert!(
        status == StatusCode::CONFLICT && text.contains("test the connection"),
        "{text}"
    );
    place.connect(&browser, slug, &place.issuer, "").await;
    place.test(&browser, &ada).await;
    let bob = place.server.world.owner("bob").await;
    let pool = place.server.world.database.pool("postgres", 1);
    sqlx::query("insert into memberships (tenant_id, user_id, role) values ($1, $2, 'admin')")
        .bind(ada.actor.tenant().0)
        .bind(bob.user.0)
        .execute(&pool)
        .await
        .expect("a member");
    let bobs = place.server.browser_of(&bob).await;
    let (status, text) = call(&bobs, "enforce_sso", &on).await;
    assert!(
        status == StatusCode::CONFLICT && text.contains("an owner"),
        "{text}"
    );
    do_it(&browser, "enforce_sso", &on).await;
    // Groups alone may change under it.
    let base = place.issuer.base();
    let form = [
        ("tenant", slug),
        ("issuer", base.as_str()),
        ("client_id", CLIENT),
        ("default_role", "developer"),
        ("groups", "Platform = admin"),
    ];
    do_it(&browser, "connect_sso", &form).await;
    let view = place.view(&browser, slug).await;
    assert_eq!(view["connection"]["enforced"], true);
    assert_eq!(view["connection"]["groups"][0]["role"]["built_in"], "admin");
    assert!(!view.to_string().contains(SECRET));
    do_it(&browser, "disconnect_sso", &[("tenant", slug)]).await;
    assert!(place.view(&browser, slug).await["connection"].is_null());
}

#[tokio::test]
async fn who_has_nothing_but_their_companys_account_confirms_by_it() {
    let place = Place::new().await;
    place.company("").await;
    let (grace, email) = (place.server.browser(), "grace@example.com");
    let claims = json!({ "sub": "g", "email": email });
    place.sign_in(&grace, email, claims.clone()).await;
    let page = grace.get("/step-up?next=/account").send().await;
    let page = page.expect("a page").text().await.expect("a body");
    assert!(page.contains("/sign-in/sso?next=%2Faccount"), "{page}");
    assert!(
        !page.contains("name=\"password\"") && !page.contains("/forgot"),
        "{page}"
    );
    let_ten_minutes_pass(&place.server.world.database.pool("postgres", 1)).await;
    let address = [("email", "new@example.com")];
    let (status, _) = call(&grace, "change_address", &address).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    place.sign_in(&grace, email, claims).await;
    do_it(&grace, "change_address", &address).await;
}
