//! Tenants from outside, the use of the instance, and its jobs.

use super::Scene;
use api_types::{
    Refusal, TenantId,
    audit::Act,
    operator::{JobState, TenantFilter, TenantOrder, TenantState},
    usage::{Outcome, Range},
};
use domain::{
    operator::{self, JobRun},
    tenants, usage,
};
use std::time::Duration;
use test_support::{Person, assert_refused};
use time::OffsetDateTime;
use uuid::Uuid;

impl Scene {
    /// So many calls, of which so many failed.
    async fn calls(&self, person: &Person, number: usize, failed: usize) {
        let key = person.key(&person.client("ci").await).await;
        for nth in 0..number {
            let outcome = if nth < failed {
                Outcome::Failed
            } else {
                Outcome::Ok
            };
            let call = person.call(&key, "list_tasks", outcome);
            self.s().usage.record(call).await.expect("counted");
        }
        usage::roll_up(&self.s().db, &usage::Pace::AtOnce)
            .await
            .expect("rolled up");
    }

    async fn names(&self, filter: TenantFilter, after: Option<TenantId>) -> Vec<String> {
        let o = self.operator().await;
        let page = operator::list(self.s(), &o, &filter, after).await;
        let rows = page.expect("a page").rows;
        rows.into_iter().map(|row| row.name).collect()
    }
}

#[tokio::test]
async fn tenants_are_listed_searched_and_told_apart_by_their_state() {
    let scene = Scene::new().await;
    let (s, o) = (scene.s(), scene.operator().await);
    let (bob, carol) = (
        scene.world.owner("bob").await,
        scene.world.owner("carol").await,
    );
    scene.calls(&scene.ada, 3, 1).await;
    scene.calls(&bob, 5, 0).await;
    tenants::suspend(s, &bob.actor, true)
        .await
        .expect("suspended");
    operator::block(s, &o, carol.actor.tenant(), "Spam")
        .await
        .expect("suspended");
    let all = TenantFilter::default();
    assert_eq!(
        scene.names(all.clone(), None).await,
        ["ada's team", "bob's team", "carol's team", "grace's team"]
    );
    let order = |order| TenantFilter {
        order: Some(order),
        ..TenantFilter::default()
    };
    assert_eq!(
        scene.names(order(TenantOrder::Newest), None).await[0],
        "carol's team"
    );
    assert_eq!(
        scene.names(order(TenantOrder::Busiest), None).await[..2],
        ["bob's team", "ada's team"]
    );
    let state = |state| TenantFilter {
        state: Some(state),
        ..TenantFilter::default()
    };
    for (wanted, names) in [
        (TenantState::Active, vec!["ada's team", "grace's team"]),
        (TenantState::Suspended, vec!["bob's team"]),
        (TenantState::Blocked, vec!["carol's team"]),
        (TenantState::Deleted, vec![]),
    ] {
        assert_eq!(scene.names(state(wanted), None).await, names);
    }
    let search = |word: &str| TenantFilter {
        search: word.into(),
        ..TenantFilter::default()
    };
    let id = scene.a().tenant().to_string();
    for word in ["ADA", "da's te", scene.a().slug(), &id] {
        assert_eq!(
            scene.names(search(word), None).await,
            ["ada's team"],
            "{word}"
        );
    }
    assert_eq!(scene.names(search("%"), None).await, Vec::<String>::new());
    let page = operator::list(s, &o, &all, None).await.expect("a page");
    assert_eq!((page.matching, page.next), (4, None));
    let ada = &page.rows[0];
    assert_eq!(
        (ada.calls, ada.members, ada.state),
        (3, 1, TenantState::Active)
    );
    assert!(ada.last_call.is_some() && page.rows[3].last_call.is_none());
}

#[tokio::test]
async fn every_order_leads_through_all_pages_and_shows_each_tenant_once() {
    let scene = Scene::new().await;
    scene
        .set(
            "insert into tenants (tenant_id, slug, name, created_at)
            select gen_random_uuid(), 't' || n, 'Tenant ' || (n % 7), now() - n % 5 * interval '1 day'
            from generate_series(1, 120) n;
            insert into usage_sums (tenant_id, grain, dimension, bucket, value, outcome, calls, units,
                duration_us, bytes)
            select tenant_id, 'day', 'all', date_trunc('day', now(), 'UTC'), '', 'ok', 1 + length(slug), 1, 1, 1
            from tenants where slug like 't%5'",
        )
        .await;
    let (s, o) = (scene.s(), scene.operator().await);
    for order in TenantOrder::ALL {
        let filter = TenantFilter {
            order: Some(*order),
            ..TenantFilter::default()
        };
        let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = operator::list(s, &o, &filter, after).await.expect("a page");
            seen.extend(page.rows.iter().map(|row| row.id));
            (after, pages) = (page.next, pages + 1);
            if after.is_none() {
                break;
            }
        }
        assert_eq!((seen.len(), pages), (122, 3), "{order:?}");
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 122, "{order:?}");
    }
}

#[tokio::test]
async fn a_tenant_shows_its_numbers_and_to_whom_one_writes_and_nothing_of_what_it_keeps() {
    let scene = Scene::new().await;
    let (s, a, o) = (scene.s(), scene.a(), scene.operator().await);
    scene.calls(&scene.ada, 4, 1).await;
    let name = api_types::input::PersonName::parse("Ada L.").expect("a name");
    domain::users::rename(s, scene.ada.user, domain::Origin::default(), name)
        .await
        .expect("renamed");
    tenants::suspend(s, a, true).await.expect("suspended");
    let facts = operator::facts(s, &o, a.tenant()).await.expect("facts");
    assert_eq!((facts.row.calls, facts.clients), (4, 1));
    assert_eq!(facts.owners.len(), 1);
    assert_eq!(facts.owners[0].email, scene.ada.email);
    assert_eq!(facts.bars.len(), 90);
    let today = facts.bars.last().expect("today");
    assert_eq!((today.ok, today.errors), (3, 1));
    assert!(facts.suspended_at.is_some() && facts.blocked.is_none() && facts.support.is_none());
    // What its people do in it is not told, and who of them did what neither.
    let acts: Vec<Act> = facts.acts.iter().map(|act| act.act).collect();
    assert_eq!(acts, [Act::TenantSuspended, Act::TenantCreated]);
    assert!(facts.acts.iter().all(|act| act.operator.is_none()));
    operator::block(s, &o, a.tenant(), "Spam")
        .await
        .expect("suspended");
    let facts = operator::facts(s, &o, a.tenant()).await.expect("facts");
    assert_eq!(facts.blocked.expect("suspended").reason, "Spam");
    let by = facts.acts[0].operator.as_deref().expect("an operator");
    assert!(by.starts_with("Operator grace <"), "{by}");
    let nowhere = operator::facts(s, &o, TenantId(Uuid::now_v7())).await;
    assert_refused(nowhere, &Refusal::NotFound);
}

#[tokio::test]
async fn the_use_of_the_instance_is_that_of_all_tenants() {
    let scene = Scene::new().await;
    let (s, o) = (scene.s(), scene.operator().await);
    scene.calls(&scene.ada, 4, 1).await;
    scene.calls(&scene.grace, 2, 0).await;
    let usage = operator::usage(s, &o, Range::Month).await.expect("usage");
    assert_eq!((usage.bars.len(), usage.total()), (30, (6, 1)));
    let top: Vec<_> = usage
        .top
        .iter()
        .map(|one| (one.name.as_str(), one.calls, one.errors))
        .collect();
    assert_eq!(top, [("ada's team", 4, 1), ("grace's team", 2, 0)]);
    assert_eq!(usage.tenants[0], (TenantState::Active, 2));
}

fn run(job: &'static str, ago: i64, error: Option<&str>) -> JobRun {
    let at = OffsetDateTime::now_utc() - time::Duration::seconds(ago);
    JobRun {
        job,
        every: Duration::from_secs(1),
        last_run: at,
        last_success: error.is_none().then_some(at),
        last_error_at: error.map(|_| at),
        last_error: error.map(str::to_owned),
    }
}

#[tokio::test]
async fn jobs_tell_how_they_run_and_those_that_need_somebody_come_first() {
    let scene = Scene::new().await;
    let (s, o) = (scene.s(), scene.operator().await);
    let runs = [
        run("a fine one", 5, None),
        run("b late one", 900, None),
        run("c failing one", 5, Some("out of paper")),
    ];
    operator::write_runs(s, &runs).await.expect("written");
    let health = operator::health(s, &o).await.expect("health");
    let states: Vec<_> = health
        .jobs
        .iter()
        .map(|job| (job.name.as_str(), job.state))
        .collect();
    assert_eq!(
        states,
        [
            ("b late one", JobState::Late),
            ("c failing one", JobState::Failing),
            ("a fine one", JobState::Fine)
        ]
    );
    assert_eq!(health.jobs[1].last_error.as_deref(), Some("out of paper"));
    // Another server that succeeds does not hide what failed when; one that is behind changes nothing.
    let other = scene.world.sibling();
    operator::write_runs(
        &other,
        &[run("c failing one", 1, None), run("a fine one", 60, None)],
    )
    .await
    .expect("written");
    let health = operator::health(s, &o).await.expect("health");
    let find = |name: &str| {
        let found = health.jobs.iter().find(|job| job.name == name);
        found.expect("a job").clone()
    };
    let mended = find("c failing one");
    assert_eq!(mended.state, JobState::Fine);
    assert_eq!(mended.last_error.as_deref(), Some("out of paper"));
    let fine = find("a fine one");
    let ago = OffsetDateTime::now_utc() - fine.last_run;
    assert!(ago < time::Duration::seconds(30), "{ago}");
}

#[tokio::test]
async fn what_waits_and_what_was_given_up_is_counted() {
    let scene = Scene::new().await;
    let (s, o) = (scene.s(), scene.operator().await);
    let letters = async || {
        let health = operator::health(s, &o).await.expect("health");
        let queue = health
            .queues
            .into_iter()
            .find(|queue| queue.name == "Letters");
        let queue = queue.expect("letters");
        (queue.waiting, queue.dead, queue.oldest_due.is_some())
    };
    let (waiting, dead, due) = letters().await;
    assert!(waiting > 0 && due);
    assert_eq!(dead, Some(0));
    scene.set("update outbox set dead_at = now()").await;
    assert_eq!(letters().await, (0, Some(waiting), false));
}
