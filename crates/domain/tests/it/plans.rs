//! Plans: what each allows, in words that name the one that has more, and how a tenant gets another.

use api_types::{
    Permission, Refusal, Role,
    audit::AuditFilter,
    input::{ClientName, Email, PersonName, RoleName},
    mcp_clients::ClientKind,
    members::RoleChoice,
    plans::{Feature, Pending, PlanState},
    usage::{Outcome, Range, UsageFilter},
};
use domain::{
    Actor, Result, Services, api_keys, audit, invitations,
    mcp_clients::{self, NewClient},
    members,
    plans::{self, Standing},
    roles, usage, webhooks,
};
use std::time::{Duration, Instant};
use test_support::{Person, World, new_key};
use time::OffsetDateTime;

/// A world where nobody pays, and where that is not much.
async fn free_world() -> World {
    let world = World::new().await;
    world.with_default_plan("http://127.0.0.1:3000", "free")
}

fn words<T>(answer: Result<T>) -> String {
    match answer {
        Err(domain::Error::Refused(refusal)) => refusal.to_string(),
        Err(other) => panic!("not refused: {other:?}"),
        Ok(_) => panic!("not refused"),
    }
}

/// Gives the tenant a plan, as whoever bills does.
async fn give(person: &Person, standing: Standing) {
    let (s, tenant) = (&person.world.services, person.actor.tenant());
    let mut tx = s.db.tenant_tx(tenant).await.expect("a transaction");
    let billing = Actor::system(tenant, "billing");
    plans::set(s, &mut tx, &billing, standing)
        .await
        .expect("set");
    tx.commit().await.expect("committed");
}

async fn invite(person: &Person, name: &str) -> Result<()> {
    let email = Email::parse(&format!("{name}@example.com")).expect("an address");
    let choice = RoleChoice::BuiltIn(Role::Viewer);
    invitations::invite(&person.world.services, &person.actor, email, choice).await
}

async fn register(s: &Services, a: &Actor, name: &str) -> Result<()> {
    let new = NewClient {
        name: ClientName::parse(name).expect("a name"),
        kind: ClientKind::OwnAgent,
        owner: None,
        notes: String::new(),
    };
    mcp_clients::register(s, a, new).await.map(drop)
}

#[tokio::test]
async fn what_a_plan_has_not_is_refused_with_the_plan_that_has_it() {
    let world = free_world().await;
    let ada = world.owner("ada").await;
    let (s, a) = (&world.services, &ada.actor);
    let url = "https://hooks.example/in";
    let made = webhooks::create(s, a, url, "", vec!["*".into()]).await;
    assert_eq!(
        words(made),
        "not in the plan Free: Webhooks; the plan Pro has this"
    );
    let name = RoleName::parse("on call").expect("a name");
    let role = roles::create(s, a, name.clone(), vec![Permission::ViewTenant]).await;
    assert_eq!(
        words(role),
        "not in the plan Free: Custom roles; the plan Pro has this"
    );
    let jobs = PersonName::parse("jobs").expect("a name");
    let account = members::create_service_account(s, a, jobs).await;
    assert!(words(account).contains("Service accounts; the plan Pro"));
    let export = audit::begin_export(s, a, &AuditFilter::default()).await;
    assert!(words(export.map(|export| export.rows)).contains("Export of the audit log"));
    give(&ada, Standing::active("pro")).await;
    webhooks::create(s, a, url, "", vec!["*".into()])
        .await
        .expect("an endpoint");
    roles::create(s, a, name, vec![Permission::ViewTenant])
        .await
        .expect("a role");
}

#[tokio::test]
async fn there_are_as_many_people_clients_and_keys_as_the_plan_has_room_for() {
    let world = free_world().await;
    let ada = world.owner("ada").await;
    let (s, a) = (&world.services, &ada.actor);
    invite(&ada, "one").await.expect("invited");
    invite(&ada, "two").await.expect("invited");
    assert_eq!(
        words(invite(&ada, "three").await),
        "the plan Free has room for 3 members; the plan Pro has more"
    );
    for nth in 0..5 {
        register(s, a, &format!("agent {nth}"))
            .await
            .expect("registered");
    }
    assert_eq!(
        words(register(s, a, "one more").await),
        "the plan Free has room for 5 MCP clients; the plan Pro has more"
    );
    let client = mcp_clients::list(s, a).await.expect("clients")[0].id;
    for _ in 0..10 {
        api_keys::create(s, a, client, new_key(&["account:read"]))
            .await
            .expect("a key");
    }
    let more = api_keys::create(s, a, client, new_key(&["account:read"])).await;
    let more = more.map(|made| made.key.id);
    assert_eq!(
        words(more),
        "the plan Free has room for 10 API keys; the plan Pro has more"
    );
}

/// The database decides, however many ask at once.
#[tokio::test]
async fn the_last_seat_is_given_once() {
    let world = free_world().await;
    let ada = world.owner("ada").await;
    invite(&ada, "first").await.expect("invited");
    let names: Vec<_> = (0..8).map(|nth| format!("guest-{nth}")).collect();
    let asked = names.iter().map(|name| invite(&ada, name));
    let answers = futures::future::join_all(asked).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let pending = invitations::pending(&world.services, &ada.actor).await;
    assert_eq!(pending.expect("invitations").len(), 2);
}

#[tokio::test]
async fn a_seat_that_was_free_when_somebody_was_invited_may_be_gone() {
    let world = free_world().await;
    let ada = world.owner("ada").await;
    give(&ada, Standing::active("pro")).await;
    for name in ["one", "two", "three"] {
        invite(&ada, name).await.expect("invited");
    }
    give(&ada, Standing::active("free")).await;
    for (name, comes) in [("one", true), ("two", true), ("three", false)] {
        let token = world.invitation_token(&format!("{name}@example.com")).await;
        let (name, password) = (
            PersonName::parse(name).expect("a name"),
            api_types::input::Password::parse(test_support::PASSWORD).expect("a password"),
        );
        let joined =
            invitations::accept_as_new(&world.services, test_support::HOME, &token, name, password)
                .await;
        if comes {
            joined.expect("joined");
        } else {
            assert!(words(joined).contains("has room for 3 members"));
        }
    }
}

#[tokio::test]
async fn a_change_is_audited_and_known_to_every_server_within_a_second() {
    let world = free_world().await;
    let ada = world.owner("ada").await;
    let tenant = ada.actor.tenant();
    let other = world
        .with_default_plan("http://127.0.0.1:3000", "free")
        .services;
    for s in [&world.services, &other] {
        let now = plans::of(s, tenant).await.expect("entitlements");
        assert_eq!(now.plan.id, "free");
    }
    give(&ada, Standing::active("pro")).await;
    let since = Instant::now();
    for s in [&world.services, &other] {
        while plans::of(s, tenant).await.expect("entitlements").plan.id != "pro" {
            assert!(since.elapsed() < Duration::from_secs(1), "not known");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let page = audit::page(&world.services, &ada.actor, &AuditFilter::default(), None).await;
    let row = &page.expect("the log").rows[0];
    assert_eq!(
        (row.act.as_str(), row.actor_kind.as_str()),
        ("tenant.plan_changed", "system")
    );
    let changed: Vec<_> = row.changes.iter().filter(|part| part.is_change()).collect();
    assert_eq!(changed[0].after.as_deref(), Some("pro"), "{changed:?}");
}

#[tokio::test]
async fn a_trial_begins_once_and_ends_by_itself() {
    let world = free_world().await;
    let ada = world.owner("ada").await;
    let (s, a) = (&world.services, &ada.actor);
    plans::start_trial(s, a, "pro").await.expect("a trial");
    let page = plans::page(s, a).await.expect("the page");
    assert_eq!(
        (page.now.state, page.now.plan.id.as_str()),
        (PlanState::Trialing, "pro")
    );
    let said: Vec<_> = page.stops.iter().map(|stop| stop.what.as_str()).collect();
    assert!(said.contains(&"Webhooks: 0 now"), "{said:?}");
    sqlx::query("update tenant_plans set until = now()")
        .execute(&world.database.pool("postgres", 1))
        .await
        .expect("time passes");
    let page = plans::page(s, a).await.expect("the page");
    assert_eq!(
        (page.now.state, page.now.plan.id.as_str()),
        (PlanState::Active, "free")
    );
    assert!(page.others.iter().all(|choice| !choice.trial));
    let again = plans::start_trial(s, a, "pro").await;
    assert_eq!(words(again), "this tenant has had its trial");
}

#[tokio::test]
async fn a_smaller_plan_comes_when_the_month_is_over_unless_somebody_keeps_the_present_one() {
    let world = free_world().await;
    let ada = world.owner("ada").await;
    let (s, a) = (&world.services, &ada.actor);
    let words_up = words(plans::schedule(s, a, "pro").await);
    assert_eq!(
        words_up,
        "choose a plan that costs less than the present one"
    );
    let now = OffsetDateTime::now_utc();
    let billed = Standing {
        period: Some((
            now - time::Duration::days(10),
            now + time::Duration::days(20),
        )),
        ..Standing::active("pro")
    };
    give(&ada, billed).await;
    plans::schedule(s, a, "free").await.expect("scheduled");
    let page = plans::page(s, a).await.expect("the page");
    let pending = page.now.pending.expect("a plan that comes");
    assert_eq!(pending.plan, "free");
    assert_eq!(
        pending.from.unix_timestamp(),
        (now + time::Duration::days(20)).unix_timestamp()
    );
    assert_eq!(page.pending_name.as_deref(), Some("Free"));
    assert!(
        page.now.plan.has(Feature::Webhooks),
        "until then all is as it was"
    );
    plans::keep(s, a).await.expect("kept");
    let page = plans::page(s, a).await.expect("the page");
    assert_eq!((page.now.pending, page.stops), (None, Vec::new()));
    let past = Standing {
        pending: Some(Pending {
            plan: "free".into(),
            from: now - time::Duration::SECOND,
        }),
        ..Standing::active("pro")
    };
    give(&ada, past).await;
    let page = plans::page(s, a).await.expect("the page");
    assert_eq!(page.now.plan.id, "free");
}

#[tokio::test]
async fn calls_are_shown_one_by_one_for_as_long_as_the_plan_has_it() {
    let world = free_world().await;
    let ada = world.owner("ada").await;
    let (s, a) = (&world.services, &ada.actor);
    let key = ada.key(&ada.client("agent").await).await;
    let days = |days| OffsetDateTime::now_utc() - time::Duration::days(days);
    let (old, new) = (usage::id_at(days(8)), usage::id_at(days(6)));
    for id in [old, new] {
        let call = ada.call(&key, "list_tasks", Outcome::Ok);
        let call = usage::Event { id, ..call };
        s.usage.record(call).await.expect("a row");
    }
    let filter = UsageFilter {
        range: Range::Month,
        ..UsageFilter::default()
    };
    let shown = async || {
        let page = usage::calls(s, a, &filter, None).await.expect("a page");
        page.calls
            .into_iter()
            .map(|call| call.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(shown().await, [new], "free has seven days");
    assert!(usage::call(s, a, new).await.is_ok());
    assert!(usage::call(s, a, old).await.is_err());
    give(&ada, Standing::active("pro")).await;
    assert_eq!(shown().await, [new, old]);
    assert!(usage::call(s, a, old).await.is_ok());
}

#[tokio::test]
async fn a_server_does_not_serve_without_a_plan_that_somebody_has() {
    let world = free_world().await;
    let ada = world.owner("ada").await;
    plans::check(&world.services).await.expect("all are there");
    let unknown = Standing::active("gold");
    let mut tx = world
        .services
        .db
        .tenant_tx(ada.actor.tenant())
        .await
        .expect("a transaction");
    let set = plans::set(&world.services, &mut tx, &ada.actor, unknown).await;
    assert_eq!(
        words(set),
        Refusal::invalid("plan", "there is no such plan").to_string()
    );
    drop(tx);
    give(&ada, Standing::active("pro")).await;
    sqlx::query("update tenant_plans set plan = 'gold'")
        .execute(&world.database.pool("postgres", 1))
        .await
        .expect("a plan of another file");
    let error = plans::check(&world.services).await.expect_err("missing");
    assert!(
        error
            .to_string()
            .contains("the plan `gold` is missing, and 1 tenants have it")
    );
}
