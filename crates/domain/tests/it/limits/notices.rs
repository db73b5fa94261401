//! What people are told of quotas, and what other limits would have refused.

use super::take;
use api_types::{
    api_keys::CreatedKey,
    audit::{Act, AuditFilter},
    limits::{Notice, OwnLimits},
    usage::Outcome,
};
use domain::{audit, limits, mail::Mail, usage};
use test_support::{Person, World};

async fn call(ada: &Person, key: &CreatedKey, times: usize) {
    for _ in 0..times {
        let call = ada.call(key, "tasks_list", Outcome::Ok);
        ada.world.services.usage.record(call).await.expect("a row");
    }
    let db = &ada.world.services.db;
    usage::roll_up(db, &usage::Pace::AtOnce)
        .await
        .expect("rolled up");
}

/// The same, with units of the key's quota, as calls of clients take them.
async fn use_up(ada: &Person, key: &CreatedKey, times: usize) {
    let s = &ada.world.services;
    for _ in 0..times {
        take(s, key).await.expect("a unit").settle(1);
    }
    call(ada, key, times).await;
    limits::settle(s).await;
}

/// Of how many quotas people are told now, and the letters about it.
async fn tell(ada: &Person) -> (usize, Vec<Mail>) {
    let told = limits::tell_of_quotas(&ada.world.services).await;
    let mut letters = ada.world.letters_to(&ada.email).await;
    letters.retain(|mail| mail.subject.contains('%'));
    (told.expect("told"), letters)
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
        let (told, letters) = tell(&ada).await;
        let subjects = letters.into_iter().map(|mail| mail.subject);
        (told, subjects.collect::<Vec<_>>())
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
async fn people_are_told_of_the_quota_of_a_single_key_once_each_and_of_no_other_key() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let client = ada.client("agent").await;
    let (key, other) = (ada.key(&client).await, ada.key(&client).await);
    let idle = ada.key(&client).await;
    let (s, a) = (&world.services, &ada.actor);
    for (key, units) in [(&key, 10), (&idle, 0)] {
        let limited = limits::limit_key(s, a, key.key.id, Some(units)).await;
        limited.expect("limited");
    }
    use_up(&ada, &key, 7).await;
    call(&ada, &other, 20).await;
    assert_eq!(tell(&ada).await.0, 0);
    for (units, percent, used) in [(1, 80, "8 of its 10"), (2, 100, "10 of its 10")] {
        use_up(&ada, &key, units).await;
        let (told, letters) = tell(&ada).await;
        let [letter] = letters.as_slice() else {
            panic!("{letters:?}");
        };
        let subject =
            format!("{percent} % of this month's units of the key \u{201c}ci\u{201d} are used");
        assert_eq!((told, &letter.subject), (1, &subject));
        // Two keys may have one name.
        let text = &letter.text;
        assert!(text.contains(&key.key.display_prefix), "{text}");
        assert!(text.contains(used), "{text}");
        let (again, letters) = tell(&ada).await;
        assert_eq!((again, letters.len()), (0, 0));
    }
    let filter = AuditFilter {
        act: Some(Act::ApiKeyQuotaReached),
        ..AuditFilter::default()
    };
    let log = audit::page(s, a, &filter, None).await.expect("the log");
    let id = key.key.id.to_string();
    let told: Vec<_> = log.rows.iter().map(|row| &row.object_id).collect();
    assert_eq!(told, [&id, &id]);
    let prefix = log.rows[0]
        .changes
        .iter()
        .find(|part| part.field == "display_prefix");
    let prefix = prefix.and_then(|part| part.after.as_ref());
    assert_eq!(prefix, Some(&key.key.display_prefix));
    let page = limits::page(s, a).await.expect("the page");
    assert_eq!(page.notices, [], "those of keys are not the tenant's");
}

#[tokio::test]
async fn units_of_a_key_that_are_held_are_not_told_of_until_they_are_used() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("agent").await).await;
    let (s, a) = (&world.services, &ada.actor);
    let limited = limits::limit_key(s, a, key.key.id, Some(1)).await;
    limited.expect("limited");
    let held = take(s, &key).await.expect("a unit");
    call(&ada, &key, 1).await;
    assert_eq!(tell(&ada).await.0, 0);
    held.settle(1);
    limits::settle(s).await;
    let (told, letters) = tell(&ada).await;
    assert_eq!((told, letters.len()), (1, 1));
    assert!(letters[0].subject.starts_with("100 %"), "{letters:?}");
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
