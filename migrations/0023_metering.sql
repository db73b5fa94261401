-- Metering grown: calls in partitions by time, with units and the member behind them; numbers of minutes, hours, days
-- and months recomputed from them; and keys by which a client's retries are one call.

-- The first moment's id of version 7: what was called from then on has a greater one.
create function usage_first_id(at timestamptz) returns uuid
    language sql immutable parallel safe
    return (lpad(to_hex(greatest(floor(extract(epoch from at) * 1000), 0)::bigint), 12, '0') || repeat('0', 20))::uuid;

-- What there was becomes the first partition, in place: nothing is copied.
drop policy tenant_only on usage_events;
drop policy system_reads on usage_events;
drop policy system_records on usage_events;
drop policy system_forgets on usage_events;
revoke all on usage_events from bulkhead_runtime, bulkhead_system;
drop index usage_events_for_rollup;
alter table usage_events rename to usage_events_first;
alter table usage_events_first rename constraint usage_events_pkey to usage_events_first_pkey;
alter index usage_events_by_connection rename to usage_events_first_by_connection;

alter table usage_events_first
    -- What the plan's meter counts: a call, rows, seconds. Nothing of what was not done.
    add column units bigint not null default 1,
    -- Who stands behind the credential.
    add column member_id uuid,
    -- The call whose units this row corrects. Then it is no call itself, and `error` says why.
    add column corrects uuid,
    -- When it arrived, by the database's clock, whatever clock the server had.
    add column recorded_at timestamptz not null default '-infinity';
alter table usage_events_first alter column recorded_at set default now();
-- The owner of the tables is bound by row-level security too.
alter table usage_events_first no force row level security;
update usage_events_first set
    units = case when outcome in ('invalid', 'refused', 'limited', 'failed') then 0 else units end,
    recorded_at = case when occurred_at >= date_trunc('hour', now()) then now() else recorded_at end
where outcome in ('invalid', 'refused', 'limited', 'failed') or occurred_at >= date_trunc('hour', now());
alter table usage_events_first force row level security;

create table usage_events (like usage_events_first including defaults including constraints)
    partition by range (event_id);
alter table usage_events add primary key (tenant_id, event_id);
create index usage_events_by_arrival on usage_events using brin (recorded_at)
    with (pages_per_range = 32, autosummarize = on);
create index usage_events_by_connection on usage_events (tenant_id, connection_id, event_id)
    where connection_id is not null;
create index usage_events_by_corrected on usage_events (tenant_id, corrects) where corrects is not null;
alter table usage_events enable row level security;
alter table usage_events force row level security;
create policy tenant_only on usage_events to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on usage_events for select to bulkhead_system using (true);
create policy system_records on usage_events for insert to bulkhead_system with check (true);
-- Calls have no foreign key that would take them along.
create policy system_forgets on usage_events for delete to bulkhead_system
    using (exists (select from tenants t
        where t.tenant_id = usage_events.tenant_id and t.delete_after <= now()));
grant select on usage_events to bulkhead_runtime;
grant select, insert, delete on usage_events to bulkhead_system;

-- Named by the month before which it ends.
do $$
declare
    next_month timestamp := date_trunc('month', now() at time zone 'UTC') + interval '1 month';
    name text := 'usage_events_before_' || to_char(next_month, 'YYYY_MM');
begin
    execute format('alter table usage_events_first rename to %I', name);
    execute format('alter table usage_events attach partition %I for values from (minvalue) to (%L)',
        name, usage_first_id(next_month at time zone 'UTC'));
end $$;

-- A partition a month. They are reached through their table alone: nobody is granted anything on them, and row-level
-- security without a policy shows nothing of them.
create view usage_partitions with (security_invoker = true) as
    select c.oid, c.relname::text as name,
        (to_date(right(c.relname, 7), 'YYYY_MM')
            + case when c.relname like '%\_before\_%' then interval '0' else interval '1 month' end)
            at time zone 'UTC' as ends_at
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'public.usage_events'::regclass;
grant select on usage_partitions to bulkhead_system;

-- Makes the partitions of this month and of so many after it, as far as they are missing. Answers how many.
create function make_usage_partitions(ahead integer) returns integer
    language plpgsql security definer set search_path = pg_catalog, public set lock_timeout = '500ms'
    as $$
    declare
        month timestamp := date_trunc('month', now() at time zone 'UTC');
        made integer := 0;
        name text;
    begin
        for nth in 0 .. least(ahead, 12) loop
            if not exists (select from public.usage_partitions p where p.ends_at > month at time zone 'UTC') then
                name := 'usage_events_' || to_char(month, 'YYYY_MM');
                -- Attached, not created in place: calls go on being written meanwhile.
                execute format('create table public.%I (like public.usage_events including defaults including constraints)', name);
                execute format('alter table public.%I enable row level security', name);
                execute format('alter table public.%I force row level security', name);
                execute format('alter table public.usage_events attach partition public.%I for values from (%L) to (%L)',
                    name, public.usage_first_id(month at time zone 'UTC'),
                    public.usage_first_id((month + interval '1 month') at time zone 'UTC'));
                made := made + 1;
            end if;
            month := month + interval '1 month';
        end loop;
        return made;
    end $$;

-- Drops the partitions that ended so many days ago, but none that the pages still show. Answers how many.
create function drop_usage_partitions(days integer) returns integer
    language plpgsql security definer set search_path = pg_catalog, public set lock_timeout = '500ms'
    as $$
    declare
        name text;
        dropped integer := 0;
    begin
        for name in select p.name from public.usage_partitions p
            where p.ends_at <= now() - make_interval(days => greatest(days, 100))
        loop
            execute format('drop table public.%I', name);
            dropped := dropped + 1;
        end loop;
        return dropped;
    end $$;
revoke all on function make_usage_partitions(integer), drop_usage_partitions(integer) from public;
grant execute on function make_usage_partitions(integer), drop_usage_partitions(integer) to bulkhead_system;
select make_usage_partitions(2);

-- A row on its way in. Servers of before go on with `usage_row`, which is left as it is.
create type usage_entry as (
    tenant_id uuid,
    event_id uuid,
    occurred_at timestamptz,
    client_id uuid,
    key_id uuid,
    member_id uuid,
    connection_id uuid,
    toolkit text,
    tool text,
    era text,
    outcome text,
    units bigint,
    duration_us bigint,
    request_bytes bigint,
    response_bytes bigint,
    error text,
    request_id uuid,
    corrects uuid
);

-- Numbers, recomputed from the rows and never incremented. Where there is no member or connection, their id is zero.
-- A minute has everything, durations too: `latency_class` is four times the binary logarithm of microseconds. Kept for days.
create table usage_by_minute (
    tenant_id uuid not null,
    bucket timestamptz not null,
    toolkit text not null,
    tool text not null,
    client_id uuid not null,
    key_id uuid not null,
    member_id uuid not null,
    connection_id uuid not null,
    outcome text not null,
    latency_class smallint not null,
    calls bigint not null,
    units bigint not null,
    duration_us bigint not null,
    bytes bigint not null,
    primary key (tenant_id, bucket, key_id, tool, connection_id, outcome, latency_class, client_id, toolkit, member_id)
);
-- The same of hours, days and months, without durations: what any combination of filters is answered from.
create table usage_cells (
    tenant_id uuid not null,
    grain text not null check (grain in ('hour', 'day', 'month')),
    bucket timestamptz not null,
    toolkit text not null,
    tool text not null,
    client_id uuid not null,
    key_id uuid not null,
    member_id uuid not null,
    connection_id uuid not null,
    outcome text not null,
    calls bigint not null,
    units bigint not null,
    duration_us bigint not null,
    bytes bigint not null,
    primary key (tenant_id, grain, bucket, key_id, tool, connection_id, outcome, client_id, toolkit, member_id)
);
-- By one dimension at a time, which is what pages show first: few rows, however many keys and tools there are.
create table usage_sums (
    tenant_id uuid not null,
    grain text not null check (grain in ('hour', 'day', 'month')),
    dimension text not null
        check (dimension in ('all', 'toolkit', 'tool', 'client', 'key', 'member', 'connection')),
    bucket timestamptz not null,
    value text not null,
    outcome text not null,
    calls bigint not null,
    units bigint not null,
    duration_us bigint not null,
    bytes bigint not null,
    -- With everything in the index, a page reads a few of its pages, and none of a table where dimensions lie mixed.
    primary key (tenant_id, grain, dimension, bucket, value, outcome) include (calls, units, duration_us, bytes)
);
-- How many calls took how long, for percentiles of tools and clients. Of everything else a page shows the mean.
create table usage_latencies (
    tenant_id uuid not null,
    grain text not null check (grain in ('hour', 'day', 'month')),
    dimension text not null check (dimension in ('all', 'tool', 'client')),
    bucket timestamptz not null,
    value text not null,
    outcome text not null,
    latency_class smallint not null,
    calls bigint not null,
    primary key (tenant_id, grain, dimension, bucket, value, outcome, latency_class) include (calls)
);
-- None on minutes: a tenant's page would take it for its own index, and workers read most of that table anyway.
create index usage_cells_by_time on usage_cells using brin (bucket) with (autosummarize = on);
create index usage_sums_by_time on usage_sums using brin (bucket) with (autosummarize = on);
create index usage_latencies_by_time on usage_latencies using brin (bucket) with (autosummarize = on);
-- Days to be recomputed from their rows, because a row came late.
create table usage_repairs (
    tenant_id uuid not null,
    day timestamptz not null,
    -- Whose turn it is: a day that is noted again goes to the end.
    noted_at timestamptz not null default now(),
    primary key (tenant_id, day)
);

do $$
declare
    name text;
begin
    foreach name in array array['usage_by_minute', 'usage_cells', 'usage_sums', 'usage_latencies', 'usage_repairs'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy tenant_only on %I to bulkhead_runtime
            using (tenant_id = (select current_setting(''app.tenant_id'')::uuid))
            with check (tenant_id = (select current_setting(''app.tenant_id'')::uuid))', name);
        execute format('create policy system_rolls_up on %I to bulkhead_system using (true) with check (true)', name);
        execute format('grant select on %I to bulkhead_runtime', name);
        execute format('grant select, insert, update, delete on %I to bulkhead_system', name);
    end loop;
end $$;

-- What is from before is recomputed from its rows, a day at a time, by the worker.
alter table usage_days no force row level security;
alter table usage_minutes no force row level security;
alter table usage_repairs no force row level security;
insert into usage_repairs (tenant_id, day)
    select tenant_id, date_bin('1 day', bucket, timestamptz 'epoch') from usage_days
    union
    select tenant_id, date_bin('1 day', bucket, timestamptz 'epoch') from usage_minutes;
alter table usage_repairs force row level security;
drop table usage_minutes, usage_days;

alter table usage_rollup_state
    drop column final_until,
    -- Rows that arrived before are in the minutes.
    add column seen_until timestamptz not null default now(),
    -- Rows that arrived before were looked at for being late.
    add column late_until timestamptz not null default now(),
    -- Hours, days and months before are final: they change by a repair alone.
    add column hours_until timestamptz not null default date_trunc('hour', now()),
    add column days_until timestamptz not null default date_trunc('day', now(), 'UTC'),
    add column months_until timestamptz not null default date_trunc('month', now(), 'UTC');
grant select on usage_rollup_state to bulkhead_runtime;

-- Exports of calls: what was asked for, and how far it is. The file itself is nowhere but on its way.
create table usage_exports (
    tenant_id uuid not null references tenants on delete cascade,
    export_id uuid not null,
    asked_by uuid not null,
    format text not null check (format in ('csv', 'jsonl', 'parquet')),
    since timestamptz not null,
    until timestamptz not null,
    -- The filter as it stands in addresses.
    filter text not null check (length(filter) <= 2000),
    -- Where it goes on from, if it does.
    after uuid,
    -- About how many calls there will be, by the numbers of the hours.
    expected bigint not null,
    calls bigint not null default 0,
    -- The last one that has left.
    last_id uuid,
    state text not null default 'running' check (state in ('running', 'done')),
    created_at timestamptz not null default now(),
    moved_at timestamptz not null default now(),
    primary key (tenant_id, export_id)
);
create index usage_exports_by_age on usage_exports (created_at);
alter table usage_exports enable row level security;
alter table usage_exports force row level security;
create policy tenant_only on usage_exports to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on usage_exports for select to bulkhead_system using (true);
create policy system_removes on usage_exports for delete to bulkhead_system
    using (created_at < now() - interval '30 days');
grant select, insert, update on usage_exports to bulkhead_runtime;
grant select (created_at), delete on usage_exports to bulkhead_system;

-- Calls that a client may send again: each is executed and billed once, and answered as often as it is asked.
create table idempotency_keys (
    tenant_id uuid not null references tenants on delete cascade,
    credential_id uuid not null,
    key text not null check (length(key) between 1 and 255),
    -- Of the tool and its arguments: a key is good for one request.
    request_hash bytea not null check (octet_length(request_hash) = 32),
    state text not null check (state in ('started', 'done')),
    -- Who executes it, and until when that is believed: the id of its usage row.
    holder uuid not null,
    locked_until timestamptz not null,
    status smallint,
    -- The result or error as it was told; null where it was too long to keep.
    response bytea,
    created_at timestamptz not null default now(),
    primary key (tenant_id, credential_id, key)
);
create index idempotency_keys_by_age on idempotency_keys (created_at);
alter table idempotency_keys enable row level security;
alter table idempotency_keys force row level security;
create policy tenant_only on idempotency_keys to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
-- Whoever writes the usage row settles the key in the same statement.
create policy system_reads on idempotency_keys for select to bulkhead_system using (true);
create policy system_settles on idempotency_keys for update to bulkhead_system using (true) with check (true);
create policy system_removes on idempotency_keys for delete to bulkhead_system
    using (created_at < now() - interval '48 hours');
grant select, insert, update, delete on idempotency_keys to bulkhead_runtime;
grant select (tenant_id, credential_id, key, holder, state, created_at), update (state, status, response), delete
    on idempotency_keys to bulkhead_system;
