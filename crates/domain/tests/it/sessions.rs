//! A request that read its session just before it got another id still writes to it, and can still end it.

use crate::members::{ADMIN, let_in};
use api_types::UserId;
use domain::sessions::{Store, USER, next_id, renew};
use std::sync::Arc;
use test_support::World;
use tower_sessions::{Session, session::Id};

#[tokio::test]
async fn a_request_that_was_on_its_way_writes_and_ends_the_session_that_was_renewed_meanwhile() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let (bob, bobs) = let_in(&ada, "bob", ADMIN).await;
    let db = &world.services.db;
    let store = Arc::new(Store::new(db.clone()));
    let request = |id: Option<Id>| Session::new(id, store.clone(), None);
    let begun = request(None);
    begun.insert(USER, bob.user).await.expect("begun");
    begun.save().await.expect("stored");
    let old = begun.id().expect("an id");
    let slow = request(Some(old));
    let who: Option<UserId> = slow.get(USER).await.expect("read");
    assert_eq!(who, Some(bob.user));
    assert_eq!(next_id(&slow).await, None);

    domain::members::leave(&world.services, &bobs)
        .await
        .expect("left");
    let next = next_id(&request(Some(old))).await.expect("another id");
    assert_ne!(next, old);
    renew(db, &old, &next).await.expect("renewed");
    slow.insert("note", 1).await.expect("inserted");
    slow.save().await.expect("stored");
    let note: Option<i32> = request(Some(next)).get("note").await.expect("read");
    assert_eq!(note, Some(1));
    slow.flush().await.expect("ended");
    let who: Option<UserId> = request(Some(next)).get(USER).await.expect("read");
    assert_eq!(who, None);
}
