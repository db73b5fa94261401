//! One tenant against another's things, in the domain: always missing, never changed.

use crate::data_keys::notes::note;
use api_types::{
    Permission, Refusal, Role,
    input::{Email, RoleName, TenantSlug},
    members::RoleChoice,
    oauth::ClientAuth,
    operator::SupportLength,
    tasks::TaskFilter,
};
use domain::{
    Origin, api_keys, invitations, mcp_clients, members,
    oauth_server::{self, NewLogIn},
    operator, roles, tenants,
    toolkits::tasks::{self, NewTask, TaskChange},
    usage,
};
use sqlx::AssertSqlSafe;
use std::time::{Duration, Instant};
use test_support::{Person, World, assert_refused, new_key, seen};
use uuid::Uuid;

#[tokio::test]
async fn a_raw_query_inside_a_tenant_sees_no_other_rows() {
    let world = World::new().await;
    let mut people = Vec::new();
    for name in ["ada", "bob"] {
        let person = world.owner(name).await;
        let key = person.key(&person.client("ci").await).await;
        let call = person.call(&key, "whoami", api_types::usage::Outcome::Ok);
        world.services.usage.record(call).await.expect("counted");
        let title = api_types::input::TaskTitle::parse("secret").expect("a title");
        let one = tasks::create(
            &world.services,
            &person.actor,
            NewTask::titled(title.clone()),
        )
        .await
        .expect("a task");
        let two = NewTask {
            depends_on: vec![one.id],
            ..NewTask::titled(title)
        };
        tasks::create(&world.services, &person.actor, two)
            .await
            .expect("a task");
        domain::toolkits::switch(&world.services, &person.actor, "tasks", false)
            .await
            .expect("switched");
        people.push(person);
    }
    usage::roll_up(&world.services.db, &usage::Pace::AtOnce)
        .await
        .expect("rolled up");
    // With a day to be repaired, which rolling up would have done.
    for person in &people {
        furnish(&world, person).await;
    }
    let key = vault::SigningKey::from_seed(&[7; 32]).expect("a key");
    domain::audit::checkpoint::sign_moved_heads(&world.services.db, &key, async |_| Ok(()))
        .await
        .expect("signed");
    let ada = world.owner("carol").await;
    let mut tx = world
        .services
        .db
        .tenant_tx(ada.actor.tenant())
        .await
        .expect("a transaction");
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relrowsecurity and not c.relispartition",
    )
    .fetch_all(&mut *tx)
    .await
    .expect("the catalogue");
    let all = world.database.pool("postgres", 1);
    for table in tables {
        let foreign = format!(
            "select count(*) from {table} where tenant_id <> '{}'",
            ada.actor.tenant()
        );
        let there: i64 = sqlx::query_scalar(AssertSqlSafe(foreign.clone()))
            .fetch_one(&all)
            .await
            .expect("rows");
        assert!(
            there > 0,
            "{table} has no foreign rows, so the test proves nothing of it"
        );
        let seen: i64 = sqlx::query_scalar(AssertSqlSafe(foreign))
            .fetch_one(&mut *tx)
            .await
            .expect("rows");
        assert_eq!(seen, 0, "{table}");
    }
}

/// What the page of members makes, and a second address.
async fn furnish(world: &World, person: &Person) {
    let (s, a) = (&world.services, &person.actor);
    let name = RoleName::parse("reader").expect("a name");
    roles::create(s, a, name, vec![Permission::ViewUsage])
        .await
        .expect("a role");
    let guest = Email::parse(&format!("guest-of-{}", person.email)).expect("an address");
    invitations::invite(s, a, guest, RoleChoice::BuiltIn(Role::Viewer))
        .await
        .expect("invited");
    log_in(world, person).await;
    let slug = TenantSlug::parse(&format!("{}-moved", a.slug())).expect("a slug");
    tenants::change_slug(s, a, slug).await.expect("moved");
    // The first thing that is sealed draws a data key.
    let mut tx = s.db.tenant_tx(a.tenant()).await.expect("a transaction");
    let cell = note(a.tenant(), Uuid::now_v7());
    let sealed = s.data_keys.seal(&mut tx, cell, b"x").await.expect("sealed");
    tx.commit().await.expect("committed");
    let pool = world.database.pool("postgres", 1);
    sqlx::query(
        "with domain as (
            insert into tenant_domains (tenant_id, domain, token) values ($1, 'example.com', 'x')
        ), sso as (
            insert into tenant_sso (tenant_id, issuer, client_id, secret, secret_version, default_role,
                group_claim)
            values ($1, 'https://example.com', 'x', $2, $3, 'viewer', 'groups')
        ), groups as (
            insert into sso_group_roles (tenant_id, line, group_name, role) values ($1, 1, 'x', 'viewer')
        )
        insert into sso_identities (tenant_id, issuer, subject, user_id)
        values ($1, 'https://example.com', 'x', $4)",
    )
    .bind(a.tenant().0)
    .bind(&sealed.bytes)
    .bind(sealed.version)
    .bind(person.user.0)
    .execute(&pool)
    .await
    .expect("single sign-on");
    sqlx::query(
        "with app as (
            insert into connection_apps (tenant_id, provider, app_id, client_id, secret, secret_version)
            values ($1, 'github', gen_random_uuid(), 'x', $2, $3)
        ), own as (
            insert into own_providers (tenant_id, provider, description) values ($1, 'own', '{}')
        ), attempt as (
            insert into connection_attempts (tenant_id, attempt_id, digest, browser, user_id, provider,
                label, sharing, scopes, words, nonce, next, expires_at)
            values ($1, gen_random_uuid(), sha256($2), sha256($2), $4, 'github', 'x', 'shared', '{}',
                '{}', sha256($2), '/', now())
        ), api as (
            insert into apis (tenant_id, api_id, word, name, version, base, document, digest)
            values ($1, gen_random_uuid(), 'pets', 'Pets', '1', 'https://example.com', 'x', sha256('x'))
        ), file as (
            insert into tool_files (tenant_id, file_id, credential_id, toolkit, name, media_type, content, expires_at)
            values ($1, gen_random_uuid(), gen_random_uuid(), 'github', 'x', 'text/plain', 'x', now())
        )
        insert into connections (tenant_id, connection_id, provider, label, sharing, owner_id, secret,
            secret_version)
        values ($1, gen_random_uuid(), 'github', 'GitHub', 'shared', $4, $2, $3)",
    )
    .bind(a.tenant().0)
    .bind(&sealed.bytes)
    .bind(sealed.version)
    .bind(person.user.0)
    .execute(&pool)
    .await
    .expect("connections");
    count(world, person).await;
    sqlx::query(
        "with endpoint as (
            insert into webhook_endpoints (tenant_id, endpoint_id, url, about, events, secret, secret_version)
            values ($1, $2, 'https://example.com', '', '{*}', $3, $4)
        ), delivery as (
            insert into webhook_deliveries (tenant_id, delivery_id, endpoint_id, event, payload, next_at)
            values ($1, $2, $2, 'webhook.test', '{}', now())
        )
        insert into webhook_attempts (tenant_id, delivery_id, number, at, duration_ms)
        values ($1, $2, 1, now(), 1)",
    )
    .bind(a.tenant().0)
    .bind(Uuid::now_v7())
    .bind(&sealed.bytes)
    .bind(sealed.version)
    .execute(&pool)
    .await
    .expect("webhooks");
    operator::allow_support(s, a, SupportLength::Hour, "a look")
        .await
        .expect("allowed");
    limit(world, person).await;
    bill(world, person).await;
}

/// Numbers of its calls, and what belongs to them.
async fn count(world: &World, person: &Person) {
    let pool = world.database.pool("postgres", 1);
    sqlx::query(
        "with cell as (
            insert into usage_cells (tenant_id, grain, bucket, toolkit, tool, client_id, key_id, member_id, connection_id,
                outcome, calls, units, duration_us, bytes)
            values ($1, 'day', now(), 'x', 'x', $2, $2, $2, $2, 'ok', 1, 1, 1, 1)
        ), sum as (
            insert into usage_sums (tenant_id, grain, dimension, bucket, value, outcome, calls, units, duration_us, bytes)
            values ($1, 'day', 'all', now(), '', 'ok', 1, 1, 1, 1)
        ), export as (
            insert into usage_exports (tenant_id, export_id, asked_by, format, since, until, filter, expected)
            values ($1, $2, $2, 'csv', now(), now(), '', 1)
        ), repair as (
            insert into usage_repairs (tenant_id, day) values ($1, now())
        )
        insert into idempotency_keys (tenant_id, credential_id, key, request_hash, state, holder, locked_until)
        values ($1, $2, 'x', sha256('x'), 'started', $2, now())",
    )
    .bind(person.actor.tenant().0)
    .bind(Uuid::now_v7())
    .execute(&pool)
    .await
    .expect("numbers of usage");
}

/// Its plan, its limits, and what was taken of them.
async fn limit(world: &World, person: &Person) {
    let pool = world.database.pool("postgres", 1);
    sqlx::query(
        "with plan as (
            insert into tenant_plans (tenant_id, plan) values ($1, 'enterprise')
        ), limits as (
            insert into tenant_limits (tenant_id, monthly_units) values ($1, 1)
        ), key as (
            insert into key_limits (tenant_id, key_id, monthly_units)
            select tenant_id, key_id, 1 from api_keys where tenant_id = $1 limit 1
        ), counter as (
            insert into quota_counters (tenant_id, subject_id, period_from) values ($1, $1, now())
            returning period_from
        ), lease as (
            insert into quota_leases (tenant_id, lease_id, subject_id, period_from, units, flight, until)
            select $1, gen_random_uuid(), $1, period_from, 1, 1, now() from counter
        )
        insert into quota_notices (tenant_id, subject_id, period_from, percent)
        values ($1, $1, now(), 80)",
    )
    .bind(person.actor.tenant().0)
    .execute(&pool)
    .await
    .expect("limits");
}

/// What it has of payments.
async fn bill(world: &World, person: &Person) {
    let pool = world.database.pool("postgres", 1);
    sqlx::query(
        "with account as (
            insert into billing_accounts (tenant_id, livemode, customer) values ($1, false, $2)
        ), event as (
            insert into billing_meter_events (tenant_id, livemode, bucket, revision, units)
            values ($1, false, now(), 1, 1)
        )
        insert into billing_drifts (tenant_id, livemode, kind, ours, theirs)
        values ($1, false, 'meter', '1', '2')",
    )
    .bind(person.actor.tenant().0)
    .bind(format!("cus_{}", Uuid::now_v7().simple()))
    .execute(&pool)
    .await
    .expect("billing");
}

/// What log-ins leave: a grant with its tokens, and a client that logs in by a secret.
async fn log_in(world: &World, person: &Person) {
    let (s, a) = (&world.services, &person.actor);
    person.log_in("An app").await;
    let new = NewLogIn {
        auth: ClientAuth::Secret,
        redirect_uris: vec!["https://app.example/callback".into()],
        jwks: None,
        scopes: Vec::new(),
    };
    let client = person.client("an app of our own").await;
    oauth_server::set_log_in(s, a, client.id, new)
        .await
        .expect("a log-in");
    oauth_server::challenged(s, a.slug(), &seen(), false);
    let deadline = Instant::now() + Duration::from_secs(10);
    // Steps are written after the answer.
    while oauth_server::conversations(s, a)
        .await
        .expect("steps")
        .is_empty()
    {
        assert!(Instant::now() < deadline, "no step was kept");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn another_tenants_things_look_missing() {
    let world = World::new().await;
    let (ada, bob) = (world.owner("ada").await, world.owner("bob").await);
    let s = &world.services;
    let client = bob.client("bob's").await;
    let key = bob.key(&client).await;
    let title = api_types::input::TaskTitle::parse("bob's").expect("a title");
    let task = tasks::create(s, &bob.actor, NewTask::titled(title.clone()))
        .await
        .expect("a task");
    let a = &ada.actor;
    let missing = &Refusal::NotFound;

    assert_refused(members::actor(s, ada.user, bob.actor.slug()).await, missing);
    assert_refused(members::actor(s, ada.user, "no-such-tenant").await, missing);
    assert_refused(mcp_clients::get(s, a, client.id).await, missing);
    assert_refused(mcp_clients::archive(s, a, client.id).await, missing);
    assert_refused(api_keys::list(s, a, client.id).await, missing);
    assert_refused(
        api_keys::create(s, a, client.id, new_key(&["tasks:read"])).await,
        missing,
    );
    assert_refused(api_keys::rotate(s, a, key.key.id, 1).await, missing);
    assert_refused(api_keys::revoke(s, a, key.key.id).await, missing);
    let grant = bob.log_in("Bob's app").await.grant;
    let from = Origin::default();
    assert_refused(oauth_server::log_in(s, a, client.id).await, missing);
    assert_refused(oauth_server::remove_log_in(s, a, client.id).await, missing);
    assert_refused(
        oauth_server::issue_secret(s, a, client.id, 0).await,
        missing,
    );
    assert_refused(oauth_server::end_grant(s, a, grant.id).await, missing);
    let (own, theirs) = (a.slug(), bob.actor.slug());
    for slug in [own, theirs] {
        let ended = oauth_server::end_own_grant(s, ada.user.into(), from, slug, grant.id).await;
        assert_refused(ended, missing);
    }
    let left = oauth_server::disconnect_app(s, ada.user.into(), from, theirs, grant.client).await;
    assert_refused(left, missing);
    let grants = oauth_server::grants(s, a, None).await.expect("a list");
    assert!(grants.is_empty());
    let asked = bob.asked_by("Another app").await.1;
    let seen_by_ada = oauth_server::consent(s, ada.user.into(), asked).await;
    assert_refused(seen_by_ada, missing);
    assert_refused(tasks::get(s, a, task.id).await, missing);
    assert_refused(
        tasks::update(s, a, task.id, TaskChange::default()).await,
        missing,
    );
    assert_refused(tasks::complete(s, a, task.id).await, missing);
    assert_refused(tasks::delete(s, a, task.id).await, missing);
    let dependent = NewTask {
        depends_on: vec![task.id],
        ..NewTask::titled(title)
    };
    assert_refused(
        tasks::create(s, a, dependent).await,
        &Refusal::invalid("depends_on", format!("there is no task {}", task.id)),
    );
    assert!(
        tasks::list(s, a, TaskFilter::default())
            .await
            .expect("a list")
            .tasks
            .is_empty()
    );
    assert_eq!(
        tenants::overview(s, a).await.expect("an overview").clients,
        0
    );
    assert_eq!(
        tasks::get(s, &bob.actor, task.id).await.expect("untouched"),
        task
    );
}
