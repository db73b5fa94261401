//! Rotation: new keys in place of old ones, and nothing that does not open in between.

use super::notes::{self, NOTE, Notes};
use domain::data_keys::{COLUMNS, Column, Rotated, check, rewrap, rotate, status};
use domain::{Services, second_factor};
use std::time::Duration;
use test_support::{MASTER_KEY, Person, World, assert_refused};

const NEXT: [u8; 32] = [8; 32];
const SHORT: Duration = Duration::from_millis(400);

fn columns() -> Vec<&'static Column> {
    COLUMNS.iter().copied().chain([&NOTE]).collect()
}

fn quietly(_: String) {}

async fn rotated(s: &Services) -> Rotated {
    rotate(s, &columns(), SHORT, &quietly)
        .await
        .expect("rotated")
}

/// People with a second factor and a note in their tenant each; letters wait for them.
async fn furnish(world: &World) -> (Notes, Vec<(Person, notes::Note)>) {
    let notes = Notes::create(world).await;
    let mut people = Vec::new();
    for name in ["ada", "bob", "eve"] {
        let person = world.owner(name).await;
        second_factor::begin(&world.services, person.user)
            .await
            .expect("begun");
        let note = notes.write(&person, name.as_bytes()).await;
        people.push((person, note));
    }
    (notes, people)
}

async fn everything_opens(s: &Services, notes: &Notes, people: &[(Person, notes::Note)]) {
    for (person, note) in people {
        second_factor::view(s, person.user)
            .await
            .expect("a secret that opens");
        let now = notes.read(note.tenant, note.id).await;
        notes::open(s, &now).await.expect("a note that opens");
    }
}

#[tokio::test]
async fn new_data_keys_follow_the_old_ones_which_go() {
    let world = World::new().await;
    let (notes, people) = furnish(&world).await;
    let before = notes.read(people[0].1.tenant, people[0].1.id).await;
    let letters = world.unsent_letters().await;
    let server = world.sibling();
    everything_opens(&server, &notes, &people).await;

    let done = rotated(&world.services).await;
    let cells = 2 * people.len() as u64 + letters.len() as u64;
    let keys = 1 + people.len() as u64;
    let wanted = Rotated {
        rewrapped: 0,
        drawn: keys,
        sealed: cells,
        unopened: 0,
        removed: keys,
    };
    assert_eq!(done, wanted);
    everything_opens(&server, &notes, &people).await;
    assert_eq!(world.unsent_letters().await, letters);
    let after = status(&server, &columns()).await.expect("a status");
    assert!(after.is_settled(), "{after:?}");
    let counted: i64 = after.cells.iter().map(|cells| cells.in_use).sum();
    assert_eq!(counted, i64::try_from(cells).expect("a number"));
    notes::open(&server, &before)
        .await
        .expect_err("a cell of before");
}

#[tokio::test]
async fn a_rotation_goes_on_where_one_that_was_killed_has_ended() {
    let world = World::new().await;
    let (notes, people) = furnish(&world).await;
    let mut drawn = 0;
    // Ended at every moment of it, one after the other.
    for pause in [1, 5, 20, 50, 100, 200] {
        let s = world.sibling();
        let rotation = async move { rotate(&s, &columns(), SHORT, &quietly).await };
        let short = tokio::time::timeout(Duration::from_millis(pause), rotation).await;
        drawn += short.map_or(0, |done| done.expect("rotated").drawn);
        everything_opens(&world.services, &notes, &people).await;
    }
    let last = loop {
        match rotate(&world.services, &columns(), SHORT, &quietly).await {
            Ok(done) => break done,
            // The lock of the last one goes when its connection has ended.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    drawn += last.drawn;
    assert!(drawn <= 2 * (1 + people.len() as u64), "{drawn} keys drawn");
    let after = status(&world.services, &columns()).await.expect("a status");
    assert!(after.is_settled(), "{after:?}");
    everything_opens(&world.services, &notes, &people).await;
}

#[tokio::test]
async fn two_rotations_at_once_are_one() {
    let world = World::new().await;
    furnish(&world).await;
    let (one, two) = (world.sibling(), world.sibling());
    let columns = columns();
    let (one, two) = tokio::join!(
        rotate(&one, &columns, SHORT, &quietly),
        rotate(&two, &columns, SHORT, &quietly)
    );
    let refusal = "another process wraps or rotates keys at this moment";
    let refused = if one.is_ok() { two } else { one };
    assert_refused(refused, &api_types::Refusal::conflict(refusal));
}

#[tokio::test]
async fn another_master_key_takes_over_and_the_old_one_is_not_needed_any_more() {
    let world = World::new().await;
    let (notes, people) = furnish(&world).await;
    let next = world.with_master_keys(&NEXT, &[MASTER_KEY]);
    check(&next.services).await.expect("both keys are set");
    everything_opens(&next.services, &notes, &people).await;
    let alone = world.with_master_keys(&NEXT, &[]);
    let told = check(&alone.services)
        .await
        .expect_err("the old key is missing");
    assert!(
        format!("{told:#}").contains("4 data keys are wrapped with"),
        "{told:#}"
    );

    let rewrapped = rewrap(&next.services, &quietly).await.expect("rewrapped");
    assert_eq!(rewrapped, 1 + people.len() as u64);
    assert_eq!(
        rewrap(&next.services, &quietly)
            .await
            .expect("nothing to do"),
        0
    );
    let alone = world.with_master_keys(&NEXT, &[]);
    check(&alone.services)
        .await
        .expect("the old key is not needed");
    everything_opens(&alone.services, &notes, &people).await;
    let after = status(&alone.services, &columns()).await.expect("a status");
    assert!(after.is_settled(), "{after:?}");
}

#[tokio::test]
async fn a_cell_that_does_not_open_stays_with_its_key_and_is_counted() {
    let world = World::new().await;
    let (notes, people) = furnish(&world).await;
    let broken = &people[0].1;
    sqlx::query("update sealed_notes set body_version = body_version + 1 where note_id = $1")
        .bind(broken.id)
        .execute(&world.database.pool("postgres", 1))
        .await
        .expect("bent");
    let done = rotated(&world.services).await;
    assert_eq!((done.unopened, done.removed), (1, people.len() as u64));
    let after = status(&world.services, &columns()).await.expect("a status");
    assert!(!after.is_settled(), "{after:?}");
    everything_opens(&world.services, &notes, &people[1..]).await;
}

#[tokio::test]
async fn secrets_that_a_master_key_itself_has_sealed_go_on_and_are_sealed_anew() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let tied_to = [
        b"bulkhead/second-factor/v1".as_slice(),
        ada.user.0.as_bytes(),
    ]
    .concat();
    let old = vault::Sealer::with_key(&MASTER_KEY).seal(&tied_to, &[5; 20]);
    let pool = world.database.pool("postgres", 1);
    sqlx::query("insert into second_factors (user_id, secret) values ($1, $2)")
        .bind(ada.user.0)
        .bind(old.expect("sealed"))
        .execute(&pool)
        .await
        .expect("as version 0.1 did");
    let s = &world.services;
    let shown = second_factor::view(s, ada.user).await.expect("it opens");
    // The master key may have been followed by another since then.
    let next = world.with_master_keys(&NEXT, &[MASTER_KEY]).services;
    assert_eq!(
        second_factor::seal_old(&next).await.expect("sealed anew"),
        1
    );
    assert_eq!(
        second_factor::seal_old(&next).await.expect("nothing left"),
        0
    );
    let again = second_factor::view(&next, ada.user)
        .await
        .expect("it opens");
    assert_eq!(format!("{shown:?}"), format!("{again:?}"));
    let version: i64 = sqlx::query_scalar("select secret_version from second_factors")
        .fetch_one(&pool)
        .await
        .expect("a version");
    assert!(version > 0);
}
