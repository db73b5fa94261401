//! What was used, told to Stripe's meter: a row for each tenant and hour, and another where an hour changed later.
//!
//! Stripe takes an identifier once, but remembers it for a day only. So what was sent is written down here, and where it
//! is not known whether something arrived, the meter is asked before it is sent a second time.

use super::{
    catalogue::{self, METER},
    store::{self, meter::Claimed},
    stripe::{Form, Stripe, Trouble, objects::Summary},
};
use crate::{Result, Services};
use api_types::TenantId;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// An hour is told when it has been over for so long: its rows are final by then.
const SETTLED: Duration = Duration::minutes(5);

/// Hours before that are as they are. Stripe takes nothing that is older than 35 days.
pub(super) const LOOKS_BACK: Duration = Duration::days(34);

/// Stripe remembers an identifier for 24 hours at least.
const REMEMBERED: Duration = Duration::hours(23);

/// For longer than it takes to send what is claimed at once.
const LEASE: Duration = Duration::minutes(10);

/// How much is claimed at once, of one tenant.
const AT_ONCE: i64 = 50;

/// How long something that Stripe did not take waits.
const PAUSE: Duration = Duration::minutes(5);

/// Writes down what is to be told, of all tenants: hours that are over and whose units are not those that were written
/// before. Answers how many rows there are more.
pub async fn collect(s: &Services, now: OffsetDateTime) -> Result<u64> {
    let Some(stripe) = &s.billing else {
        return Ok(0);
    };
    let live = stripe.0.live;
    let mut rows = 0;
    let tenants = store::metered(&mut *s.db.system().await?, live).await?;
    for tenant in tenants {
        let mut tx = s.db.tenant_tx(tenant).await?;
        let (from, until) = span(now);
        rows += store::meter::collect(&mut tx, tenant, live, from, until).await?;
        tx.commit().await?;
    }
    Ok(rows)
}

/// The hours that are told: the first, and the first that is not.
pub(super) fn span(now: OffsetDateTime) -> (OffsetDateTime, OffsetDateTime) {
    (hour(now - LOOKS_BACK), hour(now - SETTLED))
}

/// The beginning of an hour.
pub(super) fn hour(at: OffsetDateTime) -> OffsetDateTime {
    let seconds = at.unix_timestamp();
    super::standing::at(seconds - seconds.rem_euclid(3600))
}

/// Sends what is to be told, of all tenants. Answers how many rows Stripe has taken.
pub async fn send_due(s: &Services, now: OffsetDateTime) -> Result<usize> {
    let Some(stripe) = &s.billing else {
        return Ok(0);
    };
    let tenants = store::meter::waiting(&mut *s.db.system().await?, stripe.0.live, now).await?;
    let mut sent = 0;
    for tenant in tenants {
        match send_of(s, stripe, tenant, now).await {
            Ok(number) => sent += number,
            Err(error) => {
                let error = error.for_the_log();
                tracing::error!(%tenant, error, "use was not told to Stripe's meter");
            }
        }
    }
    Ok(sent)
}

async fn send_of(
    s: &Services,
    stripe: &Stripe,
    tenant: TenantId,
    now: OffsetDateTime,
) -> Result<usize> {
    let (live, mut sent) = (stripe.0.live, 0);
    let meter = catalogue::ready(s, stripe).await?.meter.clone();
    loop {
        let lease = Uuid::now_v7();
        let mut tx = s.db.tenant_tx(tenant).await?;
        let oldest = now - LOOKS_BACK;
        let claimed = store::meter::claim(
            &mut tx,
            tenant,
            live,
            &store::meter::Claim {
                lease,
                now,
                until: now + LEASE,
                oldest,
                most: AT_ONCE,
            },
        )
        .await?;
        tx.commit().await?;
        if claimed.is_empty() {
            return Ok(sent);
        }
        for row in claimed {
            let told = tell(s, stripe, &meter, tenant, &row, now).await?;
            let mut tx = s.db.tenant_tx(tenant).await?;
            match &told {
                None => store::meter::sent(&mut tx, tenant, live, &row, lease, now).await?,
                Some(trouble) => {
                    tracing::warn!(%tenant, trouble, "Stripe's meter did not take what was used");
                    store::meter::put_off(&mut tx, tenant, live, &row, lease, now + PAUSE, trouble)
                        .await?;
                }
            }
            tx.commit().await?;
            sent += usize::from(told.is_none());
        }
    }
}

/// Tells a row, once. Answers why it was not taken.
async fn tell(
    s: &Services,
    stripe: &Stripe,
    meter: &str,
    tenant: TenantId,
    row: &Claimed,
    now: OffsetDateTime,
) -> Result<Option<String>> {
    if now - row.first_tried_at > REMEMBERED {
        match arrived(s, stripe, meter, tenant, row).await? {
            Some(true) => return Ok(None),
            Some(false) => {}
            None => return Ok(Some("it is not known whether it has arrived".into())),
        }
    }
    let form = Form::default()
        .with("event_name", METER)
        .with("identifier", identifier(tenant, row))
        .with("timestamp", row.dated.unix_timestamp())
        .with("payload[stripe_customer_id]", &row.customer)
        .with("payload[value]", row.units);
    // The identifier is what it may come once by; a key of idempotency would keep a refusal, too.
    let once = Uuid::now_v7().to_string();
    match stripe
        .post::<Taken>("billing/meter_events", &form, &once)
        .await
    {
        Ok(_) => Ok(None),
        Err(Trouble::Refused { message, .. }) if message.contains("already exists") => Ok(None),
        Err(trouble) => Ok(Some(trouble.to_string())),
    }
}

/// What Stripe answers, of which nothing is needed.
#[derive(serde::Deserialize)]
struct Taken {}

/// Unique for what is told, the same at each try. 100 characters at most.
pub(super) fn identifier(tenant: TenantId, row: &Claimed) -> String {
    format!(
        "{tenant}|{METER}|{}|{}",
        row.bucket.unix_timestamp(),
        row.revision
    )
}

/// Whether a row that was tried long ago is in the meter, as far as that can be told: its hour there has either all that
/// was taken, or this row besides.
async fn arrived(
    s: &Services,
    stripe: &Stripe,
    meter: &str,
    tenant: TenantId,
    row: &Claimed,
) -> Result<Option<bool>> {
    let from = hour(row.dated);
    let there = metered(stripe, meter, &row.customer, from, from + Duration::HOUR).await?;
    let mut tx = s.db.tenant_tx(tenant).await?;
    let known = store::meter::sent_of_hour(&mut tx, tenant, stripe.0.live, from).await?;
    tx.commit().await?;
    Ok(match there - known {
        0 => Some(false),
        more if more == row.units => Some(true),
        _ => None,
    })
}

/// What Stripe's meter has of a customer between two whole minutes.
pub(super) async fn metered(
    stripe: &Stripe,
    meter: &str,
    customer: &str,
    from: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<i64> {
    let path = format!("billing/meters/{meter}/event_summaries");
    let query = Form::default()
        .with("customer", customer)
        .with("start_time", from.unix_timestamp())
        .with("end_time", until.unix_timestamp());
    let summaries: Vec<Summary> = stripe.list(&path, &query).await?;
    // Sums of whole numbers, which are exact up to 2^53.
    Ok(summaries
        .iter()
        .map(|summary| summary.aggregated_value.round() as i64)
        .sum())
}
