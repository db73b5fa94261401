//! Many real keys of many tenants, put into the database without the server.

use sqlx::{Executor as _, PgConnection, Row as _};
use std::fmt::Write as _;
use test_support::Database;
use uuid::Uuid;
use vault::KeySecret;

/// As many tenants whatever the number of keys, so that the keys alone differ.
const TENANTS: i32 = 1_000;
/// Rows sent at a time.
const CHUNK: usize = 10_000;

/// Stores so many keys. Answers at least `wanted` of their secrets, or all, evenly chosen.
pub async fn fill(database: &Database, keys: usize, wanted: usize) -> anyhow::Result<Vec<String>> {
    let pool = database.pool("postgres", 1);
    let mut db = pool.acquire().await?;
    // Rows made here are right by themselves: checking foreign keys a million times would be most of the time.
    db.execute("set session_replication_role = replica").await?;
    let person = Uuid::now_v7();
    let clients = tenants(&mut db, person).await?;
    let mut kept = Vec::with_capacity(wanted);
    for from in (0..keys).step_by(CHUNK) {
        let mut lines = String::new();
        for nth in from..keys.min(from + CHUNK) {
            let secret = KeySecret::generate();
            line(&mut lines, clients[nth % clients.len()], person, &secret)?;
            // One of each so many, beginning with the first.
            if nth * wanted / keys >= kept.len() {
                kept.push(secret.reveal());
            }
        }
        let mut copy = db
            .copy_in_raw(
                "copy api_keys (tenant_id, client_id, key_id, name, display_prefix, digest, scopes, created_by)
                from stdin",
            )
            .await?;
        copy.send(lines.as_bytes()).await?;
        copy.finish().await?;
    }
    // What autovacuum does in time, and nothing left to write while we measure.
    db.execute("vacuum (analyze)").await?;
    db.execute("checkpoint").await?;
    drop(db);
    pool.close().await;
    Ok(kept)
}

/// Makes a person's tenants with a client each. Answers (tenant, client).
async fn tenants(db: &mut PgConnection, person: Uuid) -> anyhow::Result<Vec<(Uuid, Uuid)>> {
    sqlx::query("insert into users (user_id, email, name, password_hash) values ($1, 'bench@example.com', 'Bench', '')")
        .bind(person)
        .execute(&mut *db)
        .await?;
    let rows = sqlx::query(
        "with new_tenants as (
            insert into tenants (tenant_id, slug, name)
            select gen_random_uuid(), 'bench-' || n, 'Bench' from generate_series(1, $2) as n
            returning tenant_id
        ), new_members as (
            insert into memberships (tenant_id, user_id, role)
            select tenant_id, $1, 'owner' from new_tenants
        )
        insert into mcp_clients (tenant_id, client_id, name, kind, owner_id)
        select tenant_id, gen_random_uuid(), 'bench', 'own_agent', $1 from new_tenants
        returning tenant_id, client_id",
    )
    .bind(person)
    .bind(TENANTS)
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect())
}

fn line(
    lines: &mut String,
    (tenant, client): (Uuid, Uuid),
    person: Uuid,
    secret: &KeySecret,
) -> std::fmt::Result {
    let (key, prefix) = (Uuid::now_v7(), secret.display_prefix());
    write!(lines, "{tenant}\t{client}\t{key}\tbench\t{prefix}\t\\\\x")?;
    secret
        .digest()
        .iter()
        .try_for_each(|byte| write!(lines, "{byte:02x}"))?;
    writeln!(lines, "\t{{account:read}}\t{person}")
}
