//! Who may restore a tenant: an owner who could come in.

use crate::members::let_in;
use api_types::{Refusal, Role, members::RoleChoice};
use domain::{Actor, Origin, members::SignedIn, second_factor, sso, tenants};
use test_support::{Person, World, assert_refused, connected_domain};

const OWNER: RoleChoice = RoleChoice::BuiltIn(Role::Owner);

async fn restore(who: impl Into<SignedIn>, a: &Actor, world: &World) -> domain::Result<()> {
    tenants::restore(&world.services, who, Origin::default(), a.slug()).await
}

async fn set(world: &World, sql: &'static str, person: &Person, text: &str) {
    sqlx::query(sql)
        .bind(person.user.0)
        .bind(text)
        .execute(&world.database.pool("postgres", 1))
        .await
        .expect("done");
}

#[tokio::test]
async fn who_has_to_come_by_the_tenants_provider_restores_it_only_so() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let (s, a) = (&world.services, &ada.actor);
    let (bob, _) = let_in(&ada, "bob", OWNER).await;
    let domain = connected_domain(&ada).await;
    let moved = "update users set email = name || '@' || $2 where user_id = $1";
    set(&world, moved, &bob, &domain).await;
    sso::enforce(s, a, true).await.expect("enforced");
    tenants::delete(s, a, a.slug()).await.expect("deleted");
    assert_refused(restore(bob.user, a, &world).await, &Refusal::SsoNeeded);
    let came = |came_by| SignedIn {
        came_by,
        ..bob.user.into()
    };
    let elsewhere = came(Some(bob.actor.tenant()));
    assert_refused(restore(elsewhere, a, &world).await, &Refusal::SsoNeeded);
    restore(came(Some(a.tenant())), a, &world)
        .await
        .expect("restored");
    // The owner who stays able to come in by password stays able to do this too.
    tenants::delete(s, a, a.slug()).await.expect("deleted");
    restore(ada.user, a, &world).await.expect("restored");
}

#[tokio::test]
async fn who_lacks_the_second_factor_that_a_tenant_wants_does_not_restore_it() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let (s, a) = (&world.services, &ada.actor);
    let passkey =
        "insert into passkeys (passkey_id, user_id, credential_id, name, record, transports,
            may_back_up, backed_up, sign_count)
        values (gen_random_uuid(), $1, uuid_send(gen_random_uuid()), $2, 'x', 0, true, true, 0)";
    set(&world, passkey, &ada, "phone").await;
    second_factor::set_required(s, a, true)
        .await
        .expect("required");
    tenants::delete(s, a, a.slug()).await.expect("deleted");
    set(
        &world,
        "delete from passkeys where user_id = $1 and name = $2",
        &ada,
        "phone",
    )
    .await;
    assert_refused(
        restore(ada.user, a, &world).await,
        &Refusal::SecondFactorNeeded,
    );
    set(&world, passkey, &ada, "phone").await;
    restore(ada.user, a, &world).await.expect("restored");
}
