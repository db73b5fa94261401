-- One row a call, committed before the call is answered. Never updated.
-- No foreign key to client or key: a call stays counted whatever becomes of them. Ids begin with
-- the time (UUID version 7), so the primary key is also the index by time.
create table usage_events (
    tenant_id uuid not null,
    event_id uuid not null,
    occurred_at timestamptz not null,
    client_id uuid not null,
    key_id uuid not null,
    toolkit text not null,
    tool text not null,
    era text not null check (era in ('modern', 'legacy')),
    outcome text not null check (outcome in
        ('ok', 'tool_error', 'invalid', 'refused', 'limited', 'cancelled', 'timeout', 'failed')),
    duration_us bigint not null,
    request_bytes bigint not null,
    response_bytes bigint not null,
    error text,
    request_id uuid not null,
    primary key (tenant_id, event_id)
);
create index usage_events_for_rollup on usage_events using brin (occurred_at);
-- A row on its way in. One array of these costs half of what one array for each column costs.
create type usage_row as (
    tenant_id uuid,
    event_id uuid,
    occurred_at timestamptz,
    client_id uuid,
    key_id uuid,
    toolkit text,
    tool text,
    era text,
    outcome text,
    duration_us bigint,
    request_bytes bigint,
    response_bytes bigint,
    error text,
    request_id uuid
);

alter table usage_events enable row level security;
alter table usage_events force row level security;
create policy tenant_only on usage_events to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on usage_events for select to bulkhead_system using (true);
create policy system_records on usage_events for insert to bulkhead_system with check (true);

-- Rollups: recomputed from the rows, never incremented. `latency_class` is four times
-- the binary logarithm of the duration in microseconds, so percentiles come from counts.
create table usage_minutes (
    tenant_id uuid not null,
    bucket timestamptz not null,
    client_id uuid not null,
    key_id uuid not null,
    toolkit text not null,
    tool text not null,
    outcome text not null,
    latency_class smallint not null,
    calls bigint not null,
    duration_us bigint not null,
    request_bytes bigint not null,
    response_bytes bigint not null,
    primary key (tenant_id, bucket, client_id, key_id, toolkit, tool, outcome, latency_class)
);
create index usage_minutes_for_days on usage_minutes using brin (bucket);

create table usage_days (like usage_minutes including all);

alter table usage_minutes enable row level security;
alter table usage_minutes force row level security;
create policy tenant_only on usage_minutes to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_rolls_up on usage_minutes to bulkhead_system using (true) with check (true);
alter table usage_days enable row level security;
alter table usage_days force row level security;
create policy tenant_only on usage_days to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_rolls_up on usage_days to bulkhead_system using (true) with check (true);

-- How far the rollups are final. One row.
create table usage_rollup_state (
    only_row boolean primary key default true check (only_row),
    final_until timestamptz not null
);
insert into usage_rollup_state (final_until) values (date_trunc('day', now()));
