//! Corrections are rows of their own.

use super::{number, roll_up};
use crate::operator::Scene;
use api_types::{Refusal, usage::UsageFilter};
use domain::usage::{self, Correction};
use test_support::assert_refused;

#[tokio::test]
async fn a_correction_counts_units_and_is_no_call() {
    let scene = Scene::new().await;
    let (world, s, a) = (&scene.world, scene.s(), scene.a());
    let (hers, id) = (a.tenant(), scene.call_of_ten(&scene.ada).await);
    roll_up(world).await;
    let made = scene.correct(hers, id, -4, "counted twice").await;
    let made = made.expect("corrected");
    roll_up(world).await;
    let report = usage::report(s, a, &UsageFilter::default()).await;
    let report = report.expect("a report");
    assert_eq!((report.total.calls, report.total.units), (1, 6));
    assert_eq!(
        (
            report.by_tool[0].totals.calls,
            report.by_tool[0].totals.units
        ),
        (1, 6)
    );
    let told = &report.recent[0];
    assert_eq!((told.id, told.corrects, told.units), (made, Some(id), -4));
    assert_eq!(told.error.as_deref(), Some("counted twice"));
    let edited = "select count(*) from usage_events where units = 10 and corrects is null";
    assert_eq!(
        number(world, edited).await,
        1,
        "the row itself is as it was"
    );

    let refused = scene.correct(hers, id, -7, "too much").await;
    let message = "no more can be taken off than the call counts: 6";
    assert_refused(refused, &Refusal::invalid("units", message));
    let of_a_correction = scene.correct(hers, made, 1, "again").await;
    let message = "this tenant has no such call";
    assert_refused(of_a_correction, &Refusal::invalid("call", message));
    assert_eq!(number(world, "select count(*) from usage_events").await, 2);
}

#[tokio::test]
async fn a_call_shows_its_corrections_and_a_correction_its_call() {
    let scene = Scene::new().await;
    let (s, a) = (scene.s(), scene.a());
    let (hers, id) = (a.tenant(), scene.call_of_ten(&scene.ada).await);
    let mut made = Vec::new();
    for (units, reason) in [(-4, "counted twice"), (1, "but for one")] {
        let row = scene.correct(hers, id, units, reason).await;
        made.push((row.expect("corrected"), units, Some(reason)));
    }
    let call = usage::call(s, a, id).await.expect("the call");
    assert_eq!((call.call.units, call.call.corrects), (10, None));
    let shown: Vec<_> = call
        .corrections
        .iter()
        .map(|one| (one.id, one.units, one.error.as_deref()))
        .collect();
    assert_eq!(shown, made);
    assert!(call.corrections.iter().all(|one| one.at >= call.call.at));
    let correction = usage::call(s, a, made[0].0).await.expect("a correction");
    assert_eq!(correction.call.corrects, Some(id));
    assert!(correction.corrections.is_empty());
}

#[tokio::test]
async fn what_corrects_nothing_or_says_nothing_is_refused() {
    let scene = Scene::new().await;
    let (hers, id) = (scene.a().tenant(), scene.call_of_ten(&scene.ada).await);
    let of = |units, reason: &str| Correction::new(hers, id, units, reason).map(drop);
    let wrong = |field: &str, message: &str| -> Result<(), Refusal> {
        Err(Refusal::invalid(field, message))
    };
    let nothing = "a correction of nothing corrects nothing";
    assert_eq!(of(0, "x"), wrong("units", nothing));
    let many = "at most 1,000,000,000 units at once";
    for units in [1_000_000_001, -1_000_000_001, i64::MAX, i64::MIN] {
        assert_eq!(of(units, "x"), wrong("units", many));
    }
    assert_eq!(of(1, " "), wrong("reason", "please say why"));
    let long = "x".repeat(501);
    assert_eq!(of(1, &long), wrong("reason", "at most 500 characters"));
    assert_eq!(of(-1_000_000_000, &long[..500]), Ok(()));
}
