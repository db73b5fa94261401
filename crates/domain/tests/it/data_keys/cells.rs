//! Real cells of the database, moved, set back, bent and cut (rule R15): none opens.

use super::notes::{self, Notes};
use domain::data_keys::{Cell, OUTBOX_PAYLOAD, SECOND_FACTOR_SECRET, Sealed};
use domain::second_factor;
use sqlx::{PgConnection, PgPool};
use test_support::World;
use uuid::Uuid;

/// A cell of the instance as it is stored.
async fn stored(pool: &PgPool, query: &'static str) -> Vec<(Uuid, Sealed)> {
    let rows: Vec<(Uuid, Vec<u8>, i64)> = sqlx::query_as(query).fetch_all(pool).await.expect(query);
    let cells = rows.into_iter();
    cells
        .map(|(row, bytes, version)| (row, Sealed { bytes, version }))
        .collect()
}

const FACTORS: &str = "select user_id, secret, secret_version from second_factors order by 1";
const LETTERS: &str = "select job_id, payload, payload_version from outbox order by 1";

/// Puts bytes where the secret of an app is, unless the database refuses them.
async fn put(pool: &PgPool, bytes: &[u8]) -> sqlx::Result<()> {
    let put = sqlx::query("update second_factors set secret = $1").bind(bytes);
    put.execute(pool).await.map(drop)
}

async fn opens(world: &World, db: &mut PgConnection, cell: Cell, sealed: &Sealed) -> bool {
    world
        .services
        .data_keys
        .open(db, cell, sealed)
        .await
        .is_ok()
}

#[tokio::test]
async fn a_cell_opens_in_its_own_row_column_and_version_alone() {
    let world = World::new().await;
    let (ada, bob) = (world.owner("ada").await, world.owner("bob").await);
    for person in [&ada, &bob] {
        let begun = second_factor::begin(&world.services, person.user).await;
        begun.expect("begun");
    }
    let pool = world.database.pool("postgres", 2);
    let mut db = pool.acquire().await.expect("a connection");
    let (factors, letters) = (stored(&pool, FACTORS).await, stored(&pool, LETTERS).await);
    assert!(
        factors.len() == 2 && letters.len() >= 2,
        "{}",
        letters.len()
    );
    let columns = [
        (&SECOND_FACTOR_SECRET, &factors),
        (&OUTBOX_PAYLOAD, &letters),
    ];
    let mut tried = 0;
    for (of, cells) in columns {
        for (row, sealed) in cells {
            for (column, others) in columns {
                for (other, _) in others {
                    let there = Cell::of_instance(column, *other);
                    let home = of == column && row == other;
                    assert_eq!(opens(&world, &mut db, there, sealed).await, home, "{there}");
                    tried += 1;
                }
            }
            for version in [0, sealed.version - 1, sealed.version + 1, -sealed.version] {
                let bytes = sealed.bytes.clone();
                let cell = Cell::of_instance(of, *row);
                let moved = Sealed { bytes, version };
                assert!(!opens(&world, &mut db, cell, &moved).await, "{version}");
                tried += 1;
            }
        }
    }
    println!("{tried} places and versions tried");
}

#[tokio::test]
async fn a_secret_of_before_does_not_open_when_it_is_put_back() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let s = &world.services;
    second_factor::begin(s, ada.user).await.expect("begun");
    let pool = world.database.pool("postgres", 1);
    let old = stored(&pool, FACTORS).await.remove(0).1;
    second_factor::begin(s, ada.user).await.expect("begun");
    second_factor::view(s, ada.user).await.expect("it opens");
    put(&pool, &old.bytes).await.expect("put back");
    second_factor::view(s, ada.user)
        .await
        .expect_err("an old secret");
    // A row that is made anew does not begin to count again.
    sqlx::query("delete from second_factors")
        .execute(&pool)
        .await
        .expect("deleted");
    second_factor::begin(s, ada.user).await.expect("begun");
    put(&pool, &old.bytes).await.expect("put back");
    second_factor::view(s, ada.user)
        .await
        .expect_err("an old secret");
}

#[tokio::test]
async fn a_cell_of_one_tenant_opens_in_no_other_nor_in_another_row() {
    let world = World::new().await;
    let notes = Notes::create(&world).await;
    let (ada, bob) = (world.owner("ada").await, world.owner("bob").await);
    let (hers, another) = (
        notes.write(&ada, b"one").await,
        notes.write(&ada, b"two").await,
    );
    let his = notes.write(&bob, b"three").await;
    let s = &world.services;
    for (tenant, id) in [
        (hers.tenant, another.id),
        (his.tenant, his.id),
        (his.tenant, hers.id),
    ] {
        let opened = notes::open_at(s, tenant, id, &hers.sealed).await;
        opened.expect_err("a cell that was moved");
    }
    // The database does not take it either: the key is not of that tenant.
    let pool = world.database.pool("postgres", 1);
    let moved = sqlx::query("update sealed_notes set body = $1 where note_id = $2")
        .bind(&hers.sealed.bytes)
        .bind(his.id)
        .execute(&pool)
        .await;
    assert!(moved.is_err());
    assert_eq!(&**notes::open(s, &hers).await.expect("opened"), b"one");
}

#[tokio::test]
async fn every_flipped_bit_and_every_cut_is_an_error_and_no_panic() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    second_factor::begin(&world.services, ada.user)
        .await
        .expect("begun");
    let pool = world.database.pool("postgres", 2);
    let mut db = pool.acquire().await.expect("a connection");
    let (mut flipped, mut cut) = (0, 0);
    for (column, query) in [(&SECOND_FACTOR_SECRET, FACTORS), (&OUTBOX_PAYLOAD, LETTERS)] {
        let (row, sealed) = stored(&pool, query).await.remove(0);
        let cell = Cell::of_instance(column, row);
        assert!(opens(&world, &mut db, cell, &sealed).await);
        for at in 0..sealed.bytes.len() {
            let mut short = sealed.clone();
            short.bytes.truncate(at);
            assert!(!opens(&world, &mut db, cell, &short).await, "cut at {at}");
            cut += 1;
            for bit in 0..8 {
                let mut forged = sealed.clone();
                forged.bytes[at] ^= 1 << bit;
                assert!(!opens(&world, &mut db, cell, &forged).await, "byte {at}");
                flipped += 1;
            }
        }
    }
    println!("{flipped} flipped bits and {cut} cuts, none opened");
}

#[tokio::test]
async fn a_bent_cell_in_the_database_is_refused_by_it_or_opens_nowhere() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let s = &world.services;
    second_factor::begin(s, ada.user).await.expect("begun");
    let pool = world.database.pool("postgres", 1);
    let (_, sealed) = stored(&pool, FACTORS).await.remove(0);
    let (mut refused, mut unopened) = (0, 0);
    for at in 0..sealed.bytes.len() {
        for bent in [sealed.bytes[..at].to_vec(), flip(&sealed.bytes, at)] {
            if put(&pool, &bent).await.is_err() {
                refused += 1;
                continue;
            }
            second_factor::view(s, ada.user)
                .await
                .expect_err("a bent cell");
            unopened += 1;
        }
    }
    put(&pool, &sealed.bytes).await.expect("put back");
    second_factor::view(s, ada.user)
        .await
        .expect("it opens again");
    println!("{refused} refused by the database, {unopened} did not open");
}

fn flip(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bent = bytes.to_vec();
    bent[at] ^= 1;
    bent
}
