//! A tenant's life: moved to another address, deleted, restored, and gone to the last row.

use crate::members::{ADMIN, let_in};
use api_types::{Permission, Refusal};
use domain::{Actor, Error, credentials, members};
use futures::TryStreamExt as _;
use serde_json::Value;
use std::collections::BTreeMap;
use test_support::{World, assert_refused};

#[tokio::test]
async fn an_old_address_stays_its_tenants() {
    let world = World::new().await;
    let (ada, bob) = (world.owner("ada").await, world.owner("bob").await);
    let s = &world.services;
    let slug = |text: &str| api_types::input::TenantSlug::parse(text).expect("a slug");
    let old = slug(ada.actor.slug());
    domain::tenants::change_slug(s, &ada.actor, slug("engine"))
        .await
        .expect("changed");
    for wanted in [&old, &slug("engine")] {
        let answer = domain::tenants::change_slug(s, &bob.actor, wanted.clone()).await;
        assert_refused(answer, &Refusal::taken("slug"));
        let name = api_types::input::TenantName::parse("x").expect("a name");
        let origin = domain::Origin::default();
        let answer = domain::tenants::create(s, bob.user, origin, name, wanted.clone()).await;
        assert_refused(answer, &Refusal::taken("slug"));
    }
    let moved = |user| domain::tenants::moved_to(s, user, old.as_str());
    assert_eq!(
        moved(ada.user).await.expect("asked").as_deref(),
        Some("engine")
    );
    assert_eq!(moved(bob.user).await.expect("asked"), None);
    let now = members::actor(s, ada.user, "engine")
        .await
        .expect("a member");
    domain::tenants::change_slug(s, &now, old.clone())
        .await
        .expect("back again");
}

#[tokio::test]
async fn a_deleted_tenant_is_nowhere_then_restored_then_gone_to_the_last_row() {
    let world = World::new().await;
    let (ada, eve) = (world.owner("ada").await, world.owner("eve").await);
    let (s, a) = (&world.services, &ada.actor);
    // Something in as many tables as people fill.
    let (_, bobs) = let_in(&ada, "bob", ADMIN).await;
    let name = api_types::input::PersonName::parse("jobs").expect("a name");
    members::create_service_account(s, a, name)
        .await
        .expect("made");
    let name = api_types::input::RoleName::parse("on call").expect("a name");
    let held = vec![Permission::ViewTenant];
    domain::roles::create(s, a, name, held).await.expect("made");
    let key = ada.key(&ada.client("ci").await).await;
    let title = api_types::input::TaskTitle::parse("x").expect("a title");
    let task = domain::toolkits::tasks::NewTask::titled(title);
    domain::toolkits::tasks::create(s, a, task)
        .await
        .expect("a task");
    domain::toolkits::switch(s, a, "tasks", false)
        .await
        .expect("off");
    let call = ada.call(&key, "x", api_types::usage::Outcome::Ok);
    s.usage.record(call).await.expect("counted");
    domain::usage::roll_up(&s.db, &domain::usage::Pace::AtOnce)
        .await
        .expect("rolled up");
    let kept = rows(&world, &eve.actor).await;

    let wrong = domain::tenants::delete(s, a, "something else").await;
    assert!(matches!(
        wrong,
        Err(Error::Refused(Refusal::Invalid { .. }))
    ));
    let not_theirs = domain::tenants::delete(s, &bobs, a.slug()).await;
    assert!(matches!(
        not_theirs,
        Err(Error::Refused(Refusal::Forbidden { .. }))
    ));
    domain::tenants::delete(s, a, a.slug())
        .await
        .expect("deleted");
    let gone = members::actor(s, ada.user, a.slug()).await;
    assert_refused(gone, &Refusal::NotFound);
    let secret = vault::KeySecret::parse(&key.secret).expect("well-formed");
    let begun = std::time::Instant::now();
    while credentials::authenticate(s, &secret.clone().into())
        .await
        .expect("asked")
        .is_some()
    {
        assert!(
            begun.elapsed().as_secs() < 1,
            "the key works after a second"
        );
    }
    assert_eq!(domain::tenants::delete_due(s).await.expect("looked"), 0);

    let origin = domain::Origin::default();
    let answer = domain::tenants::restore(s, eve.user, origin, a.slug()).await;
    assert_refused(answer, &Refusal::NotFound);
    let deleted = domain::tenants::deleted(s, ada.user).await.expect("asked");
    assert_eq!(deleted[0].slug, a.slug());
    domain::tenants::restore(s, ada.user, origin, a.slug())
        .await
        .expect("restored");
    assert!(
        credentials::authenticate(s, &secret.clone().into())
            .await
            .expect("asked")
            .is_some()
    );

    domain::tenants::delete(s, a, a.slug())
        .await
        .expect("deleted");
    let before = rows(&world, a).await;
    assert!(before.len() >= 12, "only {before:?}");
    sqlx::query("update tenants set delete_after = now() where slug = $1")
        .bind(a.slug())
        .execute(&world.database.pool("postgres", 1))
        .await
        .expect("a week later");
    assert_eq!(domain::tenants::delete_due(s).await.expect("deleted"), 1);
    assert_eq!(rows(&world, a).await, []);
    assert_eq!(
        rows(&world, &eve.actor).await,
        kept,
        "another tenant's rows"
    );
}

/// How many rows of a tenant each table has, read from the catalogue; empty ones are left out.
async fn rows(world: &World, a: &Actor) -> Vec<(String, i64)> {
    let pool = world.database.pool("postgres", 1);
    let tables: Vec<(String, String)> = sqlx::query_as(
        "select c.relname::text, a.attname::text from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname in ('tenant_id', 'service_tenant')
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and not c.relispartition order by 1",
    )
    .fetch_all(&pool)
    .await
    .expect("the catalogue");
    let mut found = Vec::new();
    for (table, column) in tables {
        let query = format!(
            "select count(*) from {table} where {column} = '{}'",
            a.tenant()
        );
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
            .fetch_one(&pool)
            .await
            .expect("a count");
        if count > 0 {
            found.push((table, count));
        }
    }
    found
}

#[tokio::test]
async fn an_export_holds_every_row_of_every_table_with_tenants() {
    let world = World::new().await;
    let (ada, eve) = (world.owner("ada").await, world.owner("eve").await);
    let pool = world.database.pool("postgres", 1);
    // More rows than are read at once.
    sqlx::query(
        "insert into tasks (tenant_id, task_id, title, description)
        select $1, gen_random_uuid(), 'task ' || n, '' from generate_series(1, 2345) n",
    )
    .bind(ada.actor.tenant().0)
    .execute(&pool)
    .await
    .expect("tasks");
    eve.client("eves").await;
    let export = domain::tenants::begin_export(&world.services, &ada.actor)
        .await
        .expect("begun");
    let pieces: Vec<String> = export.lines().try_collect().await.expect("read");
    let text = pieces.concat();
    let mut found: BTreeMap<String, i64> = BTreeMap::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        if let Some(table) = line["table"].as_str() {
            *found.entry(table.to_owned()).or_default() += 1;
        }
    }
    assert_eq!(found.remove("people"), Some(1));
    for (table, count) in rows(&world, &ada.actor).await {
        // Letters on their way, which requests cannot read.
        if table == "outbox" {
            continue;
        }
        let exported = found.get(&table).copied().unwrap_or_default();
        assert_eq!(exported, count, "{table}");
    }
    assert!(!text.contains(&eve.actor.tenant().to_string()) && !text.contains("eves"));
}
