//! Limits and plans at the doors.

mod calls;
mod kills;
mod neighbours;
mod pages;

use api_types::limits::OwnLimits;
use domain::{Actor, limits, plans};
use std::time::Duration;
use test_support::Person;

/// Longer than a server may go on with what it knew of a credential.
const KNOWN: Duration = Duration::from_millis(800);

/// Lets the tenant limit itself, and waits until that counts.
async fn set(person: &Person, own: OwnLimits) {
    let (s, a) = (&person.world.services, &person.actor);
    limits::change(s, a, own).await.expect("limited");
    tokio::time::sleep(KNOWN).await;
}

/// Gives the tenant a plan as whoever bills does, and waits until that counts.
async fn give(person: &Person, standing: plans::Standing) {
    let (s, tenant) = (&person.world.services, person.actor.tenant());
    let mut tx = s.db.tenant_tx(tenant).await.expect("a transaction");
    let billing = Actor::system(tenant, "billing");
    plans::set(s, &mut tx, &billing, standing)
        .await
        .expect("set");
    tx.commit().await.expect("committed");
    tokio::time::sleep(KNOWN).await;
}
