//! Sending what is due, each delivery by one server at a time.
//!
//! The right to send is a lease in the row; the endpoint is asked with no transaction open, and what came of it is
//! written only while the lease is ours. A server that dies leaves leases that run out: what was on its way is then
//! sent again, with the same id.

use super::{
    lanes::{OF_ONE, Place},
    outcome::{self, Attempt},
    signature,
    store::{self, Due},
};
use crate::{Result, Services, outbound::Call, plans};
use anyhow::Context as _;
use api_types::{TenantId, plans::Feature};
use reqwest::{Method, Url};
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

/// For longer than an endpoint may take, and than writing down what it said may.
const LEASE: Duration = Duration::from_secs(20);

/// How long an endpoint may take.
const DEADLINE: Duration = Duration::from_secs(15);

/// How long an answer may be. What it says beyond its status is for people alone.
const MOST_BYTES: usize = 64 * 1024;

/// What one look finds at most.
const AT_MOST: i64 = 256;

/// How long an event waits at most before somebody looks. The database tells nobody of acts: commits of all tenants
/// would wait for one another.
const LOOK: Duration = Duration::from_millis(250);

/// Between one look and the next, however much ends meanwhile.
const SHORTEST: Duration = Duration::from_millis(20);

/// A server that stops waits so long for what is on its way. What is not done then is another server's.
const PATIENCE: Duration = Duration::from_secs(5);

/// Begins to send what is due, of all tenants, as far as there are places. Answers how many deliveries were begun.
pub async fn begin_due(s: &Services) -> Result<usize> {
    let changed = s.webhooks.changed();
    if !changed.is_empty() {
        store::notify(&mut *s.db.global().await?, &changed).await?;
    }
    let (room, full) = s.webhooks.room();
    if !room {
        return Ok(0);
    }
    let due = store::due(&mut *s.db.system().await?, OF_ONE as i64, AT_MOST, &full).await?;
    let mut begun = 0;
    for one in due {
        let Some(place) = s.webhooks.enter(one.endpoint, one.id, one.is_failing) else {
            continue;
        };
        begun += 1;
        s.webhooks.tasks.spawn(deliver(s.clone(), one, place));
    }
    Ok(begun)
}

/// Sends what is due now, as far as there are places, and waits for the answers. Answers how many deliveries were begun.
pub async fn deliver_due(s: &Services) -> Result<usize> {
    let begun = begin_due(s).await?;
    s.webhooks.ended().await;
    Ok(begun)
}

/// Waits until it is worthwhile to look for what is due.
pub async fn next_look(s: &Services) {
    sleep(SHORTEST).await;
    let _ = timeout(LOOK, s.webhooks.news()).await;
}

/// Waits a while for what is on its way.
pub async fn settle(s: &Services) {
    s.webhooks.tasks.close();
    if timeout(PATIENCE, s.webhooks.tasks.wait()).await.is_err() {
        tracing::info!("webhooks that are on their way are left to be sent again");
    }
}

async fn deliver(s: Services, due: Due, place: Place) {
    let Due { tenant, id, .. } = due;
    if let Err(error) = attempt(&s, tenant, id, &place).await {
        let error = error.for_the_log();
        tracing::error!(%tenant, delivery = %id, error, "a webhook was not delivered");
    }
}

/// One attempt to make a delivery, if that is for us to do.
async fn attempt(s: &Services, tenant: TenantId, id: Uuid, place: &Place) -> Result<()> {
    let lease = Uuid::now_v7();
    let mut tx = s.db.tenant_tx(tenant).await?;
    let Some(leased) = store::take(&mut tx, tenant, id, lease, LEASE.as_secs_f64()).await? else {
        return Ok(());
    };
    let secrets = signature::open(s, &mut tx, tenant, leased.endpoint, &leased.secret).await;
    // Also when they do not open: that is not to be tried again at once.
    tx.commit().await?;
    let secrets = secrets?;
    let at = OffsetDateTime::now_utc();
    let timestamp = at.unix_timestamp();
    let name = id.to_string();
    let signed = secrets.sign(&name, timestamp, &leased.payload, leased.both);
    let headers = vec![
        ("webhook-id".into(), name),
        ("webhook-timestamp".into(), timestamp.to_string()),
        ("webhook-signature".into(), signed),
    ];
    let began = Instant::now();
    // Limits are each endpoint's own: what one of them asks for is not the others' to wait for.
    let provider = format!("webhook {}", leased.endpoint);
    let call = Call {
        tenant,
        provider: &provider,
        method: Method::POST,
        url: Url::parse(&leased.url).context("an endpoint's address")?,
        headers,
        body: Some(("application/json".into(), leased.payload.into_bytes())),
        deadline: began + DEADLINE,
        most_bytes: MOST_BYTES,
        may_repeat: false,
    };
    let is_entitled = plans::of(s, tenant).await?.has(Feature::Webhooks);
    let answer = if is_entitled {
        Some(s.outbound.call(call).await)
    } else {
        None
    };
    let attempt = Attempt {
        s,
        tenant,
        id,
        lease,
        endpoint: leased.endpoint,
        tries: leased.tries,
        at,
        took: began.elapsed(),
    };
    match answer {
        Some(answer) => outcome::write(attempt, place, answer).await?,
        None => outcome::give_up(&attempt).await?,
    }
    place.tell(tenant);
    Ok(())
}
