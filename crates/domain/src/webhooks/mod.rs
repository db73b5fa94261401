//! Webhooks: what happens in a tenant, told to endpoints of its own, signed as Standard Webhooks 1.0 has it
//! (<https://www.standardwebhooks.com>).
//!
//! What is told are the acts of the audit log: a delivery is written in the transaction of its act, so that it exists if
//! and only if the act does. It is then sent until the endpoint takes it, for some three days; it may arrive twice, with
//! the same id.
//!
//! | file | what it decides |
//! |---|---|
//! | `types` | which events there are, and which of them an endpoint wants |
//! | `told` | what an endpoint is told, in the transaction of the act |
//! | `manage` | endpoints: made, changed, switched on and off, removed |
//! | `views` | what pages show |
//! | `again` | test events, and sending again |
//! | `signature` | secrets, and what is signed with them |
//! | `schedule` | when a failed delivery is tried again |
//! | `lanes` | how much is on its way at once |
//! | `deliver` | finding what is due, and sending it |
//! | `outcome` | writing down what came of it |
//! | `trouble` | disabling an endpoint that is gone, and telling people |

mod again;
mod deliver;
mod lanes;
mod manage;
mod outcome;
mod schedule;
mod signature;
mod store;
mod told;
mod trouble;
mod types;
mod views;

pub use again::{replay, replay_between, test};
pub use deliver::{begin_due, deliver_due, next_look, settle};
pub(crate) use lanes::Shared;
pub use manage::{change, create, delete, disable, enable, rotate};
pub use signature::signature;
pub(crate) use told::tell;
pub use types::types;
pub use views::{deliveries, delivery, detail, list};

use crate::{Actor, Db, Result, Services, changes::What};
use futures::Stream;
use time::OffsetDateTime;

/// Endpoints of one tenant.
pub const MOST_ENDPOINTS: usize = 20;

/// Yields whenever the tenant's endpoints have changed, or what became of what they are told, and at once if they may
/// have since that moment.
pub fn live(
    s: &Services,
    a: &Actor,
    since: Option<OffsetDateTime>,
) -> impl Stream<Item = ()> + Send + use<> {
    s.changes.told(a.tenant(), What::Webhooks, since)
}

/// Deletes deliveries of a month ago with their attempts. Answers how many deliveries there were.
pub async fn delete_expired(db: &Db) -> Result<u64> {
    store::delete_expired(&mut *db.system().await?).await
}
