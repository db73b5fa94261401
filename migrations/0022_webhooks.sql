-- Webhooks: endpoints of a tenant that are told what happens in it, what each is told, and how that went.

create table webhook_endpoints (
    tenant_id uuid not null references tenants on delete cascade,
    endpoint_id uuid not null,
    url text not null check (length(url) between 1 and 2000),
    about text not null check (length(about) <= 200),
    -- Types, families such as `connection.*`, or `*`.
    events text[] not null check (cardinality(events) between 1 and 100),
    -- The secret that signs, and the one before it, as sealed JSON.
    secret bytea not null,
    secret_version bigint not null check (secret_version > 0),
    secret_key uuid generated always as (
        encode(substring(secret from 3 for 16), 'hex')::uuid
    ) stored,
    -- Until when the secret before signs too.
    previous_until timestamptz,
    state text not null default 'enabled' check (state in ('enabled', 'failing', 'disabled')),
    -- What is wrong, for people.
    trouble text,
    -- Since when nothing has arrived, and how many attempts in a row that were.
    failing_since timestamptz,
    failures integer not null default 0,
    created_at timestamptz not null default now(),
    primary key (tenant_id, endpoint_id),
    foreign key (tenant_id, secret_key) references tenant_data_keys
);
create index webhook_endpoints_by_key on webhook_endpoints (tenant_id, secret_key);
alter table webhook_endpoints enable row level security;
alter table webhook_endpoints force row level security;
create policy tenant_only on webhook_endpoints to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on webhook_endpoints for select to bulkhead_system using (true);

create table webhook_deliveries (
    tenant_id uuid not null,
    -- Of version 7, so that the newest has the greatest. It is the `webhook-id` of every attempt.
    delivery_id uuid not null,
    endpoint_id uuid not null,
    event text not null,
    -- The body that is sent: JSON, the same each time.
    payload text not null,
    state text not null default 'waiting' check (state in ('waiting', 'retrying', 'delivered', 'dead')),
    attempts integer not null default 0,
    -- How many of these count for the schedule: sending again begins it anew.
    tries integer not null default 0,
    -- What the endpoint answered last, if it did.
    status integer,
    -- When it is tried next; null: it is not.
    next_at timestamptz,
    -- Who tries it now, and until when that is believed.
    lease uuid,
    leased_until timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, delivery_id),
    foreign key (tenant_id, endpoint_id) references webhook_endpoints on delete cascade,
    constraint what_is_tried_has_a_time check ((state in ('waiting', 'retrying')) = (next_at is not null))
);
create index webhook_deliveries_by_endpoint on webhook_deliveries (tenant_id, endpoint_id, delivery_id);
-- What waits, by endpoint: a worker steps from endpoint to endpoint, however much waits for one of them.
create index webhook_deliveries_to_try on webhook_deliveries (tenant_id, endpoint_id, next_at)
    where next_at is not null;
create index webhook_deliveries_by_age on webhook_deliveries (created_at);
alter table webhook_deliveries enable row level security;
alter table webhook_deliveries force row level security;
create policy tenant_only on webhook_deliveries to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on webhook_deliveries for select to bulkhead_system using (true);
create policy system_removes on webhook_deliveries for delete to bulkhead_system
    using (created_at < now() - interval '30 days');

create table webhook_attempts (
    tenant_id uuid not null,
    delivery_id uuid not null,
    number integer not null check (number > 0),
    at timestamptz not null,
    duration_ms bigint not null,
    status integer,
    -- Why there was no answer.
    error text,
    -- How the answer began.
    response text,
    primary key (tenant_id, delivery_id, number),
    foreign key (tenant_id, delivery_id) references webhook_deliveries on delete cascade
);
alter table webhook_attempts enable row level security;
alter table webhook_attempts force row level security;
create policy tenant_only on webhook_attempts to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));

grant select, insert, update, delete on webhook_endpoints, webhook_deliveries to bulkhead_runtime;
grant select, insert on webhook_attempts to bulkhead_runtime;
-- Workers find what is due; what they do with it, they do as the runtime in that tenant.
grant select (tenant_id, endpoint_id, state) on webhook_endpoints to bulkhead_system;
grant select (tenant_id, delivery_id, endpoint_id, next_at, leased_until, created_at), delete
    on webhook_deliveries to bulkhead_system;
