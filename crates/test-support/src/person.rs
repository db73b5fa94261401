//! A person who owns a tenant, and what they commonly do.

use crate::World;
use api_types::{
    UserId,
    api_keys::CreatedKey,
    input::{ClientName, Email, KeyName, Password, PersonName, TenantName},
    mcp_clients::{ClientKind, ClientView},
    usage::Outcome,
};
use domain::{
    Actor,
    api_keys::{self, NewKey},
    mcp_clients::{self, NewClient},
    members, usage, users,
};
use std::net::{IpAddr, Ipv4Addr};
use uuid::Uuid;

/// Where people in tests come from.
pub const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The password of everybody in tests.
pub const PASSWORD: &str = "correct horse battery";

/// An owner of a tenant.
pub struct Person {
    /// Their world.
    pub world: World,
    /// Their id.
    pub user: UserId,
    /// Their address.
    pub email: String,
    /// Who they are in their tenant.
    pub actor: Actor,
}

impl Person {
    pub(crate) async fn sign_up(world: &World, name: &str) -> Self {
        let email = format!("{}-{}@example.com", name, Uuid::new_v4().simple());
        let new = users::NewPerson {
            name: PersonName::parse(name).expect("a name"),
            email: Email::parse(&email).expect("an address"),
            password: Password::parse(PASSWORD).expect("a password"),
            tenant_name: TenantName::parse(&format!("{name}'s team")).expect("a name"),
        };
        // Each from an address of their own, so that sign-ups do not throttle one another.
        let octets = Uuid::new_v4().into_bytes();
        let address = IpAddr::V4(Ipv4Addr::new(10, octets[0], octets[1], octets[2]));
        let signed_up = users::sign_up(&world.services, address, new)
            .await
            .expect("signing up");
        let actor = members::actor(&world.services, signed_up.user, &signed_up.slug)
            .await
            .expect("being a member");
        Self {
            world: world.clone(),
            user: signed_up.user,
            email,
            actor,
        }
    }

    /// Registers a client.
    pub async fn client(&self, name: &str) -> ClientView {
        let new = NewClient {
            name: ClientName::parse(name).expect("a name"),
            kind: ClientKind::OwnAgent,
            owner: None,
            notes: String::new(),
        };
        mcp_clients::register(&self.world.services, &self.actor, new)
            .await
            .expect("registering")
    }

    /// Issues a key for everything, without limits.
    pub async fn key(&self, client: &ClientView) -> CreatedKey {
        self.key_with(client, &["account:read", "tasks:write"])
            .await
    }

    /// Issues a key with these scopes.
    pub async fn key_with(&self, client: &ClientView, scopes: &[&str]) -> CreatedKey {
        api_keys::create(
            &self.world.services,
            &self.actor,
            client.id,
            new_key(scopes),
        )
        .await
        .expect("issuing")
    }

    /// A call of this person's, as it is counted.
    pub fn call(&self, key: &CreatedKey, tool: &'static str, outcome: Outcome) -> usage::Event {
        usage::Event {
            id: api_types::EventId(Uuid::now_v7()),
            tenant: self.actor.tenant(),
            client: key.key.client,
            credential: key.key.id.into(),
            member: Some(self.user),
            toolkit: "tasks".into(),
            tool: tool.into(),
            era: usage::Era::Modern,
            outcome,
            units: i64::from(outcome == Outcome::Ok || outcome == Outcome::ToolError),
            duration_us: 1000,
            request_bytes: 10,
            response_bytes: 20,
            connection: None,
            leases: Vec::new(),
            error: None,
            request_id: Uuid::now_v7(),
        }
    }
}

/// A key with these scopes and no limits.
pub fn new_key(scopes: &[&str]) -> NewKey {
    NewKey {
        name: KeyName::parse("ci").expect("a name"),
        scopes: scopes.iter().map(|scope| (*scope).into()).collect(),
        expires_in_days: None,
        rate_limit_per_minute: None,
        allowed_networks: Vec::new(),
    }
}
