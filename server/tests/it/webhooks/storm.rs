//! `kill -9` while webhooks are sent to receivers of which half the answers are bad (rule R28): nothing is lost, what
//! comes twice has the same id, and what a dead server had is another's within a minute. `make soak` has 10,000 events.

use super::{act, endpoint, receivers, server};
use crate::support::short_or_soak;
use domain::webhooks;
use serde_json::Value;
use sqlx::PgPool;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};
use test_support::{Arrival, Manner, Person, Receiver};
use time::OffsetDateTime;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What a dead server had is another's within this.
const TAKEN_OVER: Duration = Duration::from_mins(1);

/// Of a hundred answers 30 are errors of the server, 10 never come, and 5 connections break off.
fn badly(before: usize) -> Manner {
    match before * 37 % 100 {
        0..15 => Manner::Say(500),
        15..30 => Manner::Say(503),
        30..40 => Manner::Hang,
        40..45 => Manner::Reset,
        _ => Manner::Say(200),
    }
}

/// A tenant that is told what happens in it.
struct Tenant {
    person: Person,
    receiver: Receiver,
    secret: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r28_nothing_is_lost_however_badly_receivers_answer_and_however_often_the_server_is_killed()
{
    let receivers = receivers(8, badly).await;
    let (world, mut server) = server(&receivers).await;
    let pool = world.database.pool("postgres", 2);
    let mut tenants = Vec::new();
    for receiver in receivers {
        let person = world.owner("ada").await;
        let secret = endpoint(&person, &receiver).await.1;
        tenants.push(Tenant {
            person,
            receiver,
            secret,
        });
    }
    let stop = CancellationToken::new();
    let pump = tokio::spawn(let_time_pass(pool.clone(), stop.clone()));
    let events = short_or_soak(304, 10_000) / tenants.len();
    let pause = Duration::from_millis(short_or_soak(150, 250));
    let told = async {
        let each = tenants.iter().map(|tenant| tell(tenant, events, pause));
        futures::future::join_all(each).await
    };
    let kills = short_or_soak(3, 20);
    let killing = async {
        let mut killed = Vec::new();
        for nth in 0..kills {
            sleep(Duration::from_millis(
                short_or_soak(1500, 15_000) + nth * 97 % 600,
            ))
            .await;
            let (_, at) = server.kill().await;
            killed.push((at, leased(&pool).await));
            server.start().await;
        }
        killed
    };
    let (told, killed) = tokio::join!(told, killing);
    settle(&pool, &tenants).await;
    stop.cancel();
    pump.await.expect("no panic");
    server.stop().await;

    let mut sent = 0;
    for (tenant, names) in tenants.iter().zip(&told) {
        sent += check(tenant, names);
    }
    let taken_over = check_taken_over(&tenants, &killed);
    let attempts: i64 = sqlx::query_scalar("select count(*) from webhook_attempts")
        .fetch_one(&pool)
        .await
        .expect("attempts");
    println!(
        "{} events, {kills} kills: 0 lost, {sent} requests of which {attempts} were written down, {taken_over:?}",
        events * tenants.len()
    );
}

/// Makes events. Answers the names of what they tell of.
async fn tell(tenant: &Tenant, events: usize, pause: Duration) -> Vec<String> {
    let mut names = Vec::new();
    for _ in 0..events {
        names.push(act(&tenant.person).await);
        sleep(pause).await;
    }
    names
}

/// Pauses are days in all: nobody waits for them here.
async fn let_time_pass(pool: PgPool, stop: CancellationToken) {
    let mut pause = Duration::from_millis(500);
    while stop.run_until_cancelled(sleep(pause)).await.is_some() {
        let now = "update webhook_deliveries set next_at = now() where next_at > now()";
        if sqlx::query(now).execute(&pool).await.is_err() {
            pause = Duration::from_secs(1);
        }
    }
}

/// What somebody was sending.
async fn leased(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select delivery_id::text from webhook_deliveries
        where leased_until > now() and state in ('waiting', 'retrying')",
    )
    .fetch_all(pool)
    .await
    .expect("deliveries")
}

/// Waits until all has arrived. What was given up after ten attempts is sent again, as people would.
async fn settle(pool: &PgPool, tenants: &[Tenant]) {
    let deadline = Instant::now() + Duration::from_secs(short_or_soak(180, 1800));
    loop {
        let left: i64 = sqlx::query_scalar(
            "select count(*) from webhook_deliveries where state <> 'delivered'",
        )
        .fetch_one(pool)
        .await
        .expect("a count");
        if left == 0 {
            return;
        }
        assert!(Instant::now() < deadline, "{left} have not arrived");
        sleep(Duration::from_secs(1)).await;
        for tenant in tenants {
            let (s, a) = (&tenant.person.world.services, &tenant.person.actor);
            let list = webhooks::list(s, a).await.expect("endpoints");
            let now = OffsetDateTime::now_utc();
            let then = now - time::Duration::DAY;
            let again = webhooks::replay_between(s, a, list.endpoints[0].id, then, now, true);
            again.await.expect("sent again");
        }
    }
}

/// Asks that all was taken, signed, and under one id each. Answers how many requests there were.
fn check(tenant: &Tenant, names: &[String]) -> usize {
    let arrivals = tenant.receiver.arrivals();
    let mut ids: HashMap<String, HashSet<String>> = HashMap::new();
    let mut taken: HashSet<String> = HashSet::new();
    for arrival in &arrivals {
        let body: Value = serde_json::from_str(&arrival.body).expect("JSON");
        let name = body["data"]["object"]["name"].as_str().expect("a name");
        let timestamp = arrival.header("webhook-timestamp").parse().expect("a time");
        let signed = webhooks::signature(&tenant.secret, arrival.id(), timestamp, &arrival.body);
        assert_eq!(arrival.header("webhook-signature"), signed);
        ids.entry(name.to_owned())
            .or_default()
            .insert(arrival.id().to_owned());
        if arrival.is_taken() {
            taken.insert(name.to_owned());
        }
    }
    let lost: Vec<_> = names.iter().filter(|name| !taken.contains(*name)).collect();
    assert!(
        lost.is_empty(),
        "{} of {} are lost",
        lost.len(),
        names.len()
    );
    assert_eq!(ids.len(), names.len(), "what nobody did was told");
    for (name, ids) in ids {
        assert_eq!(ids.len(), 1, "{name} came as {ids:?}");
    }
    arrivals.len()
}

/// Asks that what a killed server had was sent by the next. Answers how many that were, and how long the longest waited.
fn check_taken_over(tenants: &[Tenant], killed: &[(Instant, Vec<String>)]) -> (usize, Duration) {
    let arrivals: Vec<Arrival> = tenants
        .iter()
        .flat_map(|tenant| tenant.receiver.arrivals())
        .collect();
    let mut longest = Duration::ZERO;
    for (at, ids) in killed {
        for id in ids {
            assert!(Uuid::parse_str(id).is_ok());
            let after = arrivals.iter().filter(|one| one.id() == id && one.at > *at);
            let next = after.map(|one| one.at - *at).min();
            let waited = next.unwrap_or_else(|| panic!("{id} was never sent again"));
            longest = longest.max(waited);
        }
    }
    assert!(longest <= TAKEN_OVER, "{longest:?}");
    (killed.iter().map(|(_, ids)| ids.len()).sum(), longest)
}
