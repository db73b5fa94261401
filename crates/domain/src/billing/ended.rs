//! The subscription of a tenant that is deleted. It ends with its period; it goes on if the tenant is restored; and it is
//! cancelled before the tenant is removed for good, which waits for that. What people ended themselves stays as it is:
//! what we ended has a label at Stripe.

use super::{
    follow,
    standing::{self, ENDS_WITH_TENANT},
    store::{self, ended::Life},
    stripe::{Form, Stripe, objects::Subscription},
};
use crate::{
    Actor, Result, Services,
    audit::{self, Event},
};
use api_types::{TenantId, audit::Act};
use std::time::Duration;
use uuid::Uuid;

/// For longer than three requests to Stripe may take with all tries, and than writing it down.
const LEASE: Duration = Duration::from_mins(2);

/// Tenants that one look finds at most.
const AT_MOST: i64 = 256;

/// What becomes of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// It ends with its period.
    End,
    /// It does not after all.
    GoOn,
    /// It ends now.
    Cancel,
}

/// Tells Stripe of tenants that were deleted, restored, or are to be removed for good. Answers how many there were.
pub async fn follow_tenants(s: &Services) -> Result<usize> {
    let Some(stripe) = &s.billing else {
        return Ok(0);
    };
    let due = store::ended::due(&mut *s.db.system().await?, stripe.0.live, AT_MOST).await?;
    let mut told = 0;
    for tenant in due {
        match follow_tenant(s, stripe, tenant).await {
            Ok(true) => told += 1,
            Ok(false) => {}
            Err(error) => {
                let error = error.for_the_log();
                tracing::error!(%tenant, error, "Stripe was not told of a deleted tenant");
            }
        }
    }
    Ok(told)
}

/// Tells of one, and writes down how its subscription is then. Answers whether it was ours to do.
async fn follow_tenant(s: &Services, stripe: &Stripe, tenant: TenantId) -> Result<bool> {
    let Some(taken) = follow::begin(s, stripe, tenant, LEASE).await? else {
        return Ok(false);
    };
    let found = bring_in_line(s, stripe, tenant, &taken.customer).await;
    follow::end(s, stripe, tenant, &taken, found).await
}

/// Makes the tenant's subscriptions what they should be. Answers them as they are then.
async fn bring_in_line(
    s: &Services,
    stripe: &Stripe,
    tenant: TenantId,
    customer: &str,
) -> Result<Vec<Subscription>> {
    let found = follow::fetch(stripe, customer).await?;
    // Asked now that the right is ours: since the tenant was found it may have been restored.
    let mut tx = s.db.tenant_tx(tenant).await?;
    let (slug, life) = store::ended::life(&mut tx, tenant).await?;
    tx.commit().await?;
    let mut taken = None;
    for subscription in standing::living(&found) {
        if let Some(step) = next(life, subscription) {
            take(stripe, subscription, step).await?;
            taken = Some(step);
        }
    }
    let Some(step) = taken else {
        return Ok(found);
    };
    let act = match step {
        Step::End => Some(Act::SubscriptionEnded),
        Step::GoOn => Some(Act::SubscriptionResumed),
        // Nobody will read it.
        Step::Cancel => None,
    };
    if let Some(act) = act {
        let mut tx = s.db.tenant_tx(tenant).await?;
        let actor = Actor::system(tenant, "billing");
        audit::record(&mut tx, &actor, Event::new(act, tenant, slug)).await?;
        tx.commit().await?;
    }
    follow::fetch(stripe, customer).await
}

/// What becomes of a subscription that is alive; none: it is as it should be.
fn next(life: Life, subscription: &Subscription) -> Option<Step> {
    let ends = subscription.cancel_at_period_end || subscription.cancel_at.is_some();
    match life {
        Life::Over => Some(Step::Cancel),
        Life::Deleted => (!ends).then_some(Step::End),
        Life::Lives => standing::ends_with_tenant(subscription).then_some(Step::GoOn),
    }
}

async fn take(stripe: &Stripe, subscription: &Subscription, step: Step) -> Result<()> {
    let path = format!("subscriptions/{}", subscription.id);
    let (ends, label) = match step {
        Step::End => (true, "true"),
        Step::GoOn => (false, ""),
        Step::Cancel => return cancel(stripe, &path).await,
    };
    let form = Form::default()
        .with("cancel_at_period_end", ends)
        .with(format!("metadata[{ENDS_WITH_TENANT}]"), label);
    let once = Uuid::now_v7().to_string();
    stripe.post::<Subscription>(&path, &form, &once).await?;
    Ok(())
}

/// Ends a subscription now. What was used since its last invoice is billed, which Stripe would forget otherwise.
async fn cancel(stripe: &Stripe, path: &str) -> Result<()> {
    let form = Form::default().with("invoice_now", true);
    match stripe.delete::<Subscription>(path, &form).await {
        Ok(_) => Ok(()),
        // It was cancelled by a try whose answer was lost.
        Err(trouble) if trouble.is_missing() => Ok(()),
        Err(trouble) => Err(trouble.into()),
    }
}
