//! Connections, against a service of our own on this machine.

mod apps;
mod keys;
mod refresh;
mod stub;
mod trip;

use api_types::{
    ConnectionId, Role, UserId,
    connections::{ConnectionView, Sharing},
};
use domain::{
    Actor, Origin, Services,
    connections::{self, NewConnection},
    members,
    sign_in_with::Answer,
};
use sqlx::AssertSqlSafe;
use std::collections::BTreeMap;
use stub::{APP_SECRET, Stub};
use test_support::{Person, World};

/// The secret of everybody's browser.
const BROWSER: &str = "a browser's secret";

/// A tenant with the service's app, and the service.
struct Scene {
    world: World,
    stub: Stub,
    ada: Person,
}

impl Scene {
    /// Ada owns a tenant that has described the service as `acme`, and set an app there.
    async fn new() -> Self {
        let stub = Stub::start().await;
        let world = World::new().await;
        let world = world.with_inner_hosts("http://127.0.0.1:3000", &stub.host);
        let ada = world.owner("ada").await;
        let (s, a) = (&world.services, &ada.actor);
        let id = connections::describe(s, a, &stub.described("acme")).await;
        assert_eq!(id.expect("described"), "acme");
        let set = connections::set_app(s, a, "acme", "bulkhead", APP_SECRET).await;
        set.expect("an app");
        let described = connections::describe(s, a, &stub.described_with_key("keys")).await;
        described.expect("described");
        Self { world, stub, ada }
    }

    fn s(&self) -> &Services {
        &self.world.services
    }

    /// Another server on the same database.
    fn sibling(&self) -> Services {
        let world = &self.world;
        let sibling = world.with_inner_hosts("http://127.0.0.1:3000", &self.stub.host);
        sibling.services
    }

    /// Goes the whole way with an account for everybody.
    async fn connected(&self) -> ConnectionId {
        let state = self
            .led(&self.ada.actor, wish("Acme", Sharing::Shared))
            .await;
        self.come_back(self.ada.user, answer(&state))
            .await
            .expect("a connection")
    }

    /// The state in the address that somebody is led to.
    async fn led(&self, a: &Actor, new: NewConnection) -> String {
        let started = connections::start(self.s(), a, BROWSER, new, None, "/next").await;
        parameter(&started.expect("led there").url, "state")
    }

    /// Comes back in the same browser: the connection, or why there is none.
    async fn come_back(&self, user: UserId, answer: Answer) -> Result<ConnectionId, &'static str> {
        let from = Origin::default();
        let finished = connections::finish(self.s(), user, from, BROWSER, "acme", answer).await;
        let finished = finished.expect("an end");
        match (finished.connection, finished.failure) {
            (Some(id), None) => Ok(id),
            (None, Some(failure)) => Err(failure),
            both => panic!("{both:?}"),
        }
    }

    async fn view(&self, id: ConnectionId) -> ConnectionView {
        let detail = connections::detail(self.s(), &self.ada.actor, id).await;
        detail.expect("a connection").connection
    }

    /// Another member of Ada's tenant.
    async fn member(&self, name: &str, role: Role) -> (Person, Actor) {
        let person = self.world.owner(name).await;
        let (tenant, user) = (self.ada.actor.tenant(), person.user);
        self.run(&format!(
            "insert into memberships (tenant_id, user_id, role) values ('{tenant}', '{user}', '{}')",
            role.as_str()
        ))
        .await;
        let actor = members::actor(self.s(), user, self.ada.actor.slug()).await;
        (person, actor.expect("a member"))
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

fn wish(label: &str, sharing: Sharing) -> NewConnection {
    NewConnection {
        provider: "acme".into(),
        label: label.into(),
        sharing,
        scopes: vec!["read".into()],
        answers: BTreeMap::new(),
        secrets: Vec::new(),
    }
}

fn key(label: &str, sharing: Sharing, secret: &str) -> NewConnection {
    NewConnection {
        provider: "keys".into(),
        scopes: Vec::new(),
        secrets: vec![secret.into()],
        ..wish(label, sharing)
    }
}

fn answer(state: &str) -> Answer {
    Answer {
        state: state.into(),
        code: Some("code".into()),
        ..Answer::default()
    }
}

fn parameter(url: &str, name: &str) -> String {
    let (_, query) = url.split_once('?').expect("a query");
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let found = pairs.find(|(known, _)| *known == name);
    found.expect("the parameter").1.to_owned()
}
