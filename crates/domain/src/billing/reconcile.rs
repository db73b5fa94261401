//! Comparing everything once an hour: calls with their sums, sums with what the meter was told, that with what the meter
//! has, members with seats, and the subscription here with the one at Stripe. Nothing is expected to differ. What does is
//! shown, and repaired when somebody says so; events that got lost on their way are fetched without asking.

use super::{
    accounts::known_customer,
    catalogue, follow, meter, seats, standing, store, stripe,
    stripe::{
        Form, Stripe,
        objects::{Event as Told, Subscription},
    },
};
use crate::{
    Actor, Result, Services,
    audit::{self, Event},
    plans, usage,
};
use api_types::{Permission, Refusal, TenantId, audit::Act, billing::DriftKind};
use time::{Duration, OffsetDateTime};

/// How often everything is compared.
const EVERY_SECONDS: f64 = 3600.0;

/// Stripe's list of events may be a little behind.
const OVERLAP: Duration = Duration::hours(6);

/// What was used within this may still be on its way.
const ON_ITS_WAY: Duration = Duration::hours(2);

type Found = (DriftKind, String, String);

/// Compares everything if it is time, on one server. Answers how many differences there are; none: it is not time.
pub async fn reconcile_due(s: &Services) -> Result<Option<usize>> {
    let Some(stripe) = &s.billing else {
        return Ok(None);
    };
    let live = stripe.0.live;
    if !store::events::take_turn(&mut *s.db.system().await?, live, EVERY_SECONDS).await? {
        return Ok(None);
    }
    reconcile(s, OffsetDateTime::now_utc()).await.map(Some)
}

/// Compares everything now. Answers how many differences there are.
pub async fn reconcile(s: &Services, now: OffsetDateTime) -> Result<usize> {
    let Some(stripe) = &s.billing else {
        return Ok(0);
    };
    catch_up(s).await?;
    while follow::follow_due(s).await? > 0 {}
    let mut differences = 0;
    let tenants = store::with_account(&mut *s.db.system().await?, stripe.0.live).await?;
    for tenant in tenants {
        match compare(s, stripe, tenant, now).await {
            Ok(found) => differences += found,
            Err(error) => {
                let error = error.for_the_log();
                tracing::error!(%tenant, error, "a tenant's billing was not compared");
            }
        }
    }
    if differences > 0 {
        tracing::error!(
            differences,
            "billing has drifted; the pages of billing say where"
        );
    }
    Ok(differences)
}

/// Fetches events that were not heard. Answers how many there were.
pub async fn catch_up(s: &Services) -> Result<u64> {
    let Some(stripe) = &s.billing else {
        return Ok(0);
    };
    let live = stripe.0.live;
    let until = store::events::until(&mut *s.db.system().await?, live).await?;
    let from = (until - OVERLAP).unix_timestamp();
    let query = Form::default().with("created[gte]", from);
    let events: Vec<Told> = stripe.list("events", &query).await?;
    let newest = events.iter().map(|event| event.created).max();
    let mut db = s.db.system().await?;
    let mut lost = 0;
    for some in events.chunks(500) {
        lost += store::events::insert(&mut db, some, "list").await?;
    }
    if let Some(newest) = newest {
        store::events::set_until(&mut db, live, standing::at(newest)).await?;
    }
    if lost > 0 {
        tracing::info!(
            lost,
            "events that Stripe's webhooks did not bring were fetched"
        );
    }
    Ok(lost)
}

async fn compare(
    s: &Services,
    stripe: &Stripe,
    tenant: TenantId,
    now: OffsetDateTime,
) -> Result<usize> {
    let mut found = Vec::new();
    let mut tx = s.db.tenant_tx(tenant).await?;
    let account = store::account(&mut tx, tenant, stripe.0.live).await?;
    tx.commit().await?;
    let Some(account) = account else {
        return Ok(0);
    };
    let there = follow::fetch(stripe, &account.customer).await?;
    subscription(s, tenant, &account, &there, &mut found).await?;
    if account.status.as_deref().is_some_and(standing::is_alive) {
        let (wanted, paid) = follow::seats(s, stripe, tenant).await?;
        differ(&mut found, DriftKind::Seats, wanted, paid);
    }
    if account.metered_from.is_some() {
        used(s, stripe, tenant, &account, now, &mut found).await?;
    }
    let number = found.len();
    let mut tx = s.db.tenant_tx(tenant).await?;
    let before = store::drifts::all(&mut tx, tenant, stripe.0.live).await?;
    store::drifts::replace(&mut tx, tenant, stripe.0.live, &found).await?;
    if before.len() != number {
        store::notify(&mut tx, tenant).await?;
    }
    tx.commit().await?;
    Ok(number)
}

fn differ<T: PartialEq + ToString>(found: &mut Vec<Found>, kind: DriftKind, ours: T, theirs: T) {
    if ours != theirs {
        found.push((kind, ours.to_string(), theirs.to_string()));
    }
}

async fn subscription(
    s: &Services,
    tenant: TenantId,
    account: &store::Account,
    there: &[Subscription],
    found: &mut Vec<Found>,
) -> Result<()> {
    let theirs = standing::of_all(there);
    let ours = account.mirror();
    if ours != theirs {
        differ(
            found,
            DriftKind::Subscription,
            told(ours.as_ref()),
            told(theirs.as_ref()),
        );
    } else if let Some(theirs) = theirs.filter(|theirs| standing::is_alive(&theirs.status)) {
        let mut tx = s.db.tenant_tx(tenant).await?;
        let has = plans::in_tx(s, &mut tx, tenant).await?;
        tx.commit().await?;
        if let Some(should) = standing::standing(&s.plans, &theirs) {
            let is_over = should
                .until
                .is_some_and(|until| until <= OffsetDateTime::now_utc());
            if !is_over {
                let (has, should) = (has.plan.id, should.plan);
                differ(
                    found,
                    DriftKind::Subscription,
                    format!("plan {has}"),
                    format!("plan {should}"),
                );
            }
        }
    }
    let alive = standing::living(there).count();
    if alive > 1 {
        found.push((DriftKind::Doubled, "1".into(), alive.to_string()));
    }
    Ok(())
}

fn told(mirror: Option<&standing::Mirror>) -> String {
    let Some(mirror) = mirror else {
        return "none".into();
    };
    let plan = mirror.plan.as_deref().unwrap_or("no plan of ours");
    let (status, seats, until) = (&mirror.status, mirror.seats, mirror.period.1.date());
    let ends = if mirror.cancel_at.is_some() {
        ", ends then"
    } else {
        ""
    };
    format!("{plan}, {status}, {seats} further members, until {until}{ends}")
}

/// Units from the calls to Stripe's meter.
async fn used(
    s: &Services,
    stripe: &Stripe,
    tenant: TenantId,
    account: &store::Account,
    now: OffsetDateTime,
    found: &mut Vec<Found>,
) -> Result<()> {
    let live = stripe.0.live;
    let (oldest, newest) = meter::span(now);
    // The present period: what was before is billed.
    let since = [account.metered_from, account.period_from]
        .into_iter()
        .flatten();
    let begin = since.map(meter::hour).fold(oldest, Ord::max);
    let newest = (newest - ON_ITS_WAY).min(account.metered_until.unwrap_or(newest));
    let end = meter::hour(now) + Duration::HOUR;
    let mut tx = s.db.tenant_snapshot(tenant).await?;
    if begin < newest {
        let calls = store::meter::of_calls(&mut tx, tenant, begin, newest).await?;
        let rollups = usage::used(&mut tx, tenant, "all", (begin, newest), 3600).await?;
        let rollups: i64 = rollups.iter().map(|hour| hour.units).sum();
        let sent = store::meter::sent_of(&mut tx, tenant, live, begin, newest).await?;
        differ(found, DriftKind::Rollups, rollups, calls);
        differ(found, DriftKind::Unsent, rollups, sent);
    }
    let taken = store::meter::sent_between(&mut tx, tenant, live, begin, end).await?;
    let waiting = store::meter::unsent(&mut tx, tenant, live).await?;
    tx.commit().await?;
    // What is on its way may be there or not.
    if waiting == 0 {
        let meter = catalogue::ready(s, stripe).await?.meter.clone();
        let there = meter::metered(stripe, &meter, &account.customer, begin, end).await?;
        differ(found, DriftKind::Meter, taken, there);
    }
    Ok(())
}

/// Makes the same again what should be, as far as that can be done by itself. Answers how many differences are left.
pub async fn repair(s: &Services, a: &Actor) -> Result<usize> {
    a.require(Permission::ManageBilling)?;
    let stripe = stripe(s)?;
    let (tenant, live, now) = (a.tenant(), stripe.0.live, OffsetDateTime::now_utc());
    if known_customer(s, stripe, tenant).await?.is_none() {
        return Err(Refusal::conflict("there is nothing to repair: no customer at Stripe").into());
    }
    // What two people make up for at once would be made up for twice.
    let mut tx = s.db.tenant_tx(tenant).await?;
    let is_ours = store::begin_repair(&mut tx, tenant, live).await?;
    tx.commit().await?;
    if !is_ours {
        let words = "somebody else has begun to repair this; look again in a minute";
        return Err(Refusal::conflict(words).into());
    }
    let left = repair_at(s, stripe, tenant, live, now).await;
    let mut tx = s.db.tenant_tx(tenant).await?;
    store::end_repair(&mut tx, tenant, live).await?;
    let left = left?;
    let repaired = Event::new(Act::BillingRepaired, tenant, a.slug());
    audit::record(&mut tx, a, repaired).await?;
    tx.commit().await?;
    Ok(left)
}

async fn repair_at(
    s: &Services,
    stripe: &Stripe,
    tenant: TenantId,
    live: bool,
    now: OffsetDateTime,
) -> Result<usize> {
    follow::follow(s, stripe, tenant).await?;
    compare(s, stripe, tenant, now).await?;
    let mut tx = s.db.tenant_tx(tenant).await?;
    let found = store::drifts::all(&mut tx, tenant, live).await?;
    tx.commit().await?;
    for drift in &found {
        match drift.kind {
            DriftKind::Subscription => stand_again(s, stripe, tenant).await?,
            DriftKind::Seats => drop(seats::bring_in_line(s, stripe, tenant).await?),
            DriftKind::Rollups => {
                usage::roll_up_anew(&s.db, tenant, now - meter::LOOKS_BACK).await?;
            }
            DriftKind::Meter => make_up(s, stripe, tenant, drift, now).await?,
            DriftKind::Unsent | DriftKind::Doubled => {}
        }
    }
    let mut tx = s.db.tenant_tx(tenant).await?;
    store::meter::hurry(&mut tx, tenant, live).await?;
    tx.commit().await?;
    meter::collect(s, now).await?;
    meter::send_due(s, now).await?;
    compare(s, stripe, tenant, now).await
}

/// Gives the tenant the plan that it pays for.
async fn stand_again(s: &Services, stripe: &Stripe, tenant: TenantId) -> Result<()> {
    let mut tx = s.db.tenant_tx(tenant).await?;
    let account = store::account(&mut tx, tenant, stripe.0.live).await?;
    let mirror = account.and_then(|account| account.mirror());
    if let Some(standing) = mirror.and_then(|mirror| standing::standing(&s.plans, &mirror)) {
        plans::set(s, &mut tx, &Actor::system(tenant, "billing"), standing).await?;
    }
    plans::commit(s, tx, tenant).await
}

/// Adds to the meter what it lacks, or takes from it what it has too much.
async fn make_up(
    s: &Services,
    stripe: &Stripe,
    tenant: TenantId,
    drift: &api_types::billing::Drift,
    now: OffsetDateTime,
) -> Result<()> {
    let (Ok(ours), Ok(theirs)) = (drift.ours.parse::<i64>(), drift.theirs.parse::<i64>()) else {
        return Ok(());
    };
    let live = stripe.0.live;
    let mut tx = s.db.tenant_tx(tenant).await?;
    // What was found may be on its way by now.
    if store::meter::unsent(&mut tx, tenant, live).await? == 0 {
        let hour = meter::span(now).1 - Duration::HOUR;
        store::meter::make_up(&mut tx, tenant, live, hour, ours - theirs).await?;
    }
    tx.commit().await
}
