//! The audit log: one row an act of the control plane, in the transaction of the act, in a chain of
//! hashes per tenant. No row, no act.
//!
//! [`record`] appends a row; [`record_for_person`] does so in each tenant a person belongs to.
//! [`chain`] is what a row's hash covers, [`checkpoint`] a signed end of a chain, and [`verify`] finds
//! the first bad row of an export without asking anybody. [`page`], [`row`], [`live`] and
//! [`begin_export`] are for people; [`trim`] removes what is old. [`crate::webhooks`] tells of each act. Tasks are tenant data, and calls are usage: neither is
//! audited.

pub mod chain;
pub mod checkpoint;
mod event;
pub mod hex;
mod read;
mod retention;
mod store;
pub mod verify;

use crate::{
    Actor, Result, TenantTx,
    actor::{Origin, Who},
    db::PersonTx,
    webhooks,
};
use api_types::{TenantId, UserId};
use chain::{Entry, Hash, time_text};
pub use event::{Event, Facts, Named};
pub use read::{Export, begin_export, live, page, row};
pub use retention::{SHORTEST_DAYS, trim};
use sqlx::PgConnection;
use store::{Author, Head};

/// Appends an act to the tenant's chain. Call it last before the commit: it holds the end of the
/// chain until then, so that whoever waits for it holds nothing that this transaction wants.
pub async fn record(tx: &mut TenantTx, actor: &Actor, event: Event) -> Result<()> {
    let author = author(actor);
    append(tx, actor.tenant(), &author, actor.origin(), &event).await
}

/// Appends an act on a person's own account to the chain of every tenant they belong to, in the
/// order of the tenants' ids, so that two such acts cannot wait for one another. Call it last.
pub async fn record_for_person(
    tx: &mut PersonTx,
    user: UserId,
    origin: impl Into<Origin>,
    event: Event,
) -> Result<()> {
    let origin = origin.into();
    for tenant in store::tenants_of(tx, user).await? {
        tx.enter(tenant).await?;
        append(tx, tenant, &Author::Member(user), origin, &event).await?;
    }
    tx.leave().await
}

fn author(actor: &Actor) -> Author {
    match *actor.who() {
        // What a client does for a person is the person's doing.
        Who::Member { user, .. } | Who::Grant { user, .. } => Author::Member(user),
        Who::Key { key, .. } => Author::Key(key),
        Who::Operator { user, .. } => Author::Operator(user),
        Who::System { job } => Author::System(job),
    }
}

async fn append(
    db: &mut PgConnection,
    tenant: TenantId,
    author: &Author,
    origin: Origin,
    event: &Event,
) -> Result<()> {
    let head = store::lock_head(db, tenant, author).await?;
    let (at, is_told) = (head.at, head.is_told);
    let entry = entry(tenant, author, origin, event, head);
    store::append(db, at, &entry).await?;
    if is_told {
        webhooks::tell(db, tenant, event.act, &entry).await?;
    }
    Ok(())
}

/// The row that follows the head.
fn entry(tenant: TenantId, author: &Author, origin: Origin, event: &Event, head: Head) -> Entry {
    let act = event.act;
    let mut entry = Entry {
        tenant,
        seq: head.seq + 1,
        at: time_text(head.at),
        actor_kind: author.kind().into(),
        actor_id: author.id(),
        actor_name: head.author,
        act: act.as_str().into(),
        object_kind: act.object().as_str().into(),
        object_id: event.object_id.clone(),
        object_name: event.object_name.clone(),
        before: event.before.clone(),
        after: event.after.clone(),
        address: origin.address.map(|address| address.to_string()),
        request_id: origin.request_id,
        prev: head.hash,
        hash: Hash::default(),
    };
    entry.hash = entry.computed_hash();
    entry
}
