//! The SQL of exports. The statements are written by the database, from its own catalogue: a table that
//! is added belongs to the next export.

use crate::Result;
use api_types::TenantId;
use sqlx::{AssertSqlSafe, PgConnection};

/// A table of the tenant's.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub name: String,
    /// Answers rows as JSON; takes the tenant, the row before, and how many.
    statement: String,
}

/// Every table with rows of tenants. Digests and what is sealed are bytes, and no bytes leave; nor does
/// what only an index needs.
pub(super) async fn tables(db: &mut PgConnection) -> Result<Vec<Table>> {
    Ok(sqlx::query_as!(
        Table,
        r#"select c.relname::text as "name!",
            format('select (to_jsonb(t) - %L::text[])::text from public.%I t where tenant_id = $1 and %s limit $3',
                array(select a.attname::text from pg_attribute a
                    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                        and a.atttypid in ('bytea'::regtype, 'tsvector'::regtype)),
                c.relname,
                case when own.key is null then '$2::jsonb is null'
                    else format('($2::jsonb is null or (%1$s) > (%2$s)) order by %1$s', own.key, own.last)
                end) as "statement!"
        from pg_class c
        cross join lateral (
            select string_agg(format('t.%I', a.attname), ', ' order by k.place) as key,
                string_agg(format('($2::jsonb->>%L)::%s', a.attname, format_type(a.atttypid, a.atttypmod)),
                    ', ' order by k.place) as last
            from pg_index i
            cross join lateral unnest(i.indkey::int2[]) with ordinality as k (number, place)
            join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number
            where i.indrelid = c.oid and i.indisprimary and a.attname <> 'tenant_id'
        ) own
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and not c.relispartition
            and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id')
            and has_table_privilege(c.oid, 'select')
        order by c.relname"#
    )
    .fetch_all(db)
    .await?)
}

/// The rows after `last`, in the order of their key.
pub(super) async fn rows(
    db: &mut PgConnection,
    tenant: TenantId,
    table: &Table,
    last: Option<&str>,
    most: i64,
) -> Result<Vec<String>> {
    // The statement holds nothing but names of the schema, quoted by the database.
    Ok(sqlx::query_scalar(AssertSqlSafe(table.statement.clone()))
        .bind(tenant.0)
        .bind(last)
        .bind(most)
        .fetch_all(db)
        .await?)
}
