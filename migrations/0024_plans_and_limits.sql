-- Plans of tenants, their own limits, and the units of quotas that servers hold.

-- How a tenant stands with its plan, which is one of the operator's file. No row: the default plan.
create table tenant_plans (
    tenant_id uuid primary key references tenants on delete cascade,
    plan text not null check (length(plan) between 1 and 40),
    state text not null default 'active'
        check (state in ('trialing', 'active', 'past_due', 'suspended')),
    since timestamptz not null default now(),
    -- The end of a trial, or of the grace after a payment that failed.
    until timestamptz,
    -- The plan that comes later, and when.
    pending_plan text check (length(pending_plan) between 1 and 40),
    pending_from timestamptz,
    -- The month that is billed, where somebody bills. Quotas count it; without it they count that of the calendar.
    period_from timestamptz,
    period_until timestamptz,
    -- Whether it has had its trial.
    tried boolean not null default false,
    constraint what_ends_has_an_end check ((state in ('trialing', 'past_due')) = (until is not null)),
    constraint what_comes_has_a_time check ((pending_plan is null) = (pending_from is null)),
    constraint a_period_has_two_ends check ((period_from is null) = (period_until is null)),
    constraint a_period_has_a_length check (period_from < period_until)
);
alter table tenant_plans enable row level security;
alter table tenant_plans force row level security;
create policy tenant_only on tenant_plans to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on tenant_plans for select to bulkhead_system using (true);

-- What a tenant limits itself.
create table tenant_limits (
    tenant_id uuid primary key references tenants on delete cascade,
    -- Units a month.
    monthly_units bigint check (monthly_units >= 0),
    -- Whether calls are refused then, or people are told alone.
    is_hard boolean not null default false,
    -- What units beyond the included ones may cost in a month, in minor units: calls are refused then.
    spend_cap bigint check (spend_cap >= 0),
    -- What becomes of an agent that calls the same again and again; null: as the plan has it.
    loops text check (loops in ('ignore', 'warn', 'stop'))
);
alter table tenant_limits enable row level security;
alter table tenant_limits force row level security;
create policy tenant_only on tenant_limits to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on tenant_limits for select to bulkhead_system using (true);

-- Units a month of single keys.
create table key_limits (
    tenant_id uuid not null,
    key_id uuid not null,
    monthly_units bigint not null check (monthly_units >= 0),
    primary key (tenant_id, key_id),
    foreign key (tenant_id, key_id) references api_keys on delete cascade
);
alter table key_limits enable row level security;
alter table key_limits force row level security;
create policy tenant_only on key_limits to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));

-- What has been handed out of a hard quota: used, or held by a server. Its subject is the tenant or one of its keys.
-- It begins with what rollups say was used, and is counted anew when it was not touched for a while: no server asks of
-- a quota that refuses nothing.
create table quota_counters (
    tenant_id uuid not null references tenants on delete cascade,
    subject_id uuid not null,
    period_from timestamptz not null,
    granted bigint not null default 0 check (granted >= 0),
    -- What dead servers may have used without a row. It is part of what is granted.
    lost bigint not null default 0 check (lost >= 0),
    touched_at timestamptz not null default '-infinity',
    primary key (tenant_id, subject_id, period_from)
) with (fillfactor = 50);
alter table quota_counters enable row level security;
alter table quota_counters force row level security;
create policy tenant_only on quota_counters to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));

-- Units that a server holds. A server that dies leaves them: what no row of usage has used comes back, but for as many
-- as it may have had in flight.
create table quota_leases (
    tenant_id uuid not null,
    lease_id uuid not null,
    subject_id uuid not null,
    period_from timestamptz not null,
    units bigint not null check (units > 0),
    -- As many of them may be in flight at once.
    flight bigint not null check (flight > 0),
    taken_at timestamptz not null default clock_timestamp(),
    until timestamptz not null,
    primary key (tenant_id, lease_id),
    foreign key (tenant_id, subject_id, period_from) references quota_counters on delete cascade
);
create index quota_leases_by_end on quota_leases (until);
create index quota_leases_by_counter on quota_leases (tenant_id, subject_id, period_from);
alter table quota_leases enable row level security;
alter table quota_leases force row level security;
create policy tenant_only on quota_leases to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on quota_leases for select to bulkhead_system using (true);

-- Who was told that how much of a quota is used, once a month.
create table quota_notices (
    tenant_id uuid not null references tenants on delete cascade,
    subject_id uuid not null,
    period_from timestamptz not null,
    percent integer not null check (percent in (80, 100)),
    told_at timestamptz not null default now(),
    primary key (tenant_id, subject_id, period_from, percent)
);
alter table quota_notices enable row level security;
alter table quota_notices force row level security;
create policy tenant_only on quota_notices to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));

-- Which leases a call has used, for the day when their server is gone.
alter table usage_events add column leases uuid[];
alter type usage_entry add attribute leases uuid[];

-- The servers that live, and how much is asked of buckets that they share.
create table servers (
    server_id uuid primary key,
    seen_at timestamptz not null,
    buckets uuid[] not null default '{}',
    asked bigint[] not null default '{}',
    constraint each_bucket_is_asked check (cardinality(buckets) = cardinality(asked))
) with (fillfactor = 50);

grant select, insert, update on tenant_plans, tenant_limits to bulkhead_runtime;
grant select, insert, update, delete on key_limits, quota_counters, quota_leases to bulkhead_runtime;
grant select, insert on quota_notices to bulkhead_runtime;
-- Workers find what is due; what they do with it, they do as the runtime in that tenant.
grant select (tenant_id, plan) on tenant_plans to bulkhead_system;
grant select (tenant_id) on tenant_limits to bulkhead_system;
grant select (tenant_id, lease_id, until) on quota_leases to bulkhead_system;
grant select, insert, update, delete on servers to bulkhead_system;
