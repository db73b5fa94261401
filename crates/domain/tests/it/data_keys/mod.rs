//! Data keys: drawn once, held in memory for a moment, gone with their tenant.

mod cells;
pub mod notes;
mod registry;
mod rotation;

use domain::data_keys::{Cell, SECOND_FACTOR_SECRET};
use futures::future::join_all;
use notes::{Notes, note};
use std::time::{Duration, Instant};
use test_support::World;
use uuid::Uuid;

#[tokio::test]
async fn of_servers_that_need_an_owners_first_key_at_once_all_use_one() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let tenant = ada.actor.tenant();
    let servers = [world.services.clone(), world.sibling(), world.sibling()];
    let seal = |nth: usize| {
        let s = servers[nth % servers.len()].clone();
        async move {
            let cell = note(tenant, Uuid::now_v7());
            let mut tx = s.db.tenant_tx(tenant).await.expect("a tx");
            let sealed = s.data_keys.seal(&mut tx, cell, b"x").await.expect("sealed");
            tx.commit().await.expect("committed");
            (cell, sealed)
        }
    };
    let sealed = join_all((0..12).map(seal)).await;
    let keys: i64 = sqlx::query_scalar("select count(*) from tenant_data_keys")
        .fetch_one(&world.database.pool("postgres", 1))
        .await
        .expect("a count");
    assert_eq!(keys, 1);
    let other = world.sibling();
    let mut tx = other.db.tenant_tx(tenant).await.expect("a tx");
    for (cell, sealed) in &sealed {
        let opened = other.data_keys.open(&mut tx, *cell, sealed).await;
        assert_eq!(&**opened.expect("opened"), b"x");
    }
}

#[tokio::test]
async fn data_keys_are_stored_wrapped_and_open_under_their_master_key_alone() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let mut db = world.services.db.global().await.expect("a connection");
    let cell = Cell::of_instance(&SECOND_FACTOR_SECRET, ada.user.0);
    let keys = &world.services.data_keys;
    let sealed = keys.seal(&mut db, cell, b"secret").await.expect("sealed");
    let stranger = world.with_master_keys(&[8; 32], &[]);
    let refused = stranger
        .services
        .data_keys
        .open(&mut db, cell, &sealed)
        .await;
    let told = refused.expect_err("another master key").for_the_log();
    assert!(told.contains("is not set here"), "{told}");
    let successor = world.with_master_keys(&[8; 32], &[test_support::MASTER_KEY]);
    let opened = successor
        .services
        .data_keys
        .open(&mut db, cell, &sealed)
        .await;
    assert_eq!(&**opened.expect("opened"), b"secret");
}

#[tokio::test]
async fn a_copy_of_a_deleted_tenants_cell_opens_on_no_server_within_a_second() {
    let world = World::new().await;
    let notes = Notes::create(&world).await;
    let ada = world.owner("ada").await;
    let bob = world.owner("bob").await;
    let (copy, others) = (
        notes.write(&ada, b"kept").await,
        notes.write(&bob, b"his").await,
    );
    let sibling = world.sibling();
    for s in [&world.services, &sibling] {
        assert_eq!(&**notes::open(s, &copy).await.expect("opened"), b"kept");
    }
    let superuser = world.database.pool("postgres", 1);
    sqlx::query("update tenants set delete_after = now() where tenant_id = $1")
        .bind(ada.actor.tenant().0)
        .execute(&superuser)
        .await
        .expect("due");
    let deleted = domain::tenants::delete_due(&world.services).await;
    assert_eq!(deleted.expect("deleted"), 1);
    let began = Instant::now();
    for s in [&world.services, &sibling] {
        while notes::open(s, &copy).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(&**notes::open(s, &others).await.expect("opened"), b"his");
    }
    let took = began.elapsed();
    assert!(took < Duration::from_secs(1), "{took:?}");
    let left: i64 =
        sqlx::query_scalar("select count(*) from tenant_data_keys where tenant_id = $1")
            .bind(ada.actor.tenant().0)
            .fetch_one(&superuser)
            .await
            .expect("a count");
    assert_eq!(left, 0);
    println!("forgotten by two servers after {took:?}");
}

#[tokio::test]
async fn a_server_that_hears_nothing_still_forgets_a_key_within_a_second() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let notes = Notes::create(&world).await;
    let copy = notes.write(&ada, b"kept").await;
    let superuser = world.database.pool("postgres", 1);
    // As if the notification were lost on its way.
    for statement in [
        "alter table tenant_data_keys disable trigger tell",
        "delete from sealed_notes",
        "delete from tenant_data_keys",
    ] {
        sqlx::query(statement)
            .execute(&superuser)
            .await
            .expect(statement);
    }
    let began = Instant::now();
    while notes::open(&world.services, &copy).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let took = began.elapsed();
    assert!(took < Duration::from_secs(1), "{took:?}");
    println!("forgotten without a word after {took:?}");
}

#[tokio::test]
async fn the_database_lets_no_key_go_that_something_is_sealed_with() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let notes = Notes::create(&world).await;
    notes.write(&ada, b"kept").await;
    let superuser = world.database.pool("postgres", 1);
    for statement in [
        "delete from tenant_data_keys",
        "delete from instance_data_keys",
    ] {
        let answer = sqlx::query(statement).execute(&superuser).await;
        assert!(answer.is_err(), "{statement} left sealed cells behind");
    }
}

#[tokio::test]
async fn a_first_key_that_is_rolled_back_is_used_by_nobody() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let tenant = ada.actor.tenant();
    let s = &world.services;
    let cell = note(tenant, Uuid::now_v7());
    let mut tx = s.db.tenant_tx(tenant).await.expect("a tx");
    let lost = s.data_keys.seal(&mut tx, cell, b"x").await.expect("sealed");
    let again = s.data_keys.seal(&mut tx, cell, b"x").await.expect("sealed");
    assert!(s.data_keys.open(&mut tx, cell, &again).await.is_ok());
    drop(tx);
    let mut tx = s.db.tenant_tx(tenant).await.expect("a tx");
    let kept = s.data_keys.seal(&mut tx, cell, b"x").await.expect("sealed");
    tx.commit().await.expect("committed");
    let mut tx = s.db.tenant_tx(tenant).await.expect("a tx");
    assert!(s.data_keys.open(&mut tx, cell, &kept).await.is_ok());
    assert!(s.data_keys.open(&mut tx, cell, &lost).await.is_err());
}
