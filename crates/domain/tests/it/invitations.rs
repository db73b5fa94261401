//! How many invitations may be sent: of a tenant, to an address, and of one again.

use api_types::{InvitationId, Refusal, Role, input::Email, members::RoleChoice};
use domain::{Error, Result, invitations};
use sqlx::PgPool;
use std::time::Duration;
use test_support::{Person, World};
use time::OffsetDateTime;

const VIEWER: RoleChoice = RoleChoice::BuiltIn(Role::Viewer);
const DAY: u64 = 24 * 3600;

async fn invite(by: &Person, email: &str) -> Result<()> {
    let email = Email::parse(email).expect("an address");
    invitations::invite(&by.world.services, &by.actor, email, VIEWER).await
}

async fn open(by: &Person) -> Vec<InvitationId> {
    let pending = invitations::pending(&by.world.services, &by.actor).await;
    let pending = pending.expect("invitations").into_iter();
    pending.map(|one| one.id).collect()
}

async fn again(by: &Person) -> Result<()> {
    let id = open(by).await[0];
    invitations::resend(&by.world.services, &by.actor, id).await
}

async fn revoke(by: &Person) {
    let id = open(by).await[0];
    let revoked = invitations::revoke(&by.world.services, &by.actor, id).await;
    revoked.expect("revoked");
}

fn assert_too_many(answer: Result<()>, longest: u64) {
    match answer {
        Err(Error::Refused(Refusal::TooMany {
            retry_after_seconds,
        })) => assert!((1..=longest).contains(&retry_after_seconds)),
        other => panic!("{other:?}"),
    }
}

/// Windows begin with the minute, and with the day: what follows is to be within one.
async fn early_in_a_minute() {
    let second = u64::from(OffsetDateTime::now_utc().second());
    if second > 50 {
        tokio::time::sleep(Duration::from_secs(60 - second)).await;
    }
}

async fn let_a_minute_pass(pool: &PgPool) {
    run(
        pool,
        "delete from sign_in_guesses where extract(epoch from window_start)::bigint % 86400 <> 0",
    )
    .await;
}

async fn let_a_day_pass(pool: &PgPool) {
    run(
        pool,
        "update sign_in_guesses set window_start = window_start - interval '1 day'",
    )
    .await;
}

async fn run(pool: &PgPool, query: &'static str) {
    sqlx::query(query).execute(pool).await.expect("time passes");
}

#[tokio::test]
async fn a_tenant_sends_a_hundred_invitations_a_day() {
    early_in_a_minute().await;
    let world = World::new().await;
    let pool = world.database.pool("postgres", 1);
    let (ada, bob) = (world.owner("ada").await, world.owner("bob").await);
    for nth in 0..100 {
        invite(&ada, &format!("guest{nth}@example.com"))
            .await
            .expect("sent");
    }
    assert_too_many(invite(&ada, "more@example.com").await, DAY);
    assert_too_many(again(&ada).await, DAY);
    assert_eq!(open(&ada).await.len(), 100, "a refusal leaves nothing");
    invite(&bob, "more@example.com")
        .await
        .expect("another tenant");
    let_a_day_pass(&pool).await;
    invite(&ada, "more@example.com").await.expect("sent");
}

#[tokio::test]
async fn one_address_gets_few_letters_whatever_becomes_of_the_invitation() {
    early_in_a_minute().await;
    let world = World::new().await;
    let pool = world.database.pool("postgres", 1);
    let ada = world.owner("ada").await;
    let email = "guest@example.com";
    invite(&ada, email).await.expect("sent");
    again(&ada).await.expect("sent again");
    assert_too_many(again(&ada).await, 60);
    for _ in 0..2 {
        let_a_minute_pass(&pool).await;
        again(&ada).await.expect("sent again");
    }
    revoke(&ada).await;
    invite(&ada, email).await.expect("the fifth");
    let_a_minute_pass(&pool).await;
    assert_too_many(again(&ada).await, DAY);
    revoke(&ada).await;
    assert_too_many(invite(&ada, email).await, DAY);
    invite(&ada, "other@example.com")
        .await
        .expect("another address");
    // Other tenants may write there too, all together twenty times.
    for name in ["bob", "eve", "kay"] {
        let other = world.owner(name).await;
        for _ in 0..5 {
            invite(&other, email).await.expect("sent");
            revoke(&other).await;
        }
    }
    let late = world.owner("joe").await;
    assert_too_many(invite(&late, email).await, DAY);
    let_a_day_pass(&pool).await;
    invite(&late, email).await.expect("sent");
}
