//! Every sealed column is in the registry and made as rotation needs it; a column of bytes that is
//! neither sealed nor a digest is named here with a reason.

use super::notes::{NOTE, Notes};
use domain::data_keys::{COLUMNS, Column};
use sqlx::PgPool;
use test_support::World;

/// Bytes that are neither sealed nor a digest of 32 bytes, and why.
const OTHER_BYTES: &[&str] = &[
    "sessions.record",            // a person's id and choices, found by a digest
    "tenant_data_keys.wrapped",   // sealed by a key-encryption key
    "instance_data_keys.wrapped", // likewise
    "passkeys.credential_id",     // public: how a browser names it
    "passkeys.record",            // public keys
    "passkey_handles.handle",     // random, and known to authenticators
    "apis.document",              // what an API says of itself
    "apis.newer",                 // likewise
    "tool_files.content",         // what a tool gave, for a while
    "idempotency_keys.response",  // likewise, for two days
    "passkey_ceremonies.state",   // a challenge, found by its digest, for five minutes
];

/// What is wrong, in words.
async fn violations(pool: &PgPool, columns: &[&Column]) -> Vec<String> {
    let mut wrong = Vec::new();
    for column in columns {
        if let Some(what) = fault(pool, column).await {
            wrong.push(format!("{}.{}: {what}", column.table, column.name));
        }
    }
    let known: Vec<String> = columns
        .iter()
        .map(|column| format!("{}.{}", column.table, column.name))
        .chain(OTHER_BYTES.iter().map(|name| (*name).to_owned()))
        .collect();
    let strays: Vec<String> = sqlx::query_scalar(
        "select c.relname || '.' || a.attname from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and a.atttypid = 'bytea'::regtype and c.relname <> '_sqlx_migrations'
            and not exists (select from pg_constraint k where k.conrelid = c.oid
                and k.contype = 'c' and k.conkey = array[a.attnum]
                and pg_get_constraintdef(k.oid) like '%octet_length(' || a.attname || ') = 32%')
            and c.relname || '.' || a.attname <> all ($1)",
    )
    .bind(known)
    .fetch_all(pool)
    .await
    .expect("the catalogue");
    wrong.extend(
        strays
            .into_iter()
            .map(|name| format!("{name}: unknown bytes")),
    );
    wrong
}

/// What rotation would stumble over.
async fn fault(pool: &PgPool, column: &Column) -> Option<&'static str> {
    let keys = if column.of_tenants {
        "tenant_data_keys"
    } else {
        "instance_data_keys"
    };
    let role = if column.of_tenants {
        "bulkhead_runtime"
    } else {
        "bulkhead_system"
    };
    let (generated, bound, indexed, granted): (bool, bool, bool, bool) = sqlx::query_as(
        "with it as (
            select c.oid, a.attnum, n.attname as name from pg_class c
            cross join (select $2::text as attname) n
            left join pg_attribute a on a.attrelid = c.oid and a.attname = $2 || '_key'
                and a.attgenerated = 's' and a.atttypid = 'uuid'::regtype
            where c.oid = to_regclass($1)
        )
        select
            exists (select from it join pg_attrdef d on d.adrelid = it.oid and d.adnum = it.attnum
                where pg_get_expr(d.adbin, d.adrelid)
                    like '%encode(SUBSTRING(' || it.name || ' FROM 3 FOR 16), ''hex''%'),
            exists (select from it join pg_constraint k on k.conrelid = it.oid
                where k.contype = 'f' and k.confrelid = to_regclass($3)
                    and it.attnum = any (k.conkey) and k.convalidated),
            exists (select from it join pg_index i on i.indrelid = it.oid
                where it.attnum = i.indkey[case when $4 then 1 else 0 end]),
            exists (select from it where has_column_privilege($5, it.oid, $2, 'update')
                and has_column_privilege($5, it.oid, $2 || '_version', 'update')
                and has_column_privilege($5, it.oid, $2 || '_key', 'select')
                and has_column_privilege($5, it.oid, $6, 'select'))",
    )
    .bind(column.table)
    .bind(column.name)
    .bind(keys)
    .bind(column.of_tenants)
    .bind(role)
    .bind(column.row)
    .fetch_one(pool)
    .await
    .expect("the catalogue");
    match (generated, bound, indexed, granted) {
        (false, ..) => Some("no column names its key"),
        (_, false, ..) => Some("nothing keeps its key"),
        (_, _, false, _) => Some("no index finds its key"),
        (.., false) => Some("rotation may not seal it anew"),
        _ => None,
    }
}

#[tokio::test]
async fn every_sealed_column_is_in_the_registry_and_can_be_sealed_anew() {
    let world = World::new().await;
    let pool = world.database.pool("postgres", 1);
    let wrong = violations(&pool, COLUMNS).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn each_fault_of_a_sealed_column_is_noticed() {
    let world = World::new().await;
    Notes::create(&world).await;
    let pool = world.database.pool("postgres", 1);
    let with_notes: Vec<&Column> = COLUMNS.iter().copied().chain([&NOTE]).collect();
    assert_eq!(violations(&pool, &with_notes).await, [""; 0]);
    let unknown = violations(&pool, COLUMNS).await;
    assert_eq!(unknown, ["sealed_notes.body: unknown bytes"]);
    for (change, fault) in [
        (
            "revoke update on sealed_notes from bulkhead_runtime",
            "rotation may not seal it anew",
        ),
        (
            "drop index sealed_notes_tenant_id_body_key_idx",
            "no index finds its key",
        ),
        (
            "alter table sealed_notes drop constraint sealed_notes_tenant_id_body_key_fkey",
            "nothing keeps its key",
        ),
        (
            "alter table sealed_notes drop column body_key",
            "no column names its key",
        ),
    ] {
        sqlx::query(change).execute(&pool).await.expect(change);
        let found = violations(&pool, &with_notes).await;
        assert_eq!(found, [format!("sealed_notes.body: {fault}")]);
    }
}
