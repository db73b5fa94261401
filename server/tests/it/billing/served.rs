//! The real binary: what Stripe tells one of two servers is what the tenant has, seconds later, though each event comes
//! twice and to both.

use crate::kill::Server;
use api_types::plans::PlanState;
use domain::{billing, plans};
use std::time::{Duration, Instant};
use test_support::{World, stripe_fake, way_to};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stripe_tells_is_followed_by_whichever_server_hears_it() {
    let fake = stripe_fake::Stripe::start().await;
    let world = World::new().await;
    let mut servers = Vec::new();
    for _ in 0..2 {
        let mut server = Server::over(&world);
        server
            .command
            .env("BULKHEAD_STRIPE_SECRET_KEY", stripe_fake::TEST_KEY)
            .env(
                "BULKHEAD_STRIPE_WEBHOOK_SECRET",
                stripe_fake::WEBHOOK_SECRET,
            )
            .env("BULKHEAD_STRIPE_API_BASE", fake.url());
        server.start().await;
        fake.send_to(&server.at("/webhooks/stripe"), stripe_fake::WEBHOOK_SECRET);
        servers.push(server);
    }
    let world = world.with_stripe("http://127.0.0.1:3000", way_to(&fake));
    let ada = world.owner("ada").await;
    let s = &world.services;
    let url = billing::checkout(s, &ada.actor, "pro").await.expect("led");
    fake.complete_checkout(url.rsplit('/').next().expect("a session"));
    stands(&world, &ada, |state, plan| {
        state == PlanState::Trialing && plan == "pro"
    })
    .await;
    billing::cancel(s, &ada.actor).await.expect("ended");
    fake.advance(fake.now() + 20 * 24 * 3600);
    stands(&world, &ada, |state, plan| {
        state == PlanState::Active && plan != "pro"
    })
    .await;
    for server in &mut servers {
        server.stop().await;
    }
}

async fn stands(world: &World, ada: &test_support::Person, is: impl Fn(PlanState, &str) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let now = plans::of(&world.services, ada.actor.tenant())
            .await
            .expect("a plan");
        if is(now.state, &now.plan.id) {
            return;
        }
        assert!(Instant::now() < deadline, "{now:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
