//! Calls as a file.

use super::{call_at, number, record};
use api_types::{
    Refusal,
    usage::{ExportState, Format, Outcome, UsageFilter},
};
use domain::{
    Error,
    usage::{
        Event,
        export::{self, ExportedCall, NewExport},
    },
};
use futures::{StreamExt as _, TryStreamExt as _};
use test_support::{Person, World, assert_refused};
use time::{Duration, OffsetDateTime};

fn new(since: OffsetDateTime) -> NewExport {
    NewExport {
        format: Format::Jsonl,
        since,
        until: OffsetDateTime::now_utc(),
        filter: UsageFilter::default(),
        words: String::new(),
        after: None,
    }
}

async fn all(world: &World, person: &Person, new: NewExport) -> Vec<ExportedCall> {
    let export = export::begin(&world.services, &person.actor, new).await;
    let batches = export.expect("an export").batches();
    let batches: Vec<Vec<ExportedCall>> = batches.try_collect().await.expect("calls");
    batches.into_iter().flatten().collect()
}

#[tokio::test]
async fn a_file_has_every_call_of_its_time_once_and_goes_on_where_it_broke_off() {
    let world = World::new().await;
    let (ada, bob) = (world.owner("ada").await, world.owner("bob").await);
    let key = ada.key(&ada.client("ci").await).await;
    let bobs = bob.key(&bob.client("ci").await).await;
    let now = OffsetDateTime::now_utc();
    // Three batches, over months, and some that are too young or another's.
    let calls: Vec<Event> = (2..11_002_i64)
        .map(|nth| call_at(&ada, &key, now - Duration::minutes(nth * 5)))
        .collect();
    record(&world, calls.clone()).await;
    record(
        &world,
        [
            call_at(&ada, &key, now),
            call_at(&bob, &bobs, now - Duration::HOUR),
        ],
    )
    .await;
    let since = now - Duration::days(60);
    let file = all(&world, &ada, new(since)).await;
    let mut expected: Vec<_> = calls.iter().map(|call| call.id.0).collect();
    expected.sort_unstable();
    let ids: Vec<_> = file.iter().map(|call| call.event_id).collect();
    assert_eq!(ids.len(), expected.len());
    assert_eq!(ids, expected);
    assert_eq!(file[0].client.as_deref(), Some("ci"));

    let after = NewExport {
        after: Some(api_types::EventId(ids[7000])),
        ..new(since)
    };
    let rest: Vec<_> = all(&world, &ada, after)
        .await
        .iter()
        .map(|call| call.event_id)
        .collect();
    assert_eq!(rest, expected[7001..]);

    let list = export::list(&world.services, &ada.actor)
        .await
        .expect("a list");
    let states: Vec<_> = list.iter().map(|one| (one.state, one.calls)).collect();
    assert_eq!(
        states,
        [(ExportState::Done, 3999), (ExportState::Done, 11_000)]
    );
    assert!(
        export::list(&world.services, &bob.actor)
            .await
            .expect("a list")
            .is_empty()
    );
    let audited = "select count(*) from audit_events where act = 'tenant.usage_exported'";
    assert_eq!(number(&world, audited).await, 2);
}

#[tokio::test]
async fn a_file_that_nobody_takes_on_says_how_far_it_came() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    let now = OffsetDateTime::now_utc();
    let calls = (2..12_002_i64).map(|nth| Event {
        outcome: if nth % 2 == 0 {
            Outcome::Ok
        } else {
            Outcome::ToolError
        },
        ..call_at(&ada, &key, now - Duration::minutes(nth))
    });
    record(&world, calls).await;
    super::roll_up(&world).await;
    let failed = NewExport {
        filter: UsageFilter {
            outcome: Some(Outcome::ToolError),
            ..UsageFilter::default()
        },
        words: "?outcome=tool_error".into(),
        ..new(now - Duration::days(30))
    };
    let export = export::begin(&world.services, &ada.actor, failed)
        .await
        .expect("an export");
    assert_eq!(export.expected, 12_000, "by the numbers of the hours");
    let mut batches = Box::pin(export.batches());
    let first = batches.next().await.expect("a batch").expect("calls");
    assert_eq!(first.len(), 2500, "of five thousand that were looked at");
    drop(batches);
    let seen = export::list(&world.services, &ada.actor)
        .await
        .expect("a list")
        .remove(0);
    assert_eq!(
        (seen.state, seen.calls, seen.expected),
        (ExportState::Running, 2500, 12_000)
    );
    super::change(
        &world,
        "update usage_exports set moved_at = now() - interval '1 minute'",
    )
    .await;
    let seen = export::list(&world.services, &ada.actor)
        .await
        .expect("a list")
        .remove(0);
    assert_eq!(seen.state, ExportState::Stalled);
    assert!(seen.last.is_some());
}

#[tokio::test]
async fn who_may_not_see_usage_exports_none() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let s = &world.services;
    let now = OffsetDateTime::now_utc();
    let empty = NewExport {
        until: now - Duration::days(31),
        ..new(now - Duration::days(30))
    };
    let message = "the end must be after the beginning, and later than what the plan keeps";
    let refused = export::begin(s, &ada.actor, empty).await.map(|_| ());
    assert_refused(refused, &Refusal::invalid("until", message));
    let nobody = domain::Actor::system(ada.actor.tenant(), "a test");
    let refused = export::begin(s, &nobody, new(now - Duration::HOUR)).await;
    assert!(matches!(
        refused,
        Err(Error::Refused(Refusal::Forbidden { .. }))
    ));
    assert_eq!(
        number(&world, "select count(*) from usage_exports").await,
        0
    );
}
