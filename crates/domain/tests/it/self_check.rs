//! A server does not start where tenants would not be isolated or calls could be lost.

use domain::Db;
use test_support::World;

async fn refusal(world: &World, runtime: &str, system: &str) -> Option<String> {
    let db = Db::new(
        world.database.pool(runtime, 1),
        world.database.pool(system, 1),
    );
    let answer = db.self_check().await;
    db.close().await;
    answer.err().map(|error| format!("{error:#}"))
}

#[tokio::test]
async fn only_the_roles_that_row_level_security_binds_may_serve() {
    let world = World::new().await;
    let (runtime, system) = ("bulkhead_runtime", "bulkhead_system");
    assert_eq!(refusal(&world, runtime, system).await, None);
    for (unsafe_role, reason) in [
        ("postgres", "is a superuser"),
        ("bulkhead_owner", "owns the tables"),
    ] {
        let said = refusal(&world, unsafe_role, system).await;
        let said = said.expect("refused");
        assert!(
            said.contains("DATABASE_URL") && said.contains(reason),
            "{said}"
        );
        let said = refusal(&world, runtime, unsafe_role)
            .await
            .expect("refused");
        assert!(said.contains("BULKHEAD_SYSTEM_DATABASE_URL"), "{said}");
    }
}

/// The other two settings are a cluster's: the server's tests start one with them (`unsafe_database`).
#[tokio::test]
async fn a_database_that_may_lose_commits_is_refused() {
    let world = World::new().await;
    let superuser = world.database.pool("postgres", 1);
    let name: String = sqlx::query_scalar("select current_database()")
        .fetch_one(&superuser)
        .await
        .expect("a name");
    let change = format!("alter database \"{name}\" set synchronous_commit = off");
    sqlx::raw_sql(sqlx::AssertSqlSafe(change))
        .execute(&superuser)
        .await
        .expect("changed");
    let said = refusal(&world, "bulkhead_runtime", "bulkhead_system").await;
    let said = said.expect("refused");
    assert!(said.contains("synchronous_commit = off"), "{said}");
}
