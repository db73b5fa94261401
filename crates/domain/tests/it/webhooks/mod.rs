//! Webhooks, with a receiver of our own on this machine.

mod again;
mod failing;
mod leases;
mod manage;
mod told;

use api_types::{
    Permission, RoleId, WebhookId,
    input::RoleName,
    webhooks::{DeliveryDetail, DeliveryState, NewSecret, WebhookView},
};
use domain::{Services, roles, webhooks};
use sqlx::AssertSqlSafe;
use test_support::{Arrival, Manner, Person, Receiver, World};
use uuid::Uuid;

/// A tenant, and who is told what happens in it.
struct Scene {
    world: World,
    receiver: Receiver,
    ada: Person,
}

impl Scene {
    /// Ada owns a tenant; its receiver does the first with the first request, and so on, and then the last with all others.
    async fn new(manners: &'static [Manner]) -> Self {
        let receiver = Receiver::start(|before| manners[before.min(manners.len() - 1)]).await;
        let world = World::new().await;
        let world = world.with_inner_hosts("http://127.0.0.1:3000", &receiver.host());
        let ada = world.owner("ada").await;
        Self {
            world,
            receiver,
            ada,
        }
    }

    fn s(&self) -> &Services {
        &self.world.services
    }

    /// Another server on the same database.
    fn sibling(&self) -> Services {
        let host = self.receiver.host();
        let sibling = self.world.with_inner_hosts("http://127.0.0.1:3000", &host);
        sibling.services
    }

    /// An endpoint of Ada's that is told this.
    async fn endpoint(&self, events: &[&str]) -> NewSecret {
        self.endpoint_of(&self.ada, events).await
    }

    async fn endpoint_of(&self, person: &Person, events: &[&str]) -> NewSecret {
        let events = events.iter().map(|event| (*event).to_owned()).collect();
        let url = self.receiver.url();
        let made = webhooks::create(self.s(), &person.actor, &url, "", events).await;
        made.expect("an endpoint")
    }

    /// Something happens: a role is made.
    async fn act(&self, name: &str) -> RoleId {
        let name = RoleName::parse(name).expect("a name");
        let made = roles::create(self.s(), &self.ada.actor, name, vec![Permission::ViewUsage]);
        made.await.expect("a role")
    }

    /// Sends all that is due. Answers how many deliveries were begun.
    async fn deliver(&self) -> usize {
        let mut all = 0;
        loop {
            match webhooks::deliver_due(self.s()).await.expect("a round") {
                0 => return all,
                begun => all += begun,
            }
        }
    }

    /// What has come.
    fn arrivals(&self) -> Vec<Arrival> {
        self.receiver.arrivals()
    }

    /// The events that came.
    fn events(&self) -> Vec<String> {
        let event = |arrival: &Arrival| {
            let body: serde_json::Value = serde_json::from_str(&arrival.body).expect("JSON");
            body["type"].as_str().expect("a type").to_owned()
        };
        self.arrivals().iter().map(event).collect()
    }

    async fn view(&self, id: WebhookId) -> WebhookView {
        let detail = webhooks::detail(self.s(), &self.ada.actor, id).await;
        detail.expect("an endpoint").endpoint
    }

    /// The deliveries of an endpoint, the oldest first.
    async fn deliveries(&self, id: WebhookId) -> Vec<(Uuid, DeliveryState)> {
        let page = webhooks::deliveries(self.s(), &self.ada.actor, id, None, None).await;
        let mut all = page.expect("a page").deliveries;
        all.reverse();
        all.into_iter().map(|one| (one.id, one.state)).collect()
    }

    async fn delivery(&self, id: Uuid) -> DeliveryDetail {
        let detail = webhooks::delivery(self.s(), &self.ada.actor, id).await;
        detail.expect("a delivery")
    }

    /// What is to be tried later is to be tried now.
    async fn time_passes(&self) {
        self.run("update webhook_deliveries set next_at = now() where next_at is not null")
            .await;
    }

    async fn run(&self, sql: &str) {
        let pool = self.world.database.pool("postgres", 1);
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&pool)
            .await;
        done.expect("done");
    }

    async fn count(&self, sql: &str) -> i64 {
        let pool = self.world.database.pool("postgres", 1);
        let count = sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {sql}")));
        count.fetch_one(&pool).await.expect("a count")
    }
}
