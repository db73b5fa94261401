//! The catalogue gate: what must hold of every table, read from `pg_catalog`, so that a new table
//! without isolation fails here. Each rule is proved able to fail by breaking it.

use sqlx::{AssertSqlSafe, PgPool};
use test_support::World;

/// Tables that belong to no tenant, and why.
const GLOBAL: &[&str] = &[
    "users",              // a person may belong to several tenants
    "sessions",           // of a person; looked up by digest
    "sign_in_guesses",    // counted before anybody is known
    "one_time_links",     // of a person; followed before anybody is signed in
    "known_devices",      // of a person
    "second_factors",     // of a person; asked for before any tenant
    "recovery_codes",     // of a person, likewise
    "passkeys",           // of a person; asked for before anybody is signed in
    "passkey_handles",    // of a person
    "passkey_ceremonies", // between a question and its answer, before anybody is known
    "identities",         // of a person; looked up before any tenant
    "sign_in_attempts",   // of a browser, before anybody is known
    "token_signing_keys", // a token says itself whose it is
    "oauth_apps",         // programs that no tenant registered; what they may do is in grants
    "oauth_requests",     // a log-in on its way, before a tenant is chosen
    "oauth_assertions",   // ids that were taken once, of any tenant
    "instance_data_keys", // of what belongs to no tenant, such as people's secrets
    "outbox",             // people outside any tenant get mail too; requests may only insert
    "usage_rollup_state", // one row about a worker
    "servers",            // processes, and how much is asked of which ids
    "billing_events",     // told by Stripe before it is known whose they are
    "billing_state",      // one row a mode, about a worker
    "operator_log",       // of the instance, whatever becomes of a tenant; requests may only insert
    "job_runs",           // about workers
    "_sqlx_migrations",   // written by the owner alone
];

/// Unique keys over tenants, and why they tell a tenant nothing.
const GLOBAL_KEYS: &[&str] = &[
    "tenants_slug_key",           // a slug is a public address
    "api_keys_digest_key",        // a digest of 178 random bits cannot be guessed
    "oauth_clients_oauth_id_key", // 256 random bits cannot be guessed
    "oauth_codes_digest_key",     // nor can a digest of them
    "oauth_refresh_tokens_digest_key",
    "tenant_slugs_slug_key",       // a slug is a public address
    "verified_domain",             // who verifies a domain holds its DNS
    "invitations_digest_key",      // nor can one of 256
    "connection_attempt_digest",   // nor can this one
    "billing_account_of_customer", // a customer's id is drawn by Stripe
];

/// Functions that see more than their caller.
const DEFINERS: &[&str] = &[
    "tenant_wants_second_factor",
    "sso_tenant_of_domain",
    "tenant_wants_sso",
    "tenant_by_slug",
    "memberships_of",
    "invitation_by_digest",
    "is_invited",
    "moved_slug",
    "deleted_tenants_of",
    "api_key_by_digest",
    "oauth_client_by_oauth_id",
    "oauth_code_by_digest",
    "oauth_refresh_token_by_digest",
    "connection_attempt_tenant",
];

/// Functions that reshape the schema, as its owner. They take numbers, and only workers may call them.
const OWNERS: &[&str] = &["make_usage_partitions", "drop_usage_partitions"];

/// One SQL query a rule: each row it returns is a violation in words.
fn rules() -> Vec<(&'static str, String)> {
    let list = |names: &[&str]| {
        names
            .iter()
            .map(|n| format!("'{n}'"))
            .collect::<Vec<_>>()
            .join(",")
    };
    let tables = format!(
        "select c.oid, c.relname::text as name, c.relrowsecurity, c.relforcerowsecurity
        from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and not c.relispartition and c.relname not in ({})",
        list(GLOBAL)
    );
    let canonical = "(tenant_id = ( SELECT (current_setting(''app.tenant_id''::text))::uuid AS current_setting))";
    vec![
        ("tenant column", format!(
            "select name from ({tables}) t where not exists (
                select from pg_attribute a where a.attrelid = t.oid and a.attname = 'tenant_id'
                    and a.attnotnull and a.atttypid = 'uuid'::regtype)")),
        ("row-level security is forced", format!(
            "select name from ({tables}) t where not (relrowsecurity and relforcerowsecurity)")),
        ("the runtime role has the canonical policy and no other", format!(
            "select name from ({tables}) t where (
                select count(*) filter (where pg_get_expr(p.polqual, p.polrelid) = '{canonical}'
                        and pg_get_expr(p.polwithcheck, p.polrelid) = '{canonical}'
                        and p.polcmd = '*') <> 1 or count(*) <> 1
                from pg_policy p where p.polrelid = t.oid
                    and ('bulkhead_runtime'::regrole = any (p.polroles) or 0 = any (p.polroles)))")),
        ("partitions are reached through their table alone",
            "select c.relname::text as name from pg_class c
            where c.relispartition and c.relkind in ('r', 'p') and (
                not (c.relrowsecurity and c.relforcerowsecurity)
                or exists (select from pg_policy p where p.polrelid = c.oid)
                or exists (
                    select from (values ('bulkhead_runtime'), ('bulkhead_system')) r (role),
                        (values ('select'), ('insert'), ('update'), ('delete')) p (privilege)
                    where has_table_privilege(r.role, c.oid, p.privilege)
                        or case when p.privilege <> 'delete'
                            then has_any_column_privilege(r.role, c.oid, p.privilege) end))".into()),
        ("policies name known roles", format!(
            "select name from ({tables}) t join pg_policy p on p.polrelid = t.oid
            where not p.polroles <@ array['bulkhead_runtime'::regrole::oid, 'bulkhead_system'::regrole::oid]")),
        ("keys and indexes lead with the tenant", format!(
            "select name || '.' || i.indexrelid::regclass::text from ({tables}) t
            join pg_index i on i.indrelid = t.oid
            join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
            join pg_class ic on ic.oid = i.indexrelid
            where i.indisunique and a.attname <> 'tenant_id' and ic.relname not in ({})",
            list(GLOBAL_KEYS))),
        ("foreign keys between tenant tables carry the tenant", format!(
            "select k.conname::text from pg_constraint k
            join ({tables}) t on t.oid = k.conrelid join ({tables}) f on f.oid = k.confrelid
            where k.contype = 'f' and not exists (
                select from unnest(k.conkey, k.confkey) as pair (here, there)
                join pg_attribute a on a.attrelid = k.conrelid and a.attnum = pair.here
                join pg_attribute b on b.attrelid = k.confrelid and b.attnum = pair.there
                where a.attname = 'tenant_id' and b.attname = 'tenant_id')")),
        ("views show what their reader may see", 
            "select c.relname::text as name from pg_class c
            where c.relnamespace = 'public'::regnamespace and (c.relkind = 'm' or c.relkind = 'v'
                and not coalesce('security_invoker=true' = any (c.reloptions), false))".into()),
        ("functions with more rights are listed and have a fixed path", format!(
            "select p.proname::text as name from pg_proc p where p.pronamespace = 'public'::regnamespace
                and p.prosecdef and (p.proname not in ({}) or p.proconfig is null
                    or not 'search_path=pg_catalog, public' = any (p.proconfig)
                    or p.proowner <> 'bulkhead_system'::regrole)
                and (p.proname not in ({}) or p.proconfig is null
                    or not 'search_path=pg_catalog, public' = any (p.proconfig)
                    or p.proowner <> 'bulkhead_owner'::regrole
                    or oidvectortypes(p.proargtypes) <> 'integer'
                    or has_function_privilege('bulkhead_runtime', p.oid, 'execute'))",
            list(DEFINERS), list(OWNERS))),
        ("filtered columns have leakproof types", format!(
            "select name || '.' || a.attname from ({tables}) t join pg_attribute a on a.attrelid = t.oid
            join pg_type y on y.oid = a.atttypid
            where a.attnum > 0 and not a.attisdropped
                and (y.typtype = 'e' or y.typname in ('numeric', 'jsonb', 'json'))")),
        ("roles are plain",
            "select rolname::text as name from pg_roles where rolname like 'bulkhead%'
                and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)".into()),
        ("serving roles own nothing and cannot reshape anything",
            "select c.relname::text as name from pg_class c, (values ('bulkhead_runtime'), ('bulkhead_system')) r (role)
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
                and (c.relowner = r.role::regrole or has_table_privilege(r.role, c.oid, 'truncate')
                    or has_table_privilege(r.role, c.oid, 'references')
                    or has_table_privilege(r.role, c.oid, 'trigger'))
            union all
            select r.role from (values ('bulkhead_runtime'), ('bulkhead_system')) r (role)
            where has_schema_privilege(r.role, 'public', 'create')".into()),
    ]
}

async fn violations(pool: &PgPool) -> Vec<String> {
    let mut found = Vec::new();
    for (rule, query) in rules() {
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(query))
            .fetch_all(pool)
            .await
            .unwrap_or_else(|error| panic!("{rule}: {error}"));
        found.extend(rows.into_iter().map(|name| format!("{rule}: {name}")));
    }
    found
}

#[tokio::test]
async fn no_table_breaks_a_rule() {
    let world = World::new().await;
    let found = violations(&world.database.pool("postgres", 1)).await;
    assert!(found.is_empty(), "{found:#?}");
}

/// What breaks which rule.
const MUTATIONS: &[(&str, &str)] = &[
    ("tenant column", "create table stray (id uuid primary key)"),
    (
        "row-level security is forced",
        "alter table tasks no force row level security",
    ),
    (
        "row-level security is forced",
        "alter table tasks disable row level security",
    ),
    (
        "the runtime role has the canonical policy and no other",
        "drop policy tenant_only on tasks",
    ),
    (
        "the runtime role has the canonical policy and no other",
        "create policy wide on tasks for select to bulkhead_runtime using (true)",
    ),
    (
        "the runtime role has the canonical policy and no other",
        "alter policy tenant_only on tasks using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)",
    ),
    (
        "partitions are reached through their table alone",
        "create table stray partition of usage_events for values from ('ffffffff-ffff-7000-8000-000000000000') to (maxvalue)",
    ),
    (
        "partitions are reached through their table alone",
        "do $$ begin execute format('grant select on %I to bulkhead_runtime', (select name from usage_partitions limit 1)); end $$",
    ),
    (
        "partitions are reached through their table alone",
        "do $$ begin execute format('grant update (tool) on %I to bulkhead_system', (select name from usage_partitions limit 1)); end $$",
    ),
    (
        "functions with more rights are listed and have a fixed path",
        "grant execute on function drop_usage_partitions(integer) to bulkhead_runtime",
    ),
    (
        "policies name known roles",
        "create policy wide on tasks for select to public using (true)",
    ),
    (
        "keys and indexes lead with the tenant",
        "create unique index stray on tasks (title)",
    ),
    (
        "foreign keys between tenant tables carry the tenant",
        "create unique index on tasks (task_id); alter table api_keys add column task_id uuid references tasks (task_id)",
    ),
    (
        "views show what their reader may see",
        "create view stray as select * from tasks",
    ),
    (
        "views show what their reader may see",
        "create materialized view stray as select * from tasks",
    ),
    (
        "functions with more rights are listed and have a fixed path",
        "create function stray() returns bigint language sql security definer as 'select count(*) from tasks'",
    ),
    (
        "functions with more rights are listed and have a fixed path",
        "alter function tenant_by_slug(text) reset search_path",
    ),
    (
        "filtered columns have leakproof types",
        "alter table tasks add column facts jsonb",
    ),
    (
        "serving roles own nothing and cannot reshape anything",
        "grant truncate on tasks to bulkhead_runtime",
    ),
    (
        "serving roles own nothing and cannot reshape anything",
        "grant create on schema public to bulkhead_system",
    ),
];

#[tokio::test]
async fn every_rule_can_fail() {
    let world = World::new().await;
    let pool = world.database.pool("postgres", 1);
    for (rule, mutation) in MUTATIONS {
        let mut tx = pool.begin().await.expect("a transaction");
        sqlx::raw_sql(*mutation)
            .execute(&mut *tx)
            .await
            .unwrap_or_else(|e| panic!("{mutation}: {e}"));
        let mut found = Vec::new();
        for (name, query) in rules() {
            let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(query))
                .fetch_all(&mut *tx)
                .await
                .expect(name);
            if !rows.is_empty() {
                found.push(name);
            }
        }
        assert!(
            found.contains(rule),
            "{mutation} was not noticed by \"{rule}\", only by {found:?}"
        );
    }
    let proved: std::collections::HashSet<_> = MUTATIONS.iter().map(|(rule, _)| *rule).collect();
    // Roles are of the whole cluster, which tests share, so that rule's mutation is not tried.
    let unproved: Vec<_> = rules()
        .into_iter()
        .map(|(rule, _)| rule)
        .filter(|rule| !proved.contains(rule))
        .collect();
    assert_eq!(unproved, ["roles are plain"]);
}

#[tokio::test]
async fn every_tenant_table_fails_loudly_without_a_tenant() {
    let world = World::new().await;
    let pool = world.database.pool("bulkhead_runtime", 1);
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relrowsecurity and not c.relispartition",
    )
    .fetch_all(&pool)
    .await
    .expect("the catalogue");
    assert!(tables.len() >= 9);
    for table in tables {
        let query = format!("select count(*) from {table}");
        let answer = sqlx::query_scalar::<_, i64>(AssertSqlSafe(query))
            .fetch_one(&pool)
            .await;
        assert!(
            answer.is_err(),
            "{table} answered {answer:?} without a tenant"
        );
    }
}
