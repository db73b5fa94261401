//! Corrections are rows of their own.

use super::{number, record, roll_up};
use api_types::{
    Refusal,
    usage::{Outcome, UsageFilter},
};
use domain::usage::{self, Correction, Event};
use test_support::{World, assert_refused};

#[tokio::test]
async fn a_correction_counts_units_and_is_no_call() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let bob = world.owner("bob").await;
    let key = ada.key(&ada.client("ci").await).await;
    let call = Event {
        units: 10,
        ..ada.call(&key, "list", Outcome::Ok)
    };
    let id = call.id;
    record(&world, [call]).await;
    roll_up(&world).await;
    let s = &world.services;
    let correction = |tenant, units, reason: &str| Correction {
        tenant,
        of: id,
        units,
        reason: reason.into(),
    };
    let hers = ada.actor.tenant();
    let made = usage::correct(s, "a test", &correction(hers, -4, "counted twice")).await;
    let made = made.expect("corrected");
    roll_up(&world).await;
    let report = usage::report(s, &ada.actor, &UsageFilter::default()).await;
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
        number(&world, edited).await,
        1,
        "the row itself is as it was"
    );
    let audited = "select count(*) from audit_events where act = 'tenant.usage_corrected'";
    assert_eq!(number(&world, audited).await, 1);

    let refused = usage::correct(s, "a test", &correction(hers, -7, "too much")).await;
    let message = "only 6 units of this call are counted";
    assert_refused(refused, &Refusal::invalid("units", message));
    let refused = usage::correct(s, "a test", &correction(hers, 0, "nothing")).await;
    let message = "a correction of nothing corrects nothing";
    assert_refused(refused, &Refusal::invalid("units", message));
    let message = "say why, in at most 500 characters";
    let refused = usage::correct(s, "a test", &correction(hers, 1, " ")).await;
    assert_refused(refused, &Refusal::invalid("reason", message));
    let elsewhere = correction(bob.actor.tenant(), 1, "not his");
    assert_refused(
        usage::correct(s, "a test", &elsewhere).await,
        &Refusal::NotFound,
    );
    let of_a_correction = Correction {
        of: made,
        ..correction(hers, 1, "again")
    };
    assert_refused(
        usage::correct(s, "a test", &of_a_correction).await,
        &Refusal::NotFound,
    );
    assert_eq!(number(&world, "select count(*) from usage_events").await, 2);
}
