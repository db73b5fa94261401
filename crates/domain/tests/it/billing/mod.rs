//! Billing over a Stripe that keeps a ledger.

mod accounts;
mod ended;
mod heard;
mod lifecycle;
mod metered;
mod reconciled;

use domain::billing;
use sqlx::PgPool;
use test_support::{World, stripe_fake::Stripe, way_to};

/// A world whose tenants pay through this fake.
struct Desk {
    fake: Stripe,
    world: World,
}

impl Desk {
    async fn open() -> Self {
        let fake = Stripe::start().await;
        let world = World::new().await;
        let world = world.with_stripe("http://127.0.0.1:3000", way_to(&fake));
        Self { fake, world }
    }

    /// Fetches everything that is new.
    async fn follow(&self) {
        while billing::follow_due(&self.world.services)
            .await
            .expect("followed")
            > 0
        {}
    }

    fn pool(&self) -> PgPool {
        self.world.database.pool("postgres", 2)
    }

    /// How often the fake was asked for this.
    fn asked(&self, method: &str, path: &str) -> usize {
        let ledger = self.fake.ledger();
        let ours = ledger
            .iter()
            .filter(|entry| entry.method == method && entry.path == path);
        ours.count()
    }
}
