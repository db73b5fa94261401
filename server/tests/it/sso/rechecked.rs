//! Verified domains are looked at again, and lost when their record is gone for good.

use super::{DOMAIN, Place, overview};
use crate::accounts::{do_it, letter};
use crate::support::Browser;
use reqwest::StatusCode;
use serde_json::json;
use test_support::Person;

/// A day later, some server looks. Answers on how many days the record was missing.
async fn next_day(place: &Place) -> i32 {
    let pool = place.server.world.database.pool("postgres", 1);
    sqlx::query("update tenant_domains set looked_at = looked_at - interval '25 hours'")
        .execute(&pool)
        .await
        .expect("a day later");
    let s = &place.server.world.services;
    assert_eq!(domain::sso::recheck(s).await.expect("looked"), 1);
    assert_eq!(
        domain::sso::recheck(s).await.expect("looked"),
        0,
        "once a day"
    );
    sqlx::query_scalar("select days_missing from tenant_domains")
        .fetch_one(&pool)
        .await
        .expect("a domain")
}

async fn is_verified(place: &Place, browser: &Browser, who: &Person) -> bool {
    let view = place.view(browser, who.actor.slug()).await;
    !view["domains"][0]["verified_at"].is_null()
}

#[tokio::test]
async fn a_domain_without_its_record_for_three_days_is_lost_and_its_owners_told() {
    let place = Place::new().await;
    let (ada, browser) = place.enforcing_company().await;
    let slug = ada.actor.slug();
    let record = place.view(&browser, slug).await["domains"][0]["record"].clone();
    let record = record.as_str().expect("a record");
    assert_eq!(next_day(&place).await, 0, "it is there");
    place.dns.forget(DOMAIN);
    assert_eq!(next_day(&place).await, 1);
    // Another text is no record either.
    place.dns.set(DOMAIN, "v=spf1 -all");
    assert_eq!(next_day(&place).await, 2);
    // A name server that fails says nothing, neither for nor against.
    place.dns.fail(DOMAIN);
    assert_eq!(next_day(&place).await, 2);
    assert!(is_verified(&place, &browser, &ada).await);
    place.dns.set(DOMAIN, record);
    assert_eq!(next_day(&place).await, 0, "back in time");
    place.dns.forget(DOMAIN);
    for days in [1, 2] {
        assert_eq!(next_day(&place).await, days);
    }
    assert!(is_verified(&place, &browser, &ada).await);
    next_day(&place).await;
    assert!(!is_verified(&place, &browser, &ada).await);
    let letters = place.server.world.letters_to(&ada.email).await;
    let letter = letter(&letters, &format!("{DOMAIN} is no longer verified"));
    assert!(
        letter.text.contains(&format!("/t/{slug}/sso")),
        "{}",
        letter.text
    );
    let (kind, name): (String, String) = sqlx::query_as(
        "select actor_kind, object_name from audit_events where act = 'tenant.sso_domain_lost'",
    )
    .fetch_one(&place.server.world.database.pool("postgres", 1))
    .await
    .expect("one row");
    assert_eq!((kind.as_str(), name.as_str()), ("system", DOMAIN));
    // Its provider speaks for nobody now, and keeps nobody out.
    let led = place
        .led(&place.server.browser(), "grace@example.com")
        .await;
    assert_eq!(led, Err("/sign-in/sso?failed=no-sso".into()));
    let form = [("tenant", slug), ("domain", DOMAIN)];
    place.dns.set(DOMAIN, record);
    do_it(&browser, "verify_domain", &form).await;
    assert_eq!(next_day(&place).await, 0);
}

#[tokio::test]
async fn a_lost_domain_no_longer_keeps_its_people_out() {
    let place = Place::new().await;
    let (ada, _) = place.enforcing_company().await;
    let slug = ada.actor.slug();
    let bob = place.server.world.owner("bob").await;
    sqlx::query("insert into memberships (tenant_id, user_id, role) values ($1, $2, 'viewer')")
        .bind(ada.actor.tenant().0)
        .bind(bob.user.0)
        .execute(&place.server.world.database.pool("postgres", 1))
        .await
        .expect("a member");
    let bobs = place.server.browser_of(&bob).await;
    assert!(overview(&bobs, slug).await.1.starts_with("/sign-in/sso"));
    place.dns.forget(DOMAIN);
    for _ in 0..3 {
        next_day(&place).await;
    }
    assert_eq!(overview(&bobs, slug).await.0, StatusCode::OK);
    // Only owners are told.
    let letters = place.server.world.letters_to(&bob.email).await;
    assert!(
        !letters
            .iter()
            .any(|one| one.subject.contains("no longer verified"))
    );
}

#[tokio::test]
async fn two_servers_that_look_at_once_count_one_day() {
    let place = Place::new().await;
    place.company("").await;
    place.dns.forget(DOMAIN);
    let pool = place.server.world.database.pool("postgres", 1);
    sqlx::query("update tenant_domains set looked_at = null")
        .execute(&pool)
        .await
        .expect("never looked at");
    let s = &place.server.world.services;
    let (one, two) = tokio::join!(domain::sso::recheck(s), domain::sso::recheck(s));
    assert_eq!(one.expect("looked") + two.expect("looked"), 1);
    let missing: i32 = sqlx::query_scalar("select days_missing from tenant_domains")
        .fetch_one(&pool)
        .await
        .expect("a domain");
    assert_eq!(missing, 1);
}

#[tokio::test]
async fn a_sign_in_that_fails_leads_back_to_itself_wherever_it_was_to_lead() {
    let place = Place::new().await;
    let (ada, _) = place.company("").await;
    let browser = place.server.browser();
    let next = format!("/t/{}/sso", ada.actor.slug());
    let form = [("email", "grace@example.com"), ("next", next.as_str())];
    let answer = browser
        .post_plainly("/sign-in/sso/start", "/sign-in/sso")
        .form(&form);
    let page = answer.send().await.expect("an answer").text().await;
    let url = super::url_in(&page.expect("a page"));
    place
        .issuer
        .vouch(json!({ "sub": "1", "email": "eve@victim.example" }));
    let to = crate::sign_in_with::come_back(&browser, &place.issuer.agree(&url)).await;
    let page = app::leading_to("/sign-in/sso", &next);
    assert_eq!(to, format!("{page}&failed=foreign-address"));
}
