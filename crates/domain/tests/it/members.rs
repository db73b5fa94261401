//! Members: roles change, people leave, and a tenant always has an owner.

use api_types::{Permission, Refusal, Role, UserId, input::Email, members::RoleChoice};
use domain::{Actor, Error, Services, api_keys, credentials, invitations, members};
use test_support::{Person, World, assert_refused};

pub const ADMIN: RoleChoice = RoleChoice::BuiltIn(Role::Admin);
const OWNER: RoleChoice = RoleChoice::BuiltIn(Role::Owner);
const VIEWER: RoleChoice = RoleChoice::BuiltIn(Role::Viewer);

/// Lets somebody with an account in; answers who they are there.
pub async fn let_in(owner: &Person, name: &str, role: RoleChoice) -> (Person, Actor) {
    let world = &owner.world;
    let person = world.owner(name).await;
    let email = Email::parse(&person.email).expect("an address");
    invitations::invite(&world.services, &owner.actor, email, role)
        .await
        .expect("invited");
    let token = world.invitation_token(&person.email).await;
    let origin = domain::Origin::default();
    let slug = invitations::accept(&world.services, person.user, origin, &token)
        .await
        .expect("accepted");
    let actor = members::actor(&world.services, person.user, &slug)
        .await
        .expect("a member");
    (person, actor)
}

async fn owners(s: &Services, a: &Actor) -> Vec<UserId> {
    let all = members::list(s, a).await.expect("members");
    let owners = all.into_iter().filter(|member| member.role.is_owner());
    owners.map(|member| member.id).collect()
}

async fn acts(world: &World, a: &Actor) -> Vec<String> {
    sqlx::query_scalar("select act from audit_events where tenant_id = $1 order by seq")
        .bind(a.tenant().0)
        .fetch_all(&world.database.pool("postgres", 1))
        .await
        .expect("acts")
}

#[tokio::test]
async fn of_two_owners_who_leave_at_once_one_stays() {
    let world = World::new().await;
    let other = world.sibling();
    for _ in 0..10 {
        let ada = world.owner("ada").await;
        let (_, bob) = let_in(&ada, "bob", OWNER).await;
        let (one, two) = tokio::join!(
            members::leave(&world.services, &ada.actor),
            members::leave(&other, &bob)
        );
        assert_eq!(
            u8::from(one.is_ok()) + u8::from(two.is_ok()),
            1,
            "{one:?} {two:?}"
        );
        let refused = one.err().or(two.err());
        assert!(matches!(
            refused,
            Some(Error::Refused(Refusal::Conflict { .. }))
        ));
    }
}

#[tokio::test]
async fn two_owners_who_remove_or_demote_each_other_at_once_leave_one() {
    let world = World::new().await;
    let other = world.sibling();
    for round in 0..10 {
        let ada = world.owner("ada").await;
        let (bob, bobs) = let_in(&ada, "bob", OWNER).await;
        if round % 2 == 0 {
            let _ = tokio::join!(
                members::remove(&world.services, &ada.actor, bob.user),
                members::remove(&other, &bobs, ada.user)
            );
        } else {
            let _ = tokio::join!(
                members::change_role(&world.services, &ada.actor, bob.user, ADMIN),
                members::change_role(&other, &bobs, ada.user, ADMIN)
            );
        }
        let left = owners(&world.services, &ada.actor).await;
        assert_eq!(left.len(), 1, "round {round}");
    }
}

#[tokio::test]
async fn the_last_owner_neither_leaves_nor_steps_down() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let s = &world.services;
    for answer in [
        members::leave(s, &ada.actor).await,
        members::change_role(s, &ada.actor, ada.user, ADMIN).await,
    ] {
        assert!(matches!(
            answer,
            Err(Error::Refused(Refusal::Conflict { .. }))
        ));
    }
    let (bob, _) = let_in(&ada, "bob", VIEWER).await;
    members::transfer(s, &ada.actor, bob.user)
        .await
        .expect("handed over");
    assert_eq!(owners(s, &ada.actor).await, [bob.user]);
    let now = members::actor(s, ada.user, ada.actor.slug()).await;
    let now = now.expect("an admin");
    assert!(now.may(Permission::ManageMembers) && !now.may(Permission::TransferTenant));
    members::leave(s, &now).await.expect("left");
    let gone = members::actor(s, ada.user, ada.actor.slug()).await;
    assert_refused(gone, &Refusal::NotFound);
}

#[tokio::test]
async fn nobody_changes_who_holds_more_than_they_do() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let s = &world.services;
    let (bob, bobs) = let_in(&ada, "bob", ADMIN).await;
    let forbidden = |answer: domain::Result<()>| {
        assert!(
            matches!(answer, Err(Error::Refused(Refusal::Forbidden { .. }))),
            "{answer:?}"
        );
    };
    forbidden(members::remove(s, &bobs, ada.user).await);
    forbidden(members::change_role(s, &bobs, ada.user, VIEWER).await);
    forbidden(members::change_role(s, &bobs, bob.user, OWNER).await);
    let email = Email::parse("eve@example.com").expect("an address");
    forbidden(invitations::invite(s, &bobs, email, OWNER).await);
    forbidden(members::transfer(s, &bobs, bob.user).await);
    members::change_role(s, &bobs, bob.user, VIEWER)
        .await
        .expect("one may hold less");
}

#[tokio::test]
async fn an_invitation_is_taken_once_however_many_try() {
    let world = World::new().await;
    let (ada, bob) = (world.owner("ada").await, world.owner("bob").await);
    let (s, other) = (&world.services, world.sibling());
    let email = Email::parse(&bob.email).expect("an address");
    invitations::invite(s, &ada.actor, email, VIEWER)
        .await
        .expect("invited");
    let token = world.invitation_token(&bob.email).await;
    let stored: String = sqlx::query_scalar("select i::text from invitations i")
        .fetch_one(&world.database.pool("postgres", 1))
        .await
        .expect("a row");
    assert!(!stored.contains(&token), "the link itself is stored");
    let accept = |s| invitations::accept(s, bob.user, domain::Origin::default(), &token);
    let (one, two) = tokio::join!(accept(s), accept(&other));
    assert_eq!(u8::from(one.is_ok()) + u8::from(two.is_ok()), 1);
    let accepted = acts(&world, &ada.actor).await;
    let accepted = accepted.iter().filter(|act| *act == "invitation.accepted");
    assert_eq!(accepted.count(), 1);
    // Somebody else who holds the link is not whom it is for.
    members::remove(s, &ada.actor, bob.user)
        .await
        .expect("removed");
    let email = Email::parse(&bob.email).expect("an address");
    invitations::invite(s, &ada.actor, email, VIEWER)
        .await
        .expect("invited again");
    let token = world.invitation_token(&bob.email).await;
    let eve = world.owner("eve").await;
    let answer = invitations::accept(s, eve.user, domain::Origin::default(), &token).await;
    assert!(matches!(
        answer,
        Err(Error::Refused(Refusal::Conflict { .. }))
    ));
    invitations::accept(s, bob.user, domain::Origin::default(), &token)
        .await
        .expect("who left may come back");
}

#[tokio::test]
async fn what_a_service_account_owns_outlives_people() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let s = &world.services;
    let (bob, bobs) = let_in(&ada, "bob", ADMIN).await;
    let name = api_types::input::PersonName::parse("jobs").expect("a name");
    let jobs = members::create_service_account(s, &bobs, name)
        .await
        .expect("made");
    let client = |owner| domain::mcp_clients::NewClient {
        name: api_types::input::ClientName::parse(&format!("of {owner}")).expect("a name"),
        kind: api_types::mcp_clients::ClientKind::OwnAgent,
        owner: Some(owner),
        notes: String::new(),
    };
    let mut keys = Vec::new();
    for owner in [jobs, bob.user, ada.user] {
        let client = domain::mcp_clients::register(s, &bobs, client(owner)).await;
        let client = client.expect("registered").id;
        let scopes = test_support::new_key(&["tasks:read"]);
        let key = api_keys::create(s, &bobs, client, scopes).await;
        keys.push(key.expect("issued").secret);
    }
    members::remove(s, &ada.actor, bob.user)
        .await
        .expect("removed");
    let mut works = Vec::new();
    for key in &keys {
        let key = vault::KeySecret::parse(key).expect("well-formed");
        works.push(
            credentials::authenticate(s, &key.clone().into())
                .await
                .expect("looked up")
                .is_some(),
        );
    }
    assert_eq!(works, [true, false, false]);
    // A client whose owner has left gets no new key until it is given to somebody.
    let clients = domain::mcp_clients::list(s, &ada.actor)
        .await
        .expect("clients");
    let orphan = clients.iter().find(|one| one.owner == "bob").expect("one");
    let scopes = || test_support::new_key(&["tasks:read"]);
    let answer = api_keys::create(s, &ada.actor, orphan.id, scopes()).await;
    assert!(matches!(
        answer,
        Err(Error::Refused(Refusal::Conflict { .. }))
    ));
    // Nor can a client be given to somebody who has left.
    let answer = domain::mcp_clients::register(s, &ada.actor, client(bob.user)).await;
    assert!(matches!(
        answer,
        Err(Error::Refused(Refusal::Invalid { .. }))
    ));
    members::remove(s, &ada.actor, jobs).await.expect("removed");
    let key = vault::KeySecret::parse(&keys[0]).expect("well-formed");
    let begun = std::time::Instant::now();
    while credentials::authenticate(s, &key.clone().into())
        .await
        .expect("looked up")
        .is_some()
    {
        assert!(
            begun.elapsed().as_secs() < 1,
            "still accepted after a second"
        );
    }
}

#[tokio::test]
async fn every_act_on_members_is_one_audit_row() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let (s, a) = (&world.services, &ada.actor);
    let (bob, bobs) = let_in(&ada, "bob", VIEWER).await;
    members::change_role(s, a, bob.user, ADMIN)
        .await
        .expect("changed");
    let name = api_types::input::RoleName::parse("on call").expect("a name");
    let held = vec![Permission::ViewTenant];
    let role = domain::roles::create(s, a, name.clone(), held.clone()).await;
    let role = role.expect("made");
    domain::roles::update(s, a, role, name, held)
        .await
        .expect("changed");
    members::change_role(s, a, bob.user, RoleChoice::Custom(role))
        .await
        .expect("changed");
    let answer = domain::roles::delete(s, a, role).await;
    assert!(matches!(
        answer,
        Err(Error::Refused(Refusal::Conflict { .. }))
    ));
    members::leave(s, &bobs).await.expect("left");
    domain::roles::delete(s, a, role).await.expect("deleted");
    let email = Email::parse("eve@example.com").expect("an address");
    invitations::invite(s, a, email, VIEWER)
        .await
        .expect("invited");
    let id = invitations::pending(s, a).await.expect("invitations")[0].id;
    invitations::resend(s, a, id).await.expect("sent");
    invitations::revoke(s, a, id).await.expect("revoked");
    assert_eq!(
        acts(&world, a).await,
        [
            "tenant.created",
            "invitation.sent",
            "invitation.accepted",
            "member.role_changed",
            "role.created",
            "role.changed",
            "member.role_changed",
            "member.left",
            "role.deleted",
            "invitation.sent",
            "invitation.resent",
            "invitation.revoked",
        ]
    );
}
