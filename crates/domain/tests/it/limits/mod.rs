//! Limits of calls, over one database and several servers.

mod notices;
mod quotas;
mod rates;

use api_types::{api_keys::CreatedKey, limits::OwnLimits};
use domain::{
    Services,
    credentials::{self, Presented, Principal},
    limits::{self, Spent, Tickets},
};
use std::sync::Arc;
use test_support::Person;

/// Who a key is to a server.
async fn principal(s: &Services, key: &CreatedKey) -> Arc<Principal> {
    let shown = Presented::parse(&key.secret).expect("a key");
    let known = credentials::authenticate(s, &shown).await;
    known.expect("asked").expect("known")
}

/// Takes one unit on a server.
async fn take(s: &Services, key: &CreatedKey) -> Result<Tickets, Spent> {
    take_units(s, key, 1).await
}

async fn take_units(s: &Services, key: &CreatedKey, units: i64) -> Result<Tickets, Spent> {
    let taken = principal(s, key).await.gate.take_units(s, units).await;
    taken.expect("asked")
}

/// A hard quota of so many units a month.
async fn limit(person: &Person, units: i64) {
    let own = OwnLimits {
        monthly_units: Some(units),
        is_hard: true,
        ..OwnLimits::default()
    };
    let (s, a) = (&person.world.services, &person.actor);
    limits::change(s, a, own).await.expect("limited");
    forgotten(person).await;
}

/// Waits until what was known of limits before is known no more.
async fn forgotten(_: &Person) {
    tokio::time::sleep(std::time::Duration::from_millis(750)).await;
}
