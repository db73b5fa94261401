//! What people are told of quotas, and what other limits would have refused.

use api_types::{
    audit::AuditFilter,
    limits::{Notice, OwnLimits},
    usage::Outcome,
};
use domain::{audit, limits, usage};
use test_support::{Person, World};

async fn call(ada: &Person, key: &api_types::api_keys::CreatedKey, times: usize) {
    for _ in 0..times {
        let call = ada.call(key, "tasks_list", Outcome::Ok);
        ada.world.services.usage.record(call).await.expect("a row");
    }
    let db = &ada.world.services.db;
    usage::roll_up(db, true).await.expect("rolled up");
}

#[tokio::test]
async fn people_are_told_at_eighty_and_at_a_hundred_per_cent_once_each() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("agent").await).await;
    let (s, a) = (&world.services, &ada.actor);
    let own = OwnLimits {
        monthly_units: Some(10),
        ..OwnLimits::default()
    };
    limits::change(s, a, own).await.expect("limited");
    let told = async || {
        let told = limits::tell_of_quotas(s).await.expect("told");
        let letters = world.letters_to(&ada.email).await.into_iter();
        let subjects = letters.map(|mail| mail.subject);
        (
            told,
            subjects
                .filter(|words| words.contains('%'))
                .collect::<Vec<_>>(),
        )
    };
    call(&ada, &key, 7).await;
    assert_eq!(told().await, (0, vec![]));
    call(&ada, &key, 1).await;
    let slug = a.slug();
    let subject = |percent| format!("{percent} % of this month's units of {slug} are used");
    assert_eq!(told().await, (1, vec![subject(80)]));
    assert_eq!(told().await, (0, vec![]));
    call(&ada, &key, 3).await;
    assert_eq!(told().await, (1, vec![subject(100)]));
    assert_eq!(told().await, (0, vec![]));
    let page = limits::page(s, a).await.expect("the page");
    let percents: Vec<_> = page
        .notices
        .iter()
        .map(|notice: &Notice| notice.percent)
        .collect();
    assert_eq!((page.used, percents), (11, vec![100, 80]));
    let log = audit::page(s, a, &AuditFilter::default(), None)
        .await
        .expect("the log");
    let acts = log.rows.iter().map(|row| row.act.as_str());
    assert_eq!(acts.filter(|act| *act == "tenant.quota_reached").count(), 2);
}

#[tokio::test]
async fn a_forecast_says_what_another_limit_would_have_refused() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("agent").await).await;
    let (s, a) = (&world.services, &ada.actor);
    call(&ada, &key, 9).await;
    let forecast = limits::forecast(s, a, Some(4), Some(5))
        .await
        .expect("a forecast");
    assert_eq!(
        (forecast.days.len(), forecast.used(), forecast.refused()),
        (30, 9, 5)
    );
    // All came within one minute, or within two that have less each.
    assert!(forecast.too_fast <= 4 && forecast.minutes <= 1);
    let none = limits::forecast(s, a, None, None)
        .await
        .expect("a forecast");
    assert_eq!((none.used(), none.refused(), none.minutes), (9, 0, 0));
}
