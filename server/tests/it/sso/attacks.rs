//! What a tenant's provider, or whoever runs it, may try.

use super::{DOMAIN, Place, overview};
use crate::accounts::{call, do_it, is_in};
use crate::sign_in_with::{
    come_back,
    issuer::{CLIENT, LIES, Lie, SECRET},
};
use crate::support::TestServer;
use reqwest::StatusCode;
use serde_json::json;
use test_support::Person;

async fn confirmed(place: &Place, name: &str, email: &str) -> Person {
    let person = place.server.world.owner(name).await;
    sqlx::query("update users set email = $2, email_verified_at = now() where user_id = $1")
        .bind(person.user.0)
        .bind(email)
        .execute(&place.server.world.database.pool("postgres", 1))
        .await
        .expect("confirmed");
    Person {
        email: email.into(),
        ..person
    }
}

#[tokio::test]
async fn a_provider_never_signs_in_as_somebody_for_whom_it_does_not_speak() {
    let place = Place::new().await;
    let (ada, _) = place.company("").await;
    let outside = confirmed(&place, "eve", "eve@victim.example").await;
    let stranger = confirmed(&place, "bob", "bob@example.com").await;
    let browser = place.server.browser();
    for (claims, why) in [
        // An address of another domain, whether it has an account or not.
        (
            json!({ "sub": "1", "email": outside.email }),
            "foreign-address",
        ),
        (
            json!({ "sub": "1", "email": "nobody@victim.example" }),
            "foreign-address",
        ),
        (
            json!({ "sub": "1", "email": "eve@sub.example.com" }),
            "foreign-address",
        ),
        (
            json!({ "sub": "1", "email": "eve@victim.example@example.com" }),
            "address-unverified",
        ),
        (json!({ "sub": "1" }), "address-unverified"),
        (
            json!({ "sub": "1", "email": "x@example.com", "email_verified": false }),
            "address-unverified",
        ),
        // An account of the domain that is no member.
        (json!({ "sub": "1", "email": stranger.email }), "not-member"),
    ] {
        let to = place
            .sign_in(&browser, "x@example.com", claims.clone())
            .await;
        assert_eq!(to, format!("/sign-in/sso?failed={why}"), "{claims}");
        assert!(!is_in(&browser).await, "{claims}");
    }
    assert_eq!(place.role(&ada, &stranger.email).await, None);
    assert_eq!(place.role(&ada, "nobody@victim.example").await, None);
}

#[tokio::test]
async fn a_known_subject_is_not_followed_to_another_address_nor_back_after_leaving() {
    let place = Place::new().await;
    let (ada, browser) = place.company("").await;
    let grace = place.server.browser();
    let claims = json!({ "sub": "g", "email": "grace@example.com" });
    place
        .sign_in(&grace, "grace@example.com", claims.clone())
        .await;
    let pool = place.server.world.database.pool("postgres", 1);
    let move_to = async |email: &str, verified: bool| {
        sqlx::query(
            "update users set email = $1, email_verified_at = case when $2 then now() end
            where name = 'grace'",
        )
        .bind(email)
        .bind(verified)
        .execute(&pool)
        .await
        .expect("moved");
    };
    let try_again = async || {
        let other = place.server.browser();
        let to = place
            .sign_in(&other, "grace@example.com", claims.clone())
            .await;
        assert!(to == "/" || !is_in(&other).await);
        to
    };
    assert_eq!(try_again().await, "/");
    move_to("grace@private.example", true).await;
    assert_eq!(try_again().await, "/sign-in/sso?failed=not-spoken-for");
    move_to("grace@example.com", false).await;
    assert_eq!(try_again().await, "/sign-in/sso?failed=not-spoken-for");
    move_to("grace@example.com", true).await;
    let id: uuid::Uuid = sqlx::query_scalar("select user_id from users where name = 'grace'")
        .fetch_one(&pool)
        .await
        .expect("Grace");
    let form = [("tenant", ada.actor.slug()), ("member", &id.to_string())];
    do_it(&browser, "remove_member", &form).await;
    assert_eq!(try_again().await, "/sign-in/sso?failed=not-member");
}

#[tokio::test]
async fn lies_replays_and_other_tenants_answers_sign_nobody_in() {
    let place = Place::new().await;
    let (ada, _) = place.company("").await;
    let claims = json!({ "sub": "g", "email": "grace@example.com" });
    for lie in LIES {
        place.issuer.lie(lie);
        let browser = place.server.browser();
        let to = place
            .sign_in(&browser, "grace@example.com", claims.clone())
            .await;
        assert_eq!(to, "/sign-in/sso?failed=provider", "{lie:?}");
        assert!(!is_in(&browser).await);
    }
    place.issuer.lie(Lie::Nothing);
    assert_eq!(place.role(&ada, "grace@example.com").await, None);
    let (own, other) = (place.server.browser(), place.server.browser());
    let back = place
        .issuer
        .agree(&place.led(&own, "grace@example.com").await.expect("a way"));
    assert_eq!(
        come_back(&other, &back).await,
        "/sign-in/sso?failed=expired"
    );
    // The answer at another tenant's address.
    let foreign = place.server.world.owner("bob").await;
    let mixed = back.replace(
        &ada.actor.tenant().to_string(),
        &foreign.actor.tenant().to_string(),
    );
    assert_ne!(mixed, back);
    assert_eq!(come_back(&own, &mixed).await, "/sign-in/sso?failed=expired");
    place.issuer.vouch(claims);
    assert_eq!(come_back(&own, &back).await, "/");
    assert_eq!(come_back(&own, &back).await, "/sign-in/sso?failed=expired");
}

#[tokio::test]
async fn coming_by_one_tenants_provider_does_not_enter_another_that_wants_its_own() {
    let place = Place::new().await;
    let (ada, _) = place.enforcing_company().await;
    let slug = ada.actor.slug();
    // Bob's tenant has a domain and a provider of its own, and Grace belongs to both.
    let bob = confirmed(&place, "bob", "bob@other.example").await;
    let bobs = place.server.browser_of(&bob).await;
    place.claim(&bobs, bob.actor.slug(), "other.example").await;
    let form = [("tenant", bob.actor.slug()), ("domain", "other.example")];
    do_it(&bobs, "verify_domain", &form).await;
    place
        .connect(&bobs, bob.actor.slug(), &place.issuer, "")
        .await;
    let grace = place.server.browser();
    let claims = json!({ "sub": "g", "email": "grace@other.example" });
    assert_eq!(
        place.sign_in(&grace, "grace@other.example", claims).await,
        "/"
    );
    sqlx::query(
        "insert into memberships (tenant_id, user_id, role)
        select $1, user_id, 'viewer' from users where email = 'grace@other.example'",
    )
    .bind(ada.actor.tenant().0)
    .execute(&place.server.world.database.pool("postgres", 1))
    .await
    .expect("a member");
    // A guest there, so that she may; with an address of its domain she may not.
    assert_eq!(overview(&grace, slug).await.0, StatusCode::OK);
    sqlx::query("update users set email = 'grace@example.com' where email = 'grace@other.example'")
        .execute(&place.server.world.database.pool("postgres", 1))
        .await
        .expect("moved");
    assert!(overview(&grace, slug).await.1.starts_with("/sign-in/sso"));
}

#[tokio::test]
async fn inner_addresses_are_not_reached_for_tenants() {
    let place = Place::new().await;
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let browser = server.browser_of(&ada).await;
    sqlx::query("insert into tenant_domains values ($1, $2, 'x', now(), now())")
        .bind(ada.actor.tenant().0)
        .bind(DOMAIN)
        .execute(&server.world.database.pool("postgres", 1))
        .await
        .expect("a domain");
    let base = place.issuer.base();
    for issuer in [
        base.as_str(),
        "https://10.0.0.1",
        "https://169.254.169.254",
        "http://id.example.com",
    ] {
        let form = [
            ("tenant", ada.actor.slug()),
            ("issuer", issuer),
            ("client_id", CLIENT),
            ("client_secret", SECRET),
            ("default_role", "viewer"),
        ];
        let (status, text) = call(&browser, "connect_sso", &form).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{issuer}: {text}");
    }
    // A name that leads inside is found out when it is looked up.
    let form = [
        ("tenant", ada.actor.slug()),
        ("issuer", "https://localhost.localdomain"),
        ("client_id", CLIENT),
        ("client_secret", SECRET),
        ("default_role", "viewer"),
    ];
    do_it(&browser, "connect_sso", &form).await;
    let path = format!("/t/{}/sso/test", ada.actor.slug());
    let answer = browser
        .post_plainly(&path, "/")
        .send()
        .await
        .expect("an answer");
    let to = answer.headers()["location"].to_str().expect("text");
    assert!(to.ends_with("/sso?failed=provider"), "{to}");
}

#[tokio::test]
async fn the_sso_test_of_another_tenant_is_missing() {
    let place = Place::new().await;
    let (ada, _) = place.company("").await;
    let bob = place.server.world.owner("bob").await;
    let bobs = place.server.browser_of(&bob).await;
    let path = format!("/t/{}/sso/test", ada.actor.slug());
    let answer = bobs
        .post_plainly(&path, "/")
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}
