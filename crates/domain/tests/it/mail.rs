//! The outbox: a letter leaves when its transaction has committed, once, and is never lost.

use api_types::input::Email;
use domain::mail::{self, Failure, Mail, Mailer, Outgoing};
use std::time::Duration;
use test_support::{Inbox, World};

fn letter(to: &str) -> Mail {
    Mail {
        to: Email::parse(to).expect("an address"),
        subject: "Hello".into(),
        text: "the-secret-link".into(),
        html: "<p>the-secret-link</p>".into(),
    }
}

#[tokio::test]
async fn a_letter_is_sent_if_and_only_if_its_transaction_commits() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    world.letters_to("").await;
    let db = &world.services.db;
    let mut tx = db.tenant_tx(ada.actor.tenant()).await.expect("a tx");
    mail::enqueue(&world.services, &mut tx, &letter("kept@example.com"))
        .await
        .expect("enqueued");
    let inbox = Inbox::default();
    assert_eq!(
        mail::send_due(&world.services, &inbox)
            .await
            .expect("a run"),
        0
    );
    tx.commit().await.expect("committed");
    let mut tx = db.tenant_tx(ada.actor.tenant()).await.expect("a tx");
    mail::enqueue(&world.services, &mut tx, &letter("dropped@example.com"))
        .await
        .expect("enqueued");
    drop(tx);
    // Outside of any tenant.
    let mut global = db.global().await.expect("a connection");
    mail::enqueue(&world.services, &mut global, &letter("nobody@example.com"))
        .await
        .expect("enqueued");
    assert_eq!(
        mail::send_due(&world.services, &inbox)
            .await
            .expect("a run"),
        2
    );
    let to: Vec<_> = inbox.letters().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to[0].as_str(), "kept@example.com");
    assert_eq!(to[1].as_str(), "nobody@example.com");
    let left: i64 = sqlx::query_scalar("select count(*) from outbox")
        .fetch_one(&world.database.pool("postgres", 1))
        .await
        .expect("a count");
    assert_eq!(left, 0, "a letter stays after it was sent");
}

#[tokio::test]
async fn workers_side_by_side_send_each_letter_once() {
    let world = World::new().await;
    let db = &world.services.db;
    for number in 0..40 {
        let mut global = db.global().await.expect("a connection");
        mail::enqueue(
            &world.services,
            &mut global,
            &letter(&format!("p{number}@example.com")),
        )
        .await
        .expect("enqueued");
    }
    let inbox = Inbox::default();
    let workers = (0..4).map(|_| mail::send_due(&world.services, &inbox));
    let sent: usize = futures::future::join_all(workers)
        .await
        .into_iter()
        .map(|sent| sent.expect("a run"))
        .sum();
    assert_eq!(sent, 40);
    let mut to: Vec<_> = inbox
        .letters()
        .iter()
        .map(|mail| mail.to.as_str().to_owned())
        .collect();
    to.sort();
    to.dedup();
    assert_eq!(to.len(), 40);
}

/// Refuses everything.
struct Refusing {
    retry: bool,
}

impl Mailer for Refusing {
    async fn send(&self, _: &Outgoing) -> Result<(), Failure> {
        Err(Failure {
            reason: "no".into(),
            retry: self.retry,
        })
    }
}

#[tokio::test]
async fn a_letter_that_fails_is_tried_again_later_and_one_that_never_will_is_kept_without_its_body()
{
    let world = World::new().await;
    let db = &world.services.db;
    let mut global = db.global().await.expect("a connection");
    mail::enqueue(&world.services, &mut global, &letter("ada@example.com"))
        .await
        .expect("enqueued");
    assert_eq!(
        mail::send_due(&world.services, &Refusing { retry: true })
            .await
            .expect("a run"),
        1
    );
    // Not at once: the pause has to pass.
    assert!(world.letters_to("ada@example.com").await.is_empty());
    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert_eq!(
        mail::send_due(&world.services, &Refusing { retry: false })
            .await
            .expect("a run"),
        1
    );
    let pool = world.database.pool("postgres", 1);
    let (attempts, payload, reason, dead): (i32, Vec<u8>, Option<String>, bool) =
        sqlx::query_as("select attempts, payload, last_error, dead_at is not null from outbox")
            .fetch_one(&pool)
            .await
            .expect("the dead letter");
    assert_eq!((attempts, payload.len(), dead), (2, 0, true));
    assert_eq!(reason.as_deref(), Some("no"));
    assert_eq!(
        mail::send_due(&world.services, &Inbox::default())
            .await
            .expect("a run"),
        0
    );
}

/// Never answers.
struct Hanging;

impl Mailer for Hanging {
    async fn send(&self, _: &Outgoing) -> Result<(), Failure> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_worker_that_dies_leaves_its_letter_to_another() {
    let world = World::new().await;
    let db = &world.services.db;
    let mut global = db.global().await.expect("a connection");
    mail::enqueue(&world.services, &mut global, &letter("ada@example.com"))
        .await
        .expect("enqueued");
    let dying = mail::send_due(&world.services, &Hanging);
    let dead = tokio::time::timeout(Duration::from_millis(300), dying).await;
    assert!(dead.is_err(), "it should hang");
    assert!(world.letters_to("ada@example.com").await.is_empty());
    sqlx::query("update outbox set leased_until = now() - interval '1 second'")
        .execute(&world.database.pool("postgres", 1))
        .await
        .expect("time passes");
    assert_eq!(world.letters_to("ada@example.com").await.len(), 1);
}

#[tokio::test]
async fn a_request_can_add_to_the_outbox_and_not_read_it() {
    let world = World::new().await;
    let pool = world.database.pool("bulkhead_runtime", 1);
    for statement in [
        "select payload from outbox",
        "update outbox set run_at = now()",
        "delete from outbox",
    ] {
        let answer = sqlx::query(statement).execute(&pool).await;
        assert!(answer.is_err(), "{statement} was allowed");
    }
}

#[tokio::test]
async fn whoever_issues_a_key_is_told_so_without_its_secret() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let client = ada.client("agent").await;
    let key = ada.key(&client).await;
    let letters = world.letters_to(&ada.email).await;
    let letter = letters
        .iter()
        .find(|mail| mail.subject == "A new API key was issued")
        .expect("a letter");
    assert!(letter.text.contains(&key.key.display_prefix));
    assert!(!letter.text.contains(&key.secret) && !letter.html.contains(&key.secret));
}
