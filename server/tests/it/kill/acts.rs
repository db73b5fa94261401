//! `kill -9` while many people act (rule R36): an act that was acknowledged has its one row in the audit log, a
//! row has its act, and no chain has a gap or a fork.

use super::Server;
use crate::support::{Browser, short_or_soak};
use reqwest::Client;
use serde_json::json;
use sqlx::PgPool;
use std::collections::BTreeSet;
use std::time::Duration;
use test_support::{PASSWORD, Person, World};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// People in one tenant, who all act at once.
const WRITERS: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledged_act_has_its_row_however_often_the_server_is_killed() {
    let world = World::new().await;
    let mut server = Server::over(&world);
    server.start().await;
    // Tenants beside it, with one writer each. All are signed in before the first writes.
    let tenants = short_or_soak(6, 50);
    let pool = world.database.pool("postgres", 1);
    let mut places = Vec::new();
    for tenant in 0..=tenants {
        let person = world.owner("ada").await;
        // So many people do not sign in from one address in a quarter of an hour.
        let forget = sqlx::query("delete from sign_in_guesses").execute(&pool);
        forget.await.expect("forgotten");
        let browser = signed_in(&server.url, &person).await;
        let together = if tenant == 0 { WRITERS } else { 1 };
        places.push((person.actor.slug().to_owned(), browser, together));
    }
    let stop = CancellationToken::new();
    let mut writers = JoinSet::new();
    for (tenant, browser, together) in &places {
        for _ in 0..*together {
            let browser = Browser {
                client: browser.client.clone(),
                base: browser.base.clone(),
            };
            writers.spawn(write(browser, tenant.clone(), stop.clone()));
        }
    }
    let kills = short_or_soak(3, 20);
    for nth in 0..kills as u64 {
        sleep(Duration::from_millis(700 + nth * 97 % 600)).await;
        server.kill().await;
        server.start().await;
    }
    sleep(Duration::from_millis(500)).await;
    stop.cancel();
    let acknowledged: BTreeSet<String> = writers.join_all().await.into_iter().flatten().collect();
    let made = names(&pool, "select name from roles").await;
    let told = names(
        &pool,
        "select object_name from audit_events where act = 'role.created'",
    )
    .await;
    assert_eq!(
        made, told,
        "an act without its row, or a row without its act"
    );
    let told: BTreeSet<String> = told.into_iter().collect();
    let lost: Vec<_> = acknowledged.difference(&told).collect();
    assert!(lost.is_empty(), "acknowledged and not there: {lost:?}");
    let chains = check_chains(&pool).await;
    assert_eq!(chains, tenants + 1);
    assert!(acknowledged.len() > WRITERS, "only {}", acknowledged.len());
    println!(
        "{kills} kills, {} acts acknowledged, {} made, each with its one row, in {chains} chains without gap or fork",
        acknowledged.len(),
        made.len(),
    );
}

async fn signed_in(url: &str, person: &Person) -> Browser {
    let client = Client::builder()
        .cookie_store(true)
        .timeout(Duration::from_secs(20))
        .build()
        .expect("a client");
    let base = url.to_owned();
    let browser = Browser { client, base };
    let form = [("email", person.email.as_str()), ("password", PASSWORD)];
    let answer = browser.post("/api/sign_in").form(&form).send().await;
    let answer = answer.expect("an answer");
    assert!(answer.status().is_success(), "{answer:?}");
    browser
}

/// Makes roles until it is stopped. Answers the names of those that were acknowledged.
async fn write(browser: Browser, tenant: String, stop: CancellationToken) -> Vec<String> {
    let mut acknowledged = Vec::new();
    while !stop.is_cancelled() {
        let name = Uuid::new_v4().simple().to_string();
        let form = json!({ "tenant": tenant, "name": name, "permissions[]": "view_tenant" });
        match browser.post("/api/create_role").form(&form).send().await {
            Ok(answer) if answer.status().is_success() => acknowledged.push(name),
            // The server is away.
            _ => sleep(Duration::from_millis(20)).await,
        }
    }
    acknowledged
}

async fn names(pool: &PgPool, query: &'static str) -> Vec<String> {
    let names: Vec<String> = sqlx::query_scalar(query)
        .fetch_all(pool)
        .await
        .expect("names");
    let mut names = names;
    names.sort_unstable();
    names
}

/// Asks that every chain is whole, up to its head. Answers how many there are.
async fn check_chains(pool: &PgPool) -> usize {
    let (broken, headless, chains): (i64, i64, i64) = sqlx::query_as(
        "with placed as (
            select e.*, row_number() over chain as place, lag(hash) over chain as hash_before
            from audit_events e window chain as (partition by tenant_id order by seq)
        )
        select (select count(*) from placed
                where seq <> place or prev <> coalesce(hash_before, decode(repeat('00', 32), 'hex'))),
            (select count(*) from audit_heads h where not exists (
                select from audit_events e
                where e.tenant_id = h.tenant_id and e.seq = h.seq and e.hash = h.hash)),
            (select count(*) from audit_heads)",
    )
    .fetch_one(pool)
    .await
    .expect("the chains");
    assert_eq!(
        (broken, headless),
        (0, 0),
        "gaps or forks, and heads of nothing"
    );
    usize::try_from(chains).expect("a number")
}
