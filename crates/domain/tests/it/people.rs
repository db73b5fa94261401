//! Signing up and in, and guessing.

use api_types::{
    Refusal,
    input::{Email, Password, PersonName, TenantName, TenantSlug},
};
use domain::{Error, members, tenants, users};
use std::{
    net::{IpAddr, Ipv4Addr},
    time::Instant,
};
use test_support::{HOME, PASSWORD, World, assert_refused};

#[tokio::test]
async fn a_person_signs_up_and_signs_in() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let user = users::sign_in(&world.services, HOME, &ada.email.to_uppercase(), PASSWORD).await;
    assert_eq!(user.expect("signed in"), users::SignIn::Complete(ada.user));
    let me = users::me(&world.services, ada.user).await.expect("me");
    assert_eq!(me.tenants.len(), 1);
    assert!(me.tenants[0].role.is_owner());
}

#[tokio::test]
async fn an_address_signs_up_once() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let again = users::NewPerson {
        name: PersonName::parse("Ada").expect("a name"),
        email: Email::parse(&ada.email).expect("an address"),
        password: Password::parse(PASSWORD).expect("a password"),
        tenant_name: TenantName::parse("Second").expect("a name"),
    };
    assert_refused(
        users::sign_up(&world.services, HOME, again).await,
        &Refusal::taken("email"),
    );
    let second = tenants::by_slug(&world.services, "second")
        .await
        .expect("looked up");
    assert_eq!(second, None, "a refused sign-up leaves no tenant");
}

#[tokio::test]
async fn a_person_belongs_to_several_tenants() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let name = TenantName::parse("Lab").expect("a name");
    let slug = TenantSlug::parse("lab").expect("a slug");
    tenants::create(&world.services, ada.user, HOME, name.clone(), slug.clone())
        .await
        .expect("created");
    assert_eq!(
        users::me(&world.services, ada.user)
            .await
            .expect("me")
            .tenants
            .len(),
        2
    );
    members::actor(&world.services, ada.user, "lab")
        .await
        .expect("a member");
    let again = tenants::create(&world.services, ada.user, HOME, name, slug).await;
    assert_refused(again, &Refusal::taken("slug"));
}

#[tokio::test]
async fn the_same_tenant_name_gets_another_slug() {
    let world = World::new().await;
    let (one, two) = (world.owner("ada").await, world.owner("ada").await);
    assert_eq!(one.actor.slug(), "ada-s-team");
    assert!(
        two.actor.slug().starts_with("ada-s-team-"),
        "{}",
        two.actor.slug()
    );
}

#[tokio::test]
async fn guesses_at_an_account_are_counted_from_anywhere() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    // Signing up counted one try; the account's window holds ten.
    for nth in 0..9 {
        let from = IpAddr::V4(Ipv4Addr::new(192, 0, 2, nth));
        let answer = users::sign_in(&world.services, from, &ada.email, "wrong password").await;
        assert_refused(answer, &Refusal::WrongCredentials);
    }
    let answer = users::sign_in(&world.services, HOME, &ada.email, PASSWORD).await;
    assert!(
        matches!(
            answer,
            Err(Error::Refused(Refusal::TooMany {
                retry_after_seconds: 1..=900
            }))
        ),
        "{answer:?}"
    );
}

#[tokio::test]
async fn guesses_from_an_address_are_counted_over_accounts() {
    let world = World::new().await;
    let from = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));
    let mut refused = 0;
    for nth in 0..52 {
        let answer = users::sign_in(
            &world.services,
            from,
            &format!("nobody{nth}@example.com"),
            "wrong",
        )
        .await;
        refused += usize::from(matches!(
            answer,
            Err(Error::Refused(Refusal::TooMany { .. }))
        ));
    }
    assert_eq!(refused, 2);
}

#[tokio::test]
async fn an_unknown_account_takes_as_long_as_a_known_one() {
    let world = World::new().await;
    let mut times = [Vec::new(), Vec::new()];
    for nth in 0..12 {
        let ada = world.owner("ada").await;
        for (list, email) in times
            .iter_mut()
            .zip([ada.email.clone(), format!("nobody{nth}@example.com")])
        {
            let from = IpAddr::V4(Ipv4Addr::new(203, 0, 113, nth));
            let begun = Instant::now();
            let answer = users::sign_in(&world.services, from, &email, "wrong password").await;
            list.push(begun.elapsed());
            assert_refused(answer, &Refusal::WrongCredentials);
        }
    }
    let [known, unknown] = times.map(|mut list| {
        list.sort();
        list[list.len() / 2].as_secs_f64()
    });
    // A missing hash would make the unknown account many times quicker.
    assert!(
        unknown > known * 0.5 && known > unknown * 0.5,
        "{known} s and {unknown} s"
    );
}

#[tokio::test]
async fn a_password_changes_only_with_the_present_one() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let new = || Password::parse("a whole new password").expect("a password");
    let wrong = users::change_password(&world.services, ada.user, HOME, None, "guess", new()).await;
    assert!(matches!(
        wrong,
        Err(Error::Refused(Refusal::Invalid { .. }))
    ));
    users::change_password(&world.services, ada.user, HOME, None, PASSWORD, new())
        .await
        .expect("changed");
    let old = users::sign_in(&world.services, HOME, &ada.email, PASSWORD).await;
    assert_refused(old, &Refusal::WrongCredentials);
    users::sign_in(&world.services, HOME, &ada.email, "a whole new password")
        .await
        .expect("signed in");
}
