//! Ninety days of one tenant's calls, put into the database without the server.

use anyhow::Context as _;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use uuid::Uuid;

/// So many calls a statement.
const CHUNK: i64 = 500_000;
/// So many days they are spread over.
const DAYS: i64 = 90;

/// The tool that is called most, and a client that is one of many.
pub const TOOL: &str = "tool_1";
/// One of the 25 clients.
pub const CLIENT: &str = "client 3";
/// One of the 12 members.
pub const MEMBER: &str = "member 5";

/// The id that a name stands for.
pub async fn id_of(db: &mut PgConnection, name: &str) -> anyhow::Result<Uuid> {
    let id = sqlx::query_scalar("select md5($1)::uuid").bind(name);
    Ok(id.fetch_one(db).await?)
}

/// Months of the past get a partition each, as they would have had one.
pub async fn months(db: &mut PgConnection) -> anyhow::Result<()> {
    db.execute(
        "do $$
        declare
            first record;
            month timestamp := date_trunc('month', now() at time zone 'UTC') - interval '4 months';
            name text;
        begin
            select p.name, p.ends_at into first from usage_partitions p order by ends_at limit 1;
            execute format('drop table %I', first.name);
            while month at time zone 'UTC' < first.ends_at loop
                name := 'usage_events_' || to_char(month, 'YYYY_MM');
                execute format('create table %I partition of usage_events for values from (%L) to (%L)', name,
                    usage_first_id(month at time zone 'UTC'),
                    usage_first_id((month + interval '1 month') at time zone 'UTC'));
                month := month + interval '1 month';
            end loop;
        end $$",
    )
    .await
    .context("making partitions of the past")?;
    Ok(())
}

/// Stores calls `from..until` of `all`, in the order of time: 40 tools, 25 clients with two keys each, 12 members and six
/// connections. A key calls ten tools, some much more than others; one call in twenty fails.
pub async fn calls(
    db: &mut PgConnection,
    tenant: Uuid,
    until: i64,
    all: i64,
) -> anyhow::Result<()> {
    let mut from = 0;
    while from < until {
        let next = until.min(from + CHUNK);
        let statement = format!(
            "insert into usage_events (tenant_id, event_id, occurred_at, client_id, key_id, member_id, connection_id,
                toolkit, tool, era, outcome, units, duration_us, request_bytes, response_bytes, error, request_id,
                recorded_at)
            select '{tenant}',
                (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(digest, 1, 3) || '8'
                    || substr(digest, 4, 15))::uuid,
                date_trunc('milliseconds', at), md5('client ' || k / 2)::uuid, md5('key ' || k)::uuid,
                md5('member ' || k % 12)::uuid, case when tool % 3 = 0 then md5('connection ' || k % 6)::uuid end,
                'toolkit_' || tool % 5, 'tool_' || tool, 'modern',
                case when n % 20 > 0 then 'ok' when n % 60 = 0 then 'limited' else 'tool_error' end,
                case when n % 60 = 0 then 0 else 1 end, (1000 * exp(4 * random()))::bigint, 300, 900,
                case when n % 20 = 0 then 'something did not work' end, digest::uuid, at
            from (
                select n, now() - interval '{DAYS} days' + interval '{DAYS} days' * (n::float8 / {all}) as at,
                    (random() * 49)::int as k, md5(n::text) as digest, (10 * power(random(), 3))::int as rank
                from generate_series({from}, {next} - 1) n
            ) g, lateral (select 1 + (k * 7 + rank * 3) % 40 as tool) t",
        );
        db.execute(AssertSqlSafe(statement))
            .await
            .context("storing calls")?;
        from = next;
    }
    Ok(())
}
