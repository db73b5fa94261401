//! Fetching what Stripe has told of, telling it what was used, and comparing all of it.

use super::{Runs, repeat};
use domain::{Services, billing};
use std::time::Duration;
use time::OffsetDateTime;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Looks at once when it is woken, and twice a second.
const FOLLOW: &str = "fetch what Stripe tells of";
/// Hours are told when they are over, and members and the end of a tenant within a minute.
const MEMBERS: Duration = Duration::from_mins(1);
const TENANTS: Duration = Duration::from_mins(1);
const METER: Duration = Duration::from_mins(1);
/// Each comparison is an hour after the last one, whichever server makes it.
const COMPARE: Duration = Duration::from_mins(1);
const DELETE: Duration = Duration::from_hours(1);

/// Without Stripe there is nothing to do.
pub(super) fn start(
    set: &mut JoinSet<()>,
    services: &Services,
    runs: &Runs,
    stop: &CancellationToken,
) {
    if services.billing.is_none() {
        return;
    }
    set.spawn(follow(services.clone(), runs.clone(), stop.clone()));
    let mut every = |name, period, job: fn(Services) -> super::Job| {
        let (services, runs, stop) = (services.clone(), runs.clone(), stop.clone());
        set.spawn(repeat(name, period, job, services, runs, stop));
    };
    every("tell Stripe of members", MEMBERS, |s| {
        Box::pin(async move { billing::follow_members(&s).await.map(drop) })
    });
    every("tell Stripe of deleted tenants", TENANTS, |s| {
        Box::pin(async move { billing::follow_tenants(&s).await.map(drop) })
    });
    every("tell Stripe's meter what was used", METER, |s| {
        Box::pin(async move {
            let now = OffsetDateTime::now_utc();
            billing::collect(&s, now).await?;
            billing::send_due(&s, now).await.map(drop)
        })
    });
    every("compare billing", COMPARE, |s| {
        Box::pin(async move { billing::reconcile_due(&s).await.map(drop) })
    });
    every("delete old events of Stripe", DELETE, |s| {
        Box::pin(async move { billing::delete_expired(&s.db).await.map(drop) })
    });
}

async fn follow(services: Services, runs: Runs, stop: CancellationToken) {
    let mut failing = false;
    while !stop.is_cancelled() {
        let followed = billing::follow_due(&services).await;
        runs.ended(FOLLOW, MEMBERS, &followed);
        match followed {
            Ok(_) => failing = false,
            Err(error) if !failing => {
                failing = true;
                let error = anyhow::Error::from(error);
                tracing::error!("cannot follow what Stripe tells: {error:#}");
            }
            Err(_) => {}
        }
        stop.run_until_cancelled(billing::next_look(&services))
            .await;
    }
}
