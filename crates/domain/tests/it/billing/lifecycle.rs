//! Rule R24: the life of a subscription in thirty events, told in a thousand orders, twice, late, and one in ten never.
//! In the end each tenant has what the one has that was told everything in order.

use super::Desk;
use domain::{Services, billing};
use serde_json::Value;
use sqlx::PgPool;
use std::collections::HashMap;
use test_support::{
    stripe_fake::{self, WEBHOOK_SECRET},
    way_to,
};
use time::OffsetDateTime;
use uuid::Uuid;

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// Tenants that are told in orders of their own, beside the one that is told in order.
const TENANTS: usize = 1000;

/// How late an event may come.
const LATEST: i64 = 72 * HOUR;

/// What happens in a life, in order, with the time that passes before.
#[derive(Clone, Copy, Debug)]
enum Step {
    Begin { plan: &'static str, trial_days: i64 },
    Wait,
    Seats(i64),
    Plan(&'static str),
    Decline(bool),
    EndWithPeriod(bool),
    EndNow,
}

const LIFE: &[(i64, Step)] = &[
    (
        0,
        Step::Begin {
            plan: "pro",
            trial_days: 14,
        },
    ),
    (12 * DAY, Step::Wait),
    (3 * DAY, Step::Wait),
    (2 * HOUR, Step::Seats(3)),
    (2 * HOUR, Step::Plan("enterprise")),
    (5 * DAY, Step::Decline(true)),
    (30 * DAY, Step::Wait),
    (HOUR, Step::Decline(false)),
    (4 * DAY, Step::EndWithPeriod(true)),
    (HOUR, Step::EndWithPeriod(false)),
    (DAY, Step::EndNow),
    (
        HOUR,
        Step::Begin {
            plan: "pro",
            trial_days: 0,
        },
    ),
    (HOUR, Step::Seats(5)),
    (HOUR, Step::Decline(true)),
    (32 * DAY, Step::Wait),
    // One event alone: where it is lost, nothing else tells of it.
    (HOUR, Step::EndWithPeriod(true)),
];

/// A tenant, and what it is still to be told.
struct Told {
    customer: String,
    subscription: String,
    /// When, and what.
    coming: Vec<(i64, String)>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r24_whatever_the_order_the_end_is_the_same() {
    let desk = Desk::open().await;
    let sibling = desk
        .world
        .with_stripe("http://127.0.0.1:3000", way_to(&desk.fake));
    let servers = [desk.world.services.clone(), sibling.services.clone()];
    let ada = desk.world.owner("ada").await;
    // Makes the catalogue.
    billing::checkout(&servers[0], &ada.actor, "pro")
        .await
        .expect("led");
    let start = OffsetDateTime::now_utc().unix_timestamp() - 90 * DAY;
    desk.fake.set_clock(start);
    let mut tenants = tenants(&desk, TENANTS + 1).await;
    let (mut seen, mut dice) = (desk.fake.events().len(), fastrand::Rng::with_seed(24));
    let (mut told, mut dropped) = (0, 0);
    for (pause, step) in LIFE {
        desk.fake.advance(desk.fake.now() + pause);
        for one in &mut tenants {
            live(&desk, one, *step);
        }
        let events = desk.fake.events_since(seen);
        seen += events.len();
        dropped += spread(&mut tenants, &events, &mut dice);
        told += tell_due(&servers, &mut tenants, desk.fake.now(), &mut dice).await;
        follow(&servers).await;
    }
    desk.fake.advance(desk.fake.now() + LATEST);
    told += tell_due(&servers, &mut tenants, i64::MAX, &mut dice).await;
    follow(&servers).await;
    let before = wrong(&desk.pool()).await;
    // What never came is in Stripe's list.
    sqlx::query("update billing_state set events_until = now() - interval '120 days'")
        .execute(&desk.pool())
        .await
        .expect("set");
    let repaired = billing::catch_up(&servers[0]).await.expect("events");
    follow(&servers).await;
    let events = desk.fake.events().len() / (TENANTS + 1);
    println!(
        "{TENANTS} orders of {events} events: {told} told, {dropped} dropped, {repaired} found in the list; \
         {before} tenants were wrong before that"
    );
    assert!(events >= 30, "only {events} events");
    assert!(
        before > 0 && repaired > 0,
        "nothing was lost, so the repair is not proved"
    );
    assert_eq!(wrong(&desk.pool()).await, 0, "of {TENANTS}");
    let waiting: i64 =
        sqlx::query_scalar("select count(*) from billing_events where done_at is null")
            .fetch_one(&desk.pool())
            .await
            .expect("rows");
    assert_eq!(waiting, 0);
}

/// Tenants with a customer each, without people.
async fn tenants(desk: &Desk, number: usize) -> Vec<Told> {
    let mut all = Vec::new();
    let (mut ids, mut slugs, mut customers) = (Vec::new(), Vec::new(), Vec::new());
    for nth in 0..number {
        let customer = desk
            .fake
            .ask("POST", "customers", "payment_method=pm_card_visa");
        let customer = customer["id"].as_str().expect("an id").to_owned();
        ids.push(Uuid::now_v7());
        slugs.push(format!("tenant-{nth}"));
        customers.push(customer.clone());
        all.push(Told {
            customer,
            subscription: String::new(),
            coming: Vec::new(),
        });
    }
    sqlx::query(
        "with made as (
            insert into tenants (tenant_id, slug, name)
            select id, slug, slug from unnest($1::uuid[], $2::text[]) as t (id, slug) returning tenant_id
        )
        insert into billing_accounts (tenant_id, livemode, customer)
        select id, false, customer from unnest($1::uuid[], $3::text[]) as t (id, customer)",
    )
    .bind(&ids)
    .bind(&slugs)
    .bind(&customers)
    .execute(&desk.pool())
    .await
    .expect("tenants");
    all
}

/// One step of a life.
fn live(desk: &Desk, told: &mut Told, step: Step) {
    let fake = &desk.fake;
    let price = |plan: &str, part: &str| {
        let found = fake.ask(
            "GET",
            "prices",
            &format!("lookup_keys[]=bulkhead_{plan}_{part}"),
        );
        found["data"][0]["id"].as_str().expect("a price").to_owned()
    };
    let item = |at: usize| {
        let subscription = fake.object(&told.subscription).expect("a subscription");
        subscription["items"]["data"][at]["id"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let path = format!("subscriptions/{}", told.subscription);
    match step {
        Step::Wait => {}
        Step::Decline(decline) => fake.decline(&told.customer, decline),
        Step::EndWithPeriod(ends) => {
            fake.ask("POST", &path, &format!("cancel_at_period_end={ends}"));
        }
        Step::EndNow => drop(fake.ask("DELETE", &path, "")),
        Step::Plan(plan) => {
            let (base, seat) = (price(plan, "base"), price(plan, "seat"));
            let form = format!(
                "items[0][id]={}&items[0][price]={base}&items[1][id]={}&items[1][price]={seat}",
                item(0),
                item(2)
            );
            fake.ask("POST", &path, &form);
        }
        Step::Seats(seats) => {
            let form = format!(
                "items[0][price]={}&items[0][quantity]={seats}",
                price("pro", "seat")
            );
            fake.ask("POST", &path, &form);
        }
        Step::Begin { plan, trial_days } => {
            let form = format!(
                "customer={}&items[0][price]={}&items[1][price]={}&trial_period_days={trial_days}",
                told.customer,
                price(plan, "base"),
                price(plan, "usage")
            );
            let made = fake.ask("POST", "subscriptions", &form);
            made["id"]
                .as_str()
                .expect("an id")
                .clone_into(&mut told.subscription);
        }
    }
}

/// Says when each event comes, if it does: at once to the first tenant, whenever to the others. Answers how many never do.
fn spread(tenants: &mut [Told], events: &[Value], dice: &mut fastrand::Rng) -> usize {
    let places: HashMap<String, usize> = tenants
        .iter()
        .enumerate()
        .map(|(at, one)| (one.customer.clone(), at))
        .collect();
    let mut dropped = 0;
    for event in events {
        let object = &event["data"]["object"];
        let customer = object["customer"].as_str().or(object["id"].as_str());
        let Some(&at) = customer.and_then(|customer| places.get(customer)) else {
            continue;
        };
        let created = event["created"].as_i64().expect("a time");
        let body = event.to_string();
        if at == 0 {
            tenants[0].coming.push((created, body));
            continue;
        }
        if dice.u8(..100) < 10 {
            dropped += 1;
            continue;
        }
        for _ in 0..=usize::from(dice.u8(..100) < 30) {
            let late = dice.i64(0..=LATEST);
            tenants[at].coming.push((created + late, body.clone()));
        }
    }
    dropped
}

/// Tells what has come by now, each tenant's in an order of its own, to whichever server. Answers how much that was.
async fn tell_due(
    servers: &[Services; 2],
    tenants: &mut [Told],
    now: i64,
    dice: &mut fastrand::Rng,
) -> usize {
    let mut due = Vec::new();
    for (at, one) in tenants.iter_mut().enumerate() {
        let (come, later): (Vec<_>, Vec<_>) = std::mem::take(&mut one.coming)
            .into_iter()
            .partition(|(when, _)| *when <= now);
        one.coming = later;
        let mut come: Vec<String> = come.into_iter().map(|(_, body)| body).collect();
        if at > 0 {
            dice.shuffle(&mut come);
        }
        due.extend(come);
    }
    let number = due.len();
    let mut tasks = tokio::task::JoinSet::new();
    for (nth, some) in due.chunks(number.div_ceil(8).max(1)).enumerate() {
        let (server, some) = (servers[nth % 2].clone(), some.to_vec());
        tasks.spawn(async move {
            for body in some {
                let at = OffsetDateTime::now_utc().unix_timestamp();
                let signature = stripe_fake::signature(WEBHOOK_SECRET, at, &body);
                let heard = billing::hear(&server, &signature, body.as_bytes()).await;
                assert_eq!(heard.expect("heard"), billing::Heard::Kept);
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("told");
    }
    number
}

/// Both servers fetch what is new, until nothing is.
async fn follow(servers: &[Services; 2]) {
    loop {
        let (one, two) = tokio::join!(
            billing::follow_due(&servers[0]),
            billing::follow_due(&servers[1])
        );
        if one.expect("followed") + two.expect("followed") == 0 {
            return;
        }
    }
}

/// How many tenants have something else than the first.
async fn wrong(pool: &PgPool) -> i64 {
    let facts = "select t.slug, row(a.status, a.plan, a.seats, a.period_from, a.period_until, a.trial_until, a.tried,
            a.cancel_at, p.plan, p.state, p.until, p.pending_plan, p.pending_from, p.period_from,
            p.period_until, p.tried)::text as facts
        from tenants t join billing_accounts a using (tenant_id) left join tenant_plans p using (tenant_id)
        where t.slug like 'tenant-%'";
    let query = format!(
        "with f as ({facts}) select count(*) from f
        where facts is distinct from (select facts from f where slug = 'tenant-0')"
    );
    let reference: String = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "with f as ({facts}) select facts from f where slug = 'tenant-0'"
    )))
    .fetch_one(pool)
    .await
    .expect("the first");
    assert!(reference.contains("pro"), "{reference}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(query))
        .fetch_one(pool)
        .await
        .expect("a number")
}
