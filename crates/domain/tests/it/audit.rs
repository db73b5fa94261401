//! The audit log: one row an act, in one chain a tenant.

use api_types::{
    Refusal, TenantId,
    audit::Act,
    input::{ClientName, PersonName, TenantName, TenantSlug},
    mcp_clients::ClientKind,
};
use domain::{
    Origin, api_keys, audit::chain::Hash, mcp_clients, members, tenants, toolkits, users,
};
use futures::future::join_all;
use sqlx::{AssertSqlSafe, PgPool, Row as _};
use std::{net::IpAddr, time::Instant};
use test_support::{HOME, PASSWORD, Person, World, assert_refused};
use uuid::Uuid;

/// The acts in a tenant's chain, oldest first, after asking that it is whole.
async fn acts(pool: &PgPool, tenant: TenantId) -> Vec<String> {
    let rows = sqlx::query(
        "select seq, act, prev, hash from audit_events where tenant_id = $1 order by seq",
    )
    .bind(tenant.0)
    .fetch_all(pool)
    .await
    .expect("rows");
    let mut prev = Hash::default();
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(row.get::<i64, _>("seq"), index as i64 + 1, "a gap");
        assert_eq!(row.get::<Hash, _>("prev"), prev, "a fork");
        prev = row.get("hash");
    }
    let head = sqlx::query("select seq, hash from audit_heads where tenant_id = $1")
        .bind(tenant.0)
        .fetch_one(pool)
        .await
        .expect("a head");
    assert_eq!(head.get::<i64, _>("seq"), rows.len() as i64);
    assert_eq!(head.get::<Hash, _>("hash"), prev);
    rows.iter().map(|row| row.get("act")).collect()
}

async fn rename(world: &World, ada: &Person, name: &str) -> domain::Result<()> {
    let name = TenantName::parse(name).expect("a name");
    tenants::rename(&world.services, &ada.actor, name).await
}

/// Acts that take letters and codes: `every_act_on_an_account_leaves_one_row` of the server's tests
/// has their cases.
const ON_ACCOUNTS: &[Act] = &[
    Act::SecondFactorPolicyChanged,
    Act::PasswordReset,
    Act::AddressConfirmed,
    Act::AddressChangeRequested,
    Act::AddressChanged,
    Act::SessionEnded,
    Act::SecondFactorAdded,
    Act::SecondFactorRemoved,
    Act::RecoveryCodesRenewed,
    Act::RecoveryCodeUsed,
    Act::PasskeyAdded,
    Act::PasskeyRenamed,
    Act::PasskeyRemoved,
    Act::PasskeyRefused,
];

/// Acts that other tests do, each with its row: those of `plans` and `limits`, and through the server's doors `audit_coverage`,
/// `billing`, `operator`, `mcp_keys`, `oauth`, `sso`, `sign_in_with` and the tests of retention and of usage.
const BY_DOORS: &[Act] = &[
    Act::PlanChanged,
    Act::LimitsChanged,
    Act::ApiKeyLimited,
    Act::ApiKeyQuotaReached,
    Act::QuotaReached,
    Act::SubscriptionChanged,
    Act::SubscriptionEnded,
    Act::SubscriptionResumed,
    Act::BillingRepaired,
    Act::TenantBlocked,
    Act::TenantUnblocked,
    Act::SupportAllowed,
    Act::SupportEnded,
    Act::SupportEntered,
    Act::SupportLeft,
    Act::WebhookCreated,
    Act::WebhookChanged,
    Act::WebhookSecretRotated,
    Act::WebhookDisabled,
    Act::WebhookEnabled,
    Act::WebhookDeleted,
    Act::ApiImported,
    Act::ApiChanged,
    Act::ApiSynced,
    Act::ApiRemoved,
    Act::AccountConnected,
    Act::AccountReconnected,
    Act::ConnectionChanged,
    Act::ConnectionLost,
    Act::AccountDisconnected,
    Act::ProviderAppSet,
    Act::ProviderAppRemoved,
    Act::ProviderDescribed,
    Act::ProviderRemoved,
    Act::TenantLogTrimmed,
    Act::UsageCorrected,
    Act::UsageExported,
    Act::ApiKeyReportedLeaked,
    Act::RoleCreated,
    Act::RoleChanged,
    Act::RoleDeleted,
    Act::InvitationSent,
    Act::InvitationResent,
    Act::InvitationRevoked,
    Act::InvitationAccepted,
    Act::MemberRoleChanged,
    Act::MemberRemoved,
    Act::MemberLeft,
    Act::ServiceAccountMade,
    Act::TenantMoved,
    Act::TenantSuspended,
    Act::TenantResumed,
    Act::TenantExported,
    Act::TenantDeleted,
    Act::TenantRestored,
    Act::TenantTransferred,
    Act::SsoDomainAdded,
    Act::SsoDomainVerified,
    Act::SsoDomainRemoved,
    Act::SsoDomainLost,
    Act::SsoConnected,
    Act::SsoTested,
    Act::SsoDisconnected,
    Act::SsoEnforcementChanged,
    Act::MemberJoinedBySso,
    Act::IdentityLinked,
    Act::IdentityUnlinked,
    Act::ClientLogInSet,
    Act::ClientLogInRemoved,
    Act::ClientSecretIssued,
    Act::ClientSecretRevoked,
    Act::ClientConnected,
    Act::GrantMade,
    Act::GrantEnded,
    Act::ConsentForgotten,
    Act::IdentityAssertionsSwitched,
];

#[tokio::test]
async fn every_act_leaves_one_row() {
    let world = World::new().await;
    let (s, pool) = (&world.services, world.database.pool("postgres", 1));
    let ada = world.owner("ada").await;
    rename(&world, &ada, "lab").await.expect("renamed");
    toolkits::switch(s, &ada.actor, "tasks", false)
        .await
        .expect("switched");
    let client = ada.client("ci").await;
    let new = mcp_clients::NewClient {
        name: ClientName::parse("cd").expect("a name"),
        kind: ClientKind::Other,
        owner: None,
        notes: String::new(),
    };
    mcp_clients::update(s, &ada.actor, client.id, new)
        .await
        .expect("changed");
    let key = ada.key(&client).await;
    let next = api_keys::rotate(s, &ada.actor, key.key.id, 1)
        .await
        .expect("rotated");
    for _ in 0..2 {
        api_keys::revoke(s, &ada.actor, next.key.id)
            .await
            .expect("revoked, once");
    }
    mcp_clients::archive(s, &ada.actor, client.id)
        .await
        .expect("archived");
    let name = PersonName::parse("Ada L.").expect("a name");
    users::rename(s, ada.user, HOME, name)
        .await
        .expect("renamed");
    let new = api_types::input::Password::parse("another horse battery").expect("a password");
    users::change_password(s, ada.user, HOME, None, PASSWORD, new)
        .await
        .expect("changed");
    let done = acts(&pool, ada.actor.tenant()).await;
    let wanted = [
        Act::TenantCreated,
        Act::TenantRenamed,
        Act::ToolkitSwitched,
        Act::ClientRegistered,
        Act::ClientChanged,
        Act::ApiKeyCreated,
        Act::ApiKeyRotated,
        Act::ApiKeyRevoked,
        Act::ClientArchived,
        Act::PersonRenamed,
        Act::PasswordChanged,
    ];
    assert_eq!(done, wanted.map(Act::as_str));
    for act in Act::ALL {
        let known = wanted.contains(act) || ON_ACCOUNTS.contains(act) || BY_DOORS.contains(act);
        assert!(known, "{} has no case", act.as_str());
    }
}

#[tokio::test]
async fn a_row_says_who_did_what_from_where() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let id = Uuid::now_v7();
    let from: IpAddr = "2001:db8::7".parse().expect("an address");
    let actor = ada.actor.clone().seen_from(Origin::request(from, id));
    let name = TenantName::parse("lab").expect("a name");
    tenants::rename(&world.services, &actor, name)
        .await
        .expect("renamed");
    let row = sqlx::query("select * from audit_events where act = 'tenant.renamed'")
        .fetch_one(&world.database.pool("postgres", 1))
        .await
        .expect("a row");
    let text = |column: &str| row.get::<String, _>(column);
    assert_eq!(text("before"), r#"{"name":"ada's team"}"#);
    assert_eq!(text("after"), r#"{"name":"lab"}"#);
    assert_eq!(text("address"), "2001:db8::7");
    assert_eq!(row.get::<Uuid, _>("request_id"), id);
    assert_eq!(row.get::<Uuid, _>("actor_id"), ada.user.0);
    assert_eq!(text("actor_name"), format!("ada <{}>", ada.email));
    assert_eq!(text("object_id"), ada.actor.tenant().to_string());
}

#[tokio::test]
async fn an_act_on_ones_account_is_in_the_log_of_each_of_ones_tenants() {
    let world = World::new().await;
    let (ada, bob) = (world.owner("ada").await, world.owner("bob").await);
    let (name, slug) = (TenantName::parse("lab"), TenantSlug::parse("lab"));
    tenants::create(
        &world.services,
        ada.user,
        HOME,
        name.expect("a name"),
        slug.expect("a slug"),
    )
    .await
    .expect("made");
    let lab = members::actor(&world.services, ada.user, "lab")
        .await
        .expect("a member")
        .tenant();
    let renames = (0..8).map(|n| {
        let name = PersonName::parse(&format!("Ada {n}")).expect("a name");
        users::rename(&world.services, ada.user, HOME, name)
    });
    for done in join_all(renames).await {
        done.expect("renamed");
    }
    let pool = world.database.pool("postgres", 1);
    for tenant in [ada.actor.tenant(), lab] {
        let renamed = acts(&pool, tenant).await;
        assert_eq!(
            renamed
                .iter()
                .filter(|act| *act == "person.renamed")
                .count(),
            8
        );
    }
    assert_eq!(acts(&pool, bob.actor.tenant()).await, ["tenant.created"]);
}

#[tokio::test]
async fn without_its_row_no_act_is_done() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let client = ada.client("ci").await;
    let pool = world.database.pool("postgres", 1);
    sqlx::query("revoke insert on audit_events from bulkhead_runtime")
        .execute(&pool)
        .await
        .expect("revoked");
    rename(&world, &ada, "lab").await.expect_err("no row");
    mcp_clients::archive(&world.services, &ada.actor, client.id)
        .await
        .expect_err("no row");
    let name = PersonName::parse("Eve").expect("a name");
    users::rename(&world.services, ada.user, HOME, name)
        .await
        .expect_err("no row");
    let me = users::me(&world.services, ada.user).await.expect("Ada");
    assert_eq!(
        (me.name.as_str(), me.tenants[0].name.as_str()),
        ("ada", "ada's team")
    );
    mcp_clients::get(&world.services, &ada.actor, client.id)
        .await
        .expect("not archived");
}

#[tokio::test]
async fn a_refused_act_leaves_no_row() {
    let world = World::new().await;
    let (ada, bob) = (world.owner("ada").await, world.owner("bob").await);
    let client = bob.client("bob's").await;
    let answer = mcp_clients::archive(&world.services, &ada.actor, client.id).await;
    assert_refused(answer, &Refusal::NotFound);
    let pool = world.database.pool("postgres", 1);
    assert_eq!(acts(&pool, ada.actor.tenant()).await, ["tenant.created"]);
    let bobs = acts(&pool, bob.actor.tenant()).await;
    assert_eq!(bobs, ["tenant.created", "client.registered"]);
}

#[tokio::test]
async fn the_runtime_role_can_append_and_nothing_else() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    for attempt in [
        "update audit_events set act = 'nothing'",
        "delete from audit_events",
        "truncate audit_events",
        "delete from audit_heads",
        "update audit_heads set seq = 0",
        "update audit_heads set seq = seq + 2",
        "update audit_heads set hash = decode(repeat('11', 32), 'hex')",
        "insert into audit_checkpoints (tenant_id, seq, hash, signed_at)
            select tenant_id, seq, hash, now() from audit_heads",
    ] {
        let tx = world.services.db.tenant_tx(ada.actor.tenant()).await;
        let done = sqlx::raw_sql(AssertSqlSafe(attempt))
            .execute(&mut *tx.expect("a transaction"))
            .await;
        assert!(done.is_err(), "{attempt} was allowed");
    }
}

#[tokio::test]
async fn many_writers_make_one_chain() {
    const WRITERS: usize = 64;
    const EACH: usize = 10;
    let world = World::with(
        toolkits::Registry::built_in().expect("toolkits"),
        "http://127.0.0.1:3000",
        32,
    )
    .await;
    let ada = world.owner("ada").await;
    let client = ada.client("ci").await;
    let began = Instant::now();
    let writer = async |_| {
        for _ in 0..EACH {
            ada.key(&client).await;
        }
    };
    join_all((0..WRITERS).map(writer)).await;
    let alone = per_second(WRITERS * EACH, began);

    let names: Vec<_> = (0..50).map(|n| format!("person-{n}")).collect();
    let people = join_all(names.iter().map(|name| world.owner(name))).await;
    let began = Instant::now();
    let writer = async |person: &Person| {
        for m in 0..EACH {
            rename(&world, person, &format!("lab {m}"))
                .await
                .expect("renamed");
        }
    };
    join_all(people.iter().map(writer)).await;
    let together = per_second(people.len() * EACH, began);
    println!("rows/s: {alone:.0} in one tenant by {WRITERS} writers, {together:.0} in 50 tenants");

    let pool = world.database.pool("postgres", 1);
    assert_eq!(
        acts(&pool, ada.actor.tenant()).await.len(),
        2 + WRITERS * EACH
    );
    for person in &people {
        assert_eq!(acts(&pool, person.actor.tenant()).await.len(), 1 + EACH);
    }
}

fn per_second(rows: usize, began: Instant) -> f64 {
    rows as f64 / began.elapsed().as_secs_f64()
}
