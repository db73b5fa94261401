//! A Stripe for tests, and tenants that subscribe there.

use crate::Person;
use domain::{
    billing::{self, Settings, Stripe},
    sign_in_with::Secret,
};
use stripe_fake::{TEST_KEY, WEBHOOK_SECRET};

/// The way to a fake, as a server's settings lead there.
///
/// # Panics
/// When the settings are refused.
pub fn way_to(fake: &stripe_fake::Stripe) -> Stripe {
    let settings = Settings {
        secret_key: Secret::new(TEST_KEY),
        webhook_secret: Secret::new(WEBHOOK_SECRET),
        api_base: Some(fake.url()),
    };
    Stripe::new(settings).expect("good settings")
}

impl Person {
    /// Subscribes to a plan, as somebody does who pays at once, and waits until that is known here. Answers the customer.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn subscribe(&self, fake: &stripe_fake::Stripe, plan: &str) -> String {
        let s = &self.world.services;
        let url = billing::checkout(s, &self.actor, plan).await;
        let url = url.expect("a way to Checkout");
        let session = url.rsplit('/').next().expect("a session");
        fake.complete_checkout(session);
        billing::catch_up(s).await.expect("events");
        while billing::follow_due(s).await.expect("followed") > 0 {}
        let session = fake.object(session).expect("the session");
        let customer = session["customer"].as_str().expect("a customer");
        customer.to_owned()
    }
}
