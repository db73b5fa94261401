//! What an auditor can prove with an export and the checkpoints alone (rule R35).

use api_types::audit::{Act, AuditFilter};
use domain::audit::{
    self, Event,
    chain::{Entry, Hash},
    checkpoint::{Checkpoint, sign_moved_heads},
    verify::{Bad, Failure, Verified, read_checkpoints, verify},
};
use futures::TryStreamExt as _;
use serde_json::{Value, value::RawValue};
use std::{fmt::Write as _, future::ready, time::Instant};
use test_support::{Person, World};
use uuid::Uuid;
use vault::SigningKey;

const ROWS: i64 = 10_000;

/// Appends acts, many in a transaction: what is proved is the chain, not the acts.
async fn act(person: &Person, times: i64) {
    let s = &person.world.services;
    let actor = person.actor.clone().seen_from(test_support::HOME.into());
    let mut left = times;
    while left > 0 {
        let mut tx = s.db.tenant_tx(actor.tenant()).await.expect("a tx");
        for n in 0..left.min(500) {
            let (was, is) = (format!("lab {n}"), format!("lab {}", n + 1));
            let event = Event::new(Act::TenantRenamed, actor.tenant(), is.as_str())
                .before(&audit::Named { name: &was })
                .and_then(|event| event.after(&audit::Named { name: &is }))
                .expect("an event");
            audit::record(&mut tx, &actor, event)
                .await
                .expect("recorded");
        }
        tx.commit().await.expect("kept");
        left -= 500;
    }
}

async fn export(person: &Person) -> Vec<Entry> {
    let s = &person.world.services;
    let export = audit::begin_export(s, &person.actor, &AuditFilter::default())
        .await
        .expect("an export");
    let rows = export.rows;
    let batches: Vec<_> = export
        .rows(s.clone(), person.actor.clone())
        .try_collect()
        .await
        .expect("rows");
    let entries: Vec<_> = batches.into_iter().flatten().collect();
    assert_eq!(entries.len() as i64, rows, "the number told ahead");
    entries
}

fn text(rows: &[Entry]) -> String {
    rows.iter().fold(String::new(), |mut text, row| {
        writeln!(text, "{}", serde_json::to_string(row).expect("JSON")).expect("text");
        text
    })
}

fn first_bad(export: &str, checkpoints: &[Checkpoint]) -> i64 {
    match verify(export.as_bytes(), checkpoints) {
        Err(Failure::Bad(Bad { seq, .. })) => seq,
        other => panic!("expected a bad row, got {other:?}"),
    }
}

async fn sign(world: &World, key: &SigningKey) -> Vec<Checkpoint> {
    let mut kept = Vec::new();
    sign_moved_heads(&world.services.db, key, |signed| {
        kept = signed;
        ready(Ok(()))
    })
    .await
    .expect("signed");
    kept
}

fn key() -> SigningKey {
    SigningKey::from_seed(&SigningKey::random_seed()).expect("a key")
}

/// From this row on every hash is computed anew, as a clever forger would.
fn recompute(rows: &mut [Entry], from: usize) {
    for index in from..rows.len() {
        if index > 0 {
            rows[index].prev = rows[index - 1].hash;
        }
        rows[index].hash = rows[index].computed_hash();
    }
}

/// A value that is not the one given, but of its kind.
fn another(value: &Value) -> Value {
    match value {
        Value::Number(_) => 77.into(),
        Value::String(text) if text.len() == 64 => "ab".repeat(32).into(),
        Value::String(text) if Uuid::parse_str(text).is_ok() => Uuid::nil().to_string().into(),
        Value::Null => Uuid::nil().to_string().into(),
        Value::Object(_) => serde_json::json!({ "name": "forged" }),
        _ => "forged".into(),
    }
}

type Edit = fn(&mut Vec<Entry>, &[Entry]);

/// What is done to 10,000 rows, and the first row that is then bad.
const EDITS: [(&str, i64, Edit); 8] = [
    ("deleted", 6_000, |rows, _| drop(rows.remove(5_999))),
    ("the first deleted", 1, |rows, _| drop(rows.remove(0))),
    ("inserted twice", 6_000, |rows, _| {
        rows.insert(6_000, rows[5_999].clone());
    }),
    ("swapped", 6_000, |rows, _| rows.swap(5_999, 6_000)),
    ("another tenant's in its place", 6, |rows, bobs| {
        rows[5] = bobs[5].clone();
    }),
    ("moved to another tenant", 1, |rows, bobs| {
        for row in rows {
            row.tenant = bobs[0].tenant;
        }
    }),
    ("edited, with its own hash anew", 6_001, |rows, _| {
        rows[5_999].actor_name = "Eve".into();
        rows[5_999].hash = rows[5_999].computed_hash();
    }),
    ("a space put in", 6_000, |rows, _| {
        rows[5_999].before = RawValue::from_string(r#"{"name": "x"}"#.into()).ok();
    }),
];

#[tokio::test]
async fn the_verifier_names_the_first_bad_row_of_an_export() {
    let world = World::new().await;
    let (ada, bob) = (world.owner("ada").await, world.owner("bob").await);
    let began = Instant::now();
    act(&ada, ROWS - 1).await;
    let written = began.elapsed();
    act(&bob, 5).await;
    let (rows, bobs) = (export(&ada).await, export(&bob).await);
    assert_eq!(rows.len() as i64, ROWS);
    let good = text(&rows);
    let began = Instant::now();
    let verified = verify(good.as_bytes(), &[]).expect("good");
    let took = began.elapsed();
    println!("{ROWS} rows: written in {written:?}, verified in {took:?}");
    assert_eq!((verified.first, verified.last), (1, ROWS));

    // Each field of the line in the middle, whatever the fields are.
    let lines: Vec<&str> = good.lines().collect();
    let with = |line: &str| {
        [&lines[..4_999], &[line], &lines[5_000..]]
            .concat()
            .join("\n")
    };
    let middle: Value = serde_json::from_str(lines[4_999]).expect("JSON");
    let fields = middle.as_object().expect("an object");
    assert_eq!(fields.len(), 16);
    for name in fields.keys() {
        let mut edited = middle.clone();
        edited[name] = another(&middle[name]);
        // A number that leaves a gap: the row that should be there is missing.
        assert_eq!(
            first_bad(&with(&edited.to_string()), &[]),
            if name == "seq" { 77 } else { 5_000 },
            "{name}"
        );
    }
    // A field more, and a line that is none.
    let more = lines[4_999].replacen('{', r#"{"note":1,"#, 1);
    assert_eq!(first_bad(&with(&more), &[]), 5_000);
    assert_eq!(first_bad(&with("nonsense"), &[]), 5_000);
    for (what, seq, edit) in EDITS {
        let mut forged = rows.clone();
        edit(&mut forged, &bobs);
        assert_eq!(first_bad(&text(&forged), &[]), seq, "{what}");
    }
}

#[tokio::test]
async fn checkpoints_find_a_cut_end_an_old_copy_and_a_chain_computed_anew() {
    let world = World::new().await;
    let (ada, key) = (world.owner("ada").await, key());
    act(&ada, 99).await;
    let old = export(&ada).await;
    let mut checkpoints = sign(&world, &key).await;
    act(&ada, 100).await;
    checkpoints.extend(sign(&world, &key).await);
    assert!(sign(&world, &key).await.is_empty(), "nothing has moved");
    act(&ada, 50).await;
    let rows = export(&ada).await;

    let Verified {
        last,
        checkpoints: agreed,
        signed_until,
        ..
    } = verify(text(&rows).as_bytes(), &checkpoints).expect("good");
    assert_eq!((last, agreed, signed_until), (250, 2, 200));

    assert_eq!(first_bad(&text(&rows[..180]), &checkpoints), 181, "cut");
    assert_eq!(first_bad(&text(&old), &checkpoints), 101, "an old copy");
    verify(text(&old).as_bytes(), &[]).expect("alone, an old copy is good");
    // After the newest checkpoint a cut is not known; it is at most five minutes old.
    verify(text(&rows[..220]).as_bytes(), &checkpoints).expect("not known");

    let mut forged = rows.clone();
    forged[149].actor_name = "Eve".into();
    recompute(&mut forged, 149);
    verify(text(&forged).as_bytes(), &[]).expect("alone, a chain computed anew is good");
    let first = first_bad(&text(&forged), &checkpoints);
    assert_eq!(first, 200, "the next signed row differs");

    // What is older than a signed row may be gone; what is older than any other may not.
    let verified = verify(text(&rows[100..]).as_bytes(), &checkpoints).expect("good");
    assert_eq!((verified.first, verified.last), (101, 250));
    assert_eq!(first_bad(&text(&rows[101..]), &checkpoints), 1);
    assert_eq!(first_bad(&text(&rows[100..]), &[]), 1);
}

#[tokio::test]
async fn only_checkpoints_of_a_trusted_key_are_believed() {
    let world = World::new().await;
    let (ada, ours, other) = (world.owner("ada").await, key(), key());
    act(&ada, 9).await;
    let signed = sign(&world, &ours).await;
    let line = |checkpoint: &Checkpoint| serde_json::to_string(checkpoint).expect("JSON");
    let read = |line: &str, key: &SigningKey| read_checkpoints(line.as_bytes(), &[key.public()]);
    assert_eq!(read(&line(&signed[0]), &ours).expect("trusted"), signed);
    assert!(read(&line(&signed[0]), &other).is_err());
    let edits: [fn(&mut Checkpoint); 5] = [
        |edited| edited.seq += 1,
        |edited| edited.hash = Hash([1; 32]),
        |edited| edited.at.push('0'),
        |edited| edited.tenant.0 = Uuid::nil(),
        |edited| edited.signature = "00".repeat(64),
    ];
    for edit in edits {
        let mut forged = signed[0].clone();
        edit(&mut forged);
        assert!(read(&line(&forged), &ours).is_err(), "{forged:?}");
    }
}

#[tokio::test]
async fn what_is_old_and_signed_may_go_and_the_rest_still_verifies() {
    let world = World::new().await;
    let (s, ada, key) = (&world.services, world.owner("ada").await, key());
    act(&ada, 4).await;
    let mut checkpoints = sign(&world, &key).await;
    act(&ada, 4).await;
    let pool = world.database.pool("postgres", 1);
    // Rows 6 and 7 are old too, but no signed end covers them.
    sqlx::query("update audit_events set at = at - interval '100 days' where seq <= 7")
        .execute(&pool)
        .await
        .expect("aged");
    assert_eq!(audit::trim(s, 200).await.expect("nothing is so old"), 0);
    assert_eq!(audit::trim(s, 90).await.expect("trimmed"), 5);
    assert_eq!(audit::trim(s, 90).await.expect("once"), 0);
    checkpoints.extend(sign(&world, &key).await);

    let left: Vec<(i64, String)> = sqlx::query_as("select seq, act from audit_events order by seq")
        .fetch_all(&pool)
        .await
        .expect("rows");
    assert_eq!((left[0].0, left.len()), (6, 5));
    assert_eq!(left[4], (10, Act::TenantLogTrimmed.as_str().into()));
    // The ages of 6 and 7 were forged above, which their hashes tell.
    sqlx::query("update audit_events set at = at + interval '100 days' where seq <= 7")
        .execute(&pool)
        .await
        .expect("as they were");
    let rows = export(&ada).await;
    let verified = verify(text(&rows).as_bytes(), &checkpoints).expect("good");
    assert_eq!((verified.first, verified.last), (6, 10));
    assert_eq!(first_bad(&text(&rows[1..]), &checkpoints), 1);
}

#[tokio::test]
async fn the_system_role_cannot_remove_what_is_young_or_not_signed() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    act(&ada, 4).await;
    let system = world.database.pool("bulkhead_system", 1);
    let remove = async || {
        let done = sqlx::query("delete from audit_events")
            .execute(&system)
            .await;
        done.expect("an answer").rows_affected()
    };
    sqlx::query("update audit_events set at = at - interval '100 days'")
        .execute(&world.database.pool("postgres", 1))
        .await
        .expect("aged");
    assert_eq!(remove().await, 0, "not signed");
    sign(&world, &key()).await;
    act(&ada, 1).await;
    assert_eq!(remove().await, 5, "old and signed");
    sign(&world, &key()).await;
    assert_eq!(remove().await, 0, "young");
}
