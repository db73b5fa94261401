//! Rule R23: thirty days of use, late, twice and out of order, with a crash wherever one can be. In the end the calls,
//! their sums and Stripe's meter have the same number of units.

use super::Desk;
use api_types::{TenantId, usage::Outcome};
use domain::{billing, usage};
use sqlx::PgPool;
use std::{collections::HashMap, time::Duration as Real};
use test_support::Person;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const HOURS: i64 = 30 * 24;

/// What goes wrong in an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Luck {
    Good,
    /// Stripe says no for a while.
    Refused,
    /// What was sent arrives, and its answers do not.
    Unanswered,
    /// The server dies in the middle.
    Crash(u64),
    /// Nobody looks.
    Asleep,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r23_in_thirty_days_nothing_is_lost_or_counted_twice() {
    let desk = Desk::open().await;
    let s = &desk.world.services;
    let today = OffsetDateTime::now_utc();
    let hour = today.unix_timestamp() - today.unix_timestamp() % 3600;
    let start = OffsetDateTime::from_unix_timestamp(hour - HOURS * 3600).expect("a time");
    desk.fake.set_clock(start.unix_timestamp());
    let ada = desk.world.owner("ada").await;
    ada.subscribe(&desk.fake, "pro").await;
    let mut calls = Calls::new(&ada).await;
    let mut dice = fastrand::Rng::with_seed(23);
    let (mut lucks, mut asleep_until) = (HashMap::new(), 0);
    for nth in 1..=HOURS {
        let now = start + Duration::hours(nth) + Duration::minutes(6);
        desk.fake.advance(now.unix_timestamp());
        billing::catch_up(s).await.expect("events");
        desk.follow().await;
        calls.happen(&desk, now, &mut dice).await;
        let luck = match dice.u8(..100) {
            _ if nth < asleep_until => Luck::Asleep,
            0..10 => Luck::Refused,
            10..25 => Luck::Unanswered,
            25..45 => Luck::Crash(dice.u64(0..40)),
            _ => Luck::Good,
        };
        *lucks.entry(std::mem::discriminant(&luck)).or_insert(0) += 1;
        run(&desk, now, luck).await;
        // After some of the worst hours nobody looks for longer than Stripe remembers.
        if matches!(luck, Luck::Unanswered | Luck::Crash(_)) && dice.u8(..100) < 15 {
            asleep_until = nth + 28;
        }
    }
    // Everything that was late has come; a few quiet days let it through.
    for nth in 1..=14 {
        let now = start + Duration::hours(HOURS + 6 * nth) + Duration::minutes(6);
        desk.fake.advance(now.unix_timestamp());
        billing::catch_up(s).await.expect("events");
        desk.follow().await;
        calls.come(&desk, now).await;
        run(&desk, now, Luck::Good).await;
    }
    compare(&desk, ada.actor.tenant(), calls.made, lucks.len()).await;
}

/// The jobs of an hour, on a server with this luck.
async fn run(desk: &Desk, now: OffsetDateTime, luck: Luck) {
    let s = &desk.world.services;
    let path = "/v1/billing/meter_events";
    match luck {
        Luck::Asleep => return,
        Luck::Refused => desk.fake.refuse(path, 503, 3),
        Luck::Unanswered => desk.fake.lose_answers(path, 3),
        Luck::Good | Luck::Crash(_) => {}
    }
    let jobs = async {
        billing::collect(s, now).await.expect("collected");
        billing::send_due(s, now).await.expect("sent");
    };
    match luck {
        // Dropped wherever it stands: between any two awaits.
        Luck::Crash(after) => drop(tokio::time::timeout(Real::from_millis(after), jobs).await),
        _ => jobs.await,
    }
}

/// Three sums and a ledger.
async fn compare(desk: &Desk, tenant: TenantId, made: i64, lucks: usize) {
    let sum = async |query: &'static str| -> i64 {
        let sum = sqlx::query_scalar(query).bind(tenant.0);
        sum.fetch_one(&desk.pool()).await.expect("a sum")
    };
    let events = sum("select sum(units)::bigint from usage_events where tenant_id = $1").await;
    let rollups = sum("select coalesce(sum(units), 0)::bigint from usage_sums
        where tenant_id = $1 and grain = 'hour' and dimension = 'all'")
    .await;
    let told = sum(
        "select coalesce(sum(units), 0)::bigint from billing_meter_events where tenant_id = $1",
    )
    .await;
    let rows = sum("select count(*) from billing_meter_events where tenant_id = $1").await;
    let taken = desk.fake.meter_events();
    let metered: i64 = taken.iter().map(|event| event.value).sum();
    let mut identifiers: Vec<_> = taken.iter().map(|event| event.identifier.clone()).collect();
    identifiers.sort();
    identifiers.dedup();
    let ledger = desk.fake.ledger();
    let tries = ledger
        .iter()
        .filter(|entry| entry.path == "/v1/billing/meter_events");
    let asked = ledger
        .iter()
        .filter(|entry| entry.path.ends_with("event_summaries"))
        .count();
    println!(
        "{events} calls, {rollups} in sums, {told} told in {rows} rows, {metered} in the meter by {} events after {} \
         tries; the meter was asked {asked} times",
        taken.len(),
        tries.count()
    );
    assert_eq!(lucks, 5, "every kind of luck was had");
    assert!(made > 5000 && rows > HOURS, "hours were corrected");
    assert!(asked > 0, "somebody slept for longer than Stripe remembers");
    assert_eq!([events, rollups, told, metered], [made; 4]);
    assert_eq!(identifiers.len(), taken.len(), "none came twice");
    for event in &taken {
        let age = event.received - event.timestamp;
        assert!((-300..=35 * 86_400).contains(&age), "{event:?}");
    }
}

/// Calls as they happen and as they become known.
struct Calls {
    pool: PgPool,
    tenant: TenantId,
    client: Uuid,
    key: Uuid,
    /// Those that come later, and when.
    late: Vec<(OffsetDateTime, OffsetDateTime, Uuid, Outcome)>,
    /// The oldest minute that changed since sums were made.
    oldest: Option<OffsetDateTime>,
    /// Calls that are billed.
    made: i64,
}

impl Calls {
    async fn new(person: &Person) -> Self {
        let key = person.key(&person.client("agent").await).await;
        Self {
            pool: person.world.database.pool("postgres", 1),
            tenant: person.actor.tenant(),
            client: key.key.client.0,
            key: key.key.id.0,
            late: Vec::new(),
            oldest: None,
            made: 0,
        }
    }

    /// An hour's calls: most at once, some days later, some twice.
    async fn happen(&mut self, desk: &Desk, now: OffsetDateTime, dice: &mut fastrand::Rng) {
        for _ in 0..dice.usize(0..25) {
            let at = now - Duration::minutes(6) - Duration::seconds(dice.i64(1..3600));
            let outcome = match dice.u8(..20) {
                0 => Outcome::Refused,
                1 => Outcome::Failed,
                _ => Outcome::Ok,
            };
            self.made += i64::from(outcome == Outcome::Ok);
            let comes = if dice.u8(..100) < 20 {
                now + Duration::hours(dice.i64(1..72))
            } else {
                now
            };
            self.late.push((comes, at, usage::id_at(at).0, outcome));
        }
        // In no order.
        dice.shuffle(&mut self.late);
        self.come(desk, now).await;
    }

    /// What comes by now is written down, some of it twice, and the sums are made.
    async fn come(&mut self, desk: &Desk, now: OffsetDateTime) {
        let (come, late): (Vec<_>, Vec<_>) = std::mem::take(&mut self.late)
            .into_iter()
            .partition(|(comes, ..)| *comes <= now);
        self.late = late;
        for (_, at, id, outcome) in come {
            for _ in 0..2 {
                self.write(at, id, outcome).await;
            }
            self.oldest = Some(self.oldest.map_or(at, |oldest| oldest.min(at)));
        }
        if let Some(oldest) = self.oldest.take() {
            usage::roll_up_anew(&desk.world.services.db, self.tenant, oldest)
                .await
                .expect("rolled up");
        }
    }

    async fn write(&self, at: OffsetDateTime, id: Uuid, outcome: Outcome) {
        sqlx::query(
            "insert into usage_events (tenant_id, event_id, occurred_at, client_id, key_id, toolkit, tool, era,
                outcome, duration_us, request_bytes, response_bytes, request_id, units)
            values ($1, $2, $3, $4, $5, 'tasks', 'list_tasks', 'modern', $6, 1000, 1, 1, $2, $7)
            on conflict do nothing",
        )
        .bind(self.tenant.0)
        .bind(id)
        .bind(at)
        .bind(self.client)
        .bind(self.key)
        .bind(outcome.as_str())
        .bind(i64::from(outcome == Outcome::Ok))
        .execute(&self.pool)
        .await
        .expect("written");
    }
}
