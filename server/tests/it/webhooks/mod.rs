//! Webhooks of the real binary, over receivers that answer badly.

mod neighbours;
mod storm;

use crate::kill::Server;
use api_types::{Permission, WebhookId, input::RoleName};
use domain::{roles, webhooks};
use test_support::{Manner, Person, Receiver, World};
use uuid::Uuid;

/// The binary over a world, reaching these receivers; and the world as it sees it.
async fn server(receivers: &[Receiver]) -> (World, Server) {
    let hosts: Vec<String> = receivers.iter().map(Receiver::host).collect();
    let hosts = hosts.join(",");
    let world = World::new().await;
    let world = world.with_inner_hosts("http://127.0.0.1:3000", &hosts);
    let mut server = Server::over(&world);
    server.command.env("BULKHEAD_INNER_HOSTS", hosts);
    server.start().await;
    (world, server)
}

async fn receivers(number: usize, manner: fn(usize) -> Manner) -> Vec<Receiver> {
    let mut all = Vec::new();
    for _ in 0..number {
        all.push(Receiver::start(manner).await);
    }
    all
}

/// An endpoint of this person's that is told of new roles.
async fn endpoint(person: &Person, receiver: &Receiver) -> (WebhookId, String) {
    let (s, a) = (&person.world.services, &person.actor);
    let events = vec!["role.created".to_owned()];
    let made = webhooks::create(s, a, &receiver.url(), "", events).await;
    let made = made.expect("an endpoint");
    (made.id, made.secret)
}

/// Something happens: a role is made. Answers its name.
async fn act(person: &Person) -> String {
    let name = Uuid::new_v4().simple().to_string();
    let (s, a) = (&person.world.services, &person.actor);
    let role = RoleName::parse(&name).expect("a name");
    let made = roles::create(s, a, role, vec![Permission::ViewTenant]).await;
    made.expect("a role");
    name
}
