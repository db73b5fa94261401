//! What lets a person in may go one after the other, but never the last.

use api_types::{PasskeyId, Refusal, UserId};
use domain::{Error, Origin, passkeys, sign_in_with};
use test_support::{Person, World, connected_domain};
use uuid::Uuid;

const ISSUER: &str = "https://id.example.com";

/// Somebody without a password.
async fn without_password(world: &World, name: &str) -> Person {
    let person = world.owner(name).await;
    run(
        world,
        "update users set password_hash = null, email_verified_at = now() where user_id = $1",
        person.user,
    )
    .await;
    person
}

async fn run(world: &World, sql: &'static str, user: UserId) {
    let pool = world.database.pool("postgres", 1);
    let done = sqlx::query(sql).bind(user.0).execute(&pool).await;
    done.expect("done");
}

async fn link(world: &World, user: UserId) {
    let sql = "insert into identities (issuer, subject, user_id, provider, label)
        values ('https://id.example.com', $1::text, $1, 'a', 'Ada')";
    run(world, sql, user).await;
}

/// A passkey as far as rows go.
async fn add_passkey(world: &World, user: UserId) -> PasskeyId {
    let id = Uuid::now_v7();
    sqlx::query(
        "insert into passkeys (passkey_id, user_id, credential_id, name, record, transports,
            may_back_up, backed_up, sign_count)
        values ($1, $2, uuid_send($1), 'phone', 'x', 0, true, true, 0)",
    )
    .bind(id)
    .bind(user.0)
    .execute(&world.database.pool("postgres", 1))
    .await
    .expect("a passkey");
    PasskeyId(id)
}

async fn unlink(world: &World, user: UserId) -> domain::Result<()> {
    let subject = user.to_string();
    sign_in_with::unlink(&world.services, user, Origin::default(), ISSUER, &subject).await
}

async fn remove(world: &World, user: UserId, passkey: PasskeyId) -> domain::Result<()> {
    passkeys::remove(&world.services, user, Origin::default(), passkey).await
}

fn assert_last(answer: domain::Result<()>) {
    let last = matches!(&answer, Err(Error::Refused(Refusal::Conflict { message }))
        if message.contains("only way in"));
    assert!(last, "{answer:?}");
}

#[tokio::test]
async fn a_passkey_lets_the_last_identity_go_and_then_stays_itself() {
    let world = World::new().await;
    let user = without_password(&world, "ada").await.user;
    link(&world, user).await;
    assert_last(unlink(&world, user).await);
    let (one, two) = (
        add_passkey(&world, user).await,
        add_passkey(&world, user).await,
    );
    unlink(&world, user).await.expect("a passkey lets her in");
    remove(&world, user, one).await.expect("there is another");
    assert_last(remove(&world, user, two).await);
    link(&world, user).await;
    remove(&world, user, two)
        .await
        .expect("an account elsewhere lets her in");
    assert_last(unlink(&world, user).await);
}

#[tokio::test]
async fn of_two_ways_in_that_go_at_once_one_stays() {
    let world = World::new().await;
    let other = world.on_another_server("http://127.0.0.1:3000");
    for _ in 0..10 {
        let user = without_password(&world, "ada").await.user;
        link(&world, user).await;
        let passkey = add_passkey(&world, user).await;
        let (one, two) = tokio::join!(unlink(&world, user), remove(&other, user, passkey));
        assert_eq!(
            u8::from(one.is_ok()) + u8::from(two.is_ok()),
            1,
            "{one:?} {two:?}"
        );
    }
}

#[tokio::test]
async fn a_companys_provider_is_a_way_in_for_its_members_alone() {
    let world = World::new().await;
    let (ada, eve) = (
        without_password(&world, "ada").await,
        without_password(&world, "eve").await,
    );
    let domain = connected_domain(&ada).await;
    for person in [&ada, &eve] {
        sqlx::query("update users set email = name || '@' || $2 where user_id = $1")
            .bind(person.user.0)
            .bind(&domain)
            .execute(&world.database.pool("postgres", 1))
            .await
            .expect("moved");
    }
    let passkey = add_passkey(&world, ada.user).await;
    remove(&world, ada.user, passkey)
        .await
        .expect("her company lets her in");
    let passkey = add_passkey(&world, eve.user).await;
    assert_last(remove(&world, eve.user, passkey).await);
}
