//! Billing through Stripe: whose customer is whose, what they subscribe to, and what they used.
//!
//! What Stripe tells is never believed but for this: that something is new. What is new is fetched, by one server at a
//! time, and written down with the tenant's plan and the events that it answers in one transaction. So neither the order
//! of events nor how often they come matters, and what got lost is found in Stripe's list of events once an hour.
//!
//! | file | what it decides |
//! |---|---|
//! | `stripe` | requests, their answers, and the signature of what Stripe tells |
//! | `catalogue` | products, prices and the meter, made from the plans |
//! | `accounts` | the customer of a tenant |
//! | `checkout` | leading people to Stripe, to subscribe and to manage it |
//! | `change` | another plan, the end of one, and what that costs beforehand |
//! | `seats` | members beyond those that a plan includes |
//! | `ended` | the subscription of a tenant that is deleted or restored |
//! | `hear` | what Stripe tells |
//! | `follow` | fetching what is new |
//! | `standing` | from a subscription to what the tenant may do, pure |
//! | `meter` | hours of use, told to Stripe's meter once each |
//! | `reconcile` | comparing everything once an hour, and repairing it |
//! | `page`, `invoice` | what pages show |
//!
//! Without Stripe's keys there is none of it, and tenants have the plans that they are given.

mod accounts;
mod catalogue;
mod change;
mod checkout;
mod ended;
mod follow;
mod hear;
mod invoice;
mod meter;
mod page;
mod reconcile;
mod seats;
mod standing;
mod store;
mod stripe;

pub use change::{cancel, change, preview, resume};
pub use checkout::{checkout, portal};
pub use ended::follow_tenants;
pub use follow::{follow_due, next_look};
pub use hear::{Heard, hear};
pub use invoice::{calls, invoice};
pub use meter::{collect, send_due};
pub use page::page;
pub use reconcile::{catch_up, reconcile, reconcile_due, repair};
pub use seats::follow_members;
pub use stripe::{Settings, Stripe};

use crate::{Actor, Db, Result, Services, changes::What};
use api_types::Refusal;
use futures::Stream;
use time::OffsetDateTime;

/// The way to Stripe, or a refusal that says that there is none.
fn stripe(s: &Services) -> Result<&Stripe> {
    let stripe = s.billing.as_ref();
    Ok(stripe.ok_or_else(|| Refusal::conflict("this server does not take payments"))?)
}

/// Yields whenever the tenant's subscription has changed, or what it owes, and at once if it may have since that moment.
pub fn live(
    s: &Services,
    a: &Actor,
    since: Option<OffsetDateTime>,
) -> impl Stream<Item = ()> + Send + use<> {
    s.changes.told(a.tenant(), What::Billing, since)
}

/// Deletes events that are done with for a month, and sets those aside that are nobody's here.
pub async fn delete_expired(db: &Db) -> Result<u64> {
    store::events::delete_expired(&mut *db.system().await?).await
}
