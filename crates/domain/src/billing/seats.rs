//! Members beyond those that a plan includes: whoever comes is paid for from that day on, and who goes no longer.

use super::{
    catalogue::{self, Part},
    follow, standing, store,
    stripe::{Form, Stripe, objects::Subscription},
};
use crate::{Result, Services};
use api_types::TenantId;

/// Tells Stripe of members who came and went, of all tenants. Answers how many subscriptions were changed.
pub async fn follow_members(s: &Services) -> Result<usize> {
    let Some(stripe) = &s.billing else {
        return Ok(0);
    };
    let tenants = store::subscribed(&mut *s.db.system().await?, stripe.0.live).await?;
    let mut changed = 0;
    for tenant in tenants {
        match bring_in_line(s, stripe, tenant).await {
            Ok(true) => changed += 1,
            Ok(false) => {}
            Err(error) => {
                let error = error.for_the_log();
                tracing::error!(%tenant, error, "the number of members was not told to Stripe");
            }
        }
    }
    Ok(changed)
}

/// Makes the subscription's seats what they should be, if they are not.
pub(super) async fn bring_in_line(s: &Services, stripe: &Stripe, tenant: TenantId) -> Result<bool> {
    let (wanted, paid) = follow::seats(s, stripe, tenant).await?;
    if wanted == paid {
        return Ok(false);
    }
    let mut tx = s.db.tenant_tx(tenant).await?;
    let account = store::account(&mut tx, tenant, stripe.0.live).await?;
    tx.commit().await?;
    let Some(account) = account else {
        return Ok(false);
    };
    let found = follow::fetch(stripe, &account.customer).await?;
    let subscription = standing::chosen(&found).filter(|one| standing::is_alive(&one.status));
    let (Some(subscription), Some(plan)) = (subscription, account.plan) else {
        return Ok(false);
    };
    let catalogue = catalogue::ready(s, stripe).await?;
    let Some(price) = catalogue.price(&plan, Part::Seat) else {
        return Ok(false);
    };
    let Some(form) = seats_form(subscription, price, wanted) else {
        return follow::follow(s, stripe, tenant).await;
    };
    let path = format!("subscriptions/{}", subscription.id);
    let state = subscription
        .items
        .data
        .iter()
        .map(|item| item.quantity.unwrap_or(0))
        .sum::<i64>();
    let hour = time::OffsetDateTime::now_utc().unix_timestamp() / 3600;
    let once = format!("seats|{}|{wanted}|{state}|{hour}", subscription.id);
    stripe.post::<Subscription>(&path, &form, &once).await?;
    follow::follow(s, stripe, tenant).await
}

/// What changes the seats of a subscription; none where they are so already.
fn seats_form(subscription: &Subscription, price: &str, wanted: i64) -> Option<Form> {
    let form = Form::default().with("proration_behavior", "create_prorations");
    match (standing::item(subscription, Part::Seat), wanted) {
        (None, 0) => None,
        (None, wanted) => Some(
            form.with("items[0][price]", price)
                .with("items[0][quantity]", wanted),
        ),
        (Some(item), 0) => Some(
            form.with("items[0][id]", &item.id)
                .with("items[0][deleted]", true),
        ),
        (Some(item), wanted) if item.quantity == Some(wanted) => None,
        (Some(item), wanted) => Some(
            form.with("items[0][id]", &item.id)
                .with("items[0][quantity]", wanted),
        ),
    }
}
