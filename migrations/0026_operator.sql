-- The people who run this instance: what they may see of tenants, what they do, and what a tenant lets them look at.

-- Suspended by the operator, with the reason that its people are shown. Apart from the tenant's own suspension: neither
-- lifts the other.
alter table tenants
    add column operator_suspended_at timestamptz,
    add column operator_reason text check (length(operator_reason) between 1 and 500),
    add constraint an_operators_suspension_has_a_reason
        check ((operator_suspended_at is null) = (operator_reason is null));
-- For the list of tenants.
create index tenants_by_name on tenants (lower(name), tenant_id);
create index tenants_by_age on tenants (created_at, tenant_id);

-- That a tenant lets the operator look at it, from when until when.
create table support_consents (
    tenant_id uuid not null references tenants on delete cascade,
    consent_id uuid not null,
    reason text not null check (length(reason) between 1 and 500),
    given_by uuid not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    ended_at timestamptz,
    primary key (tenant_id, consent_id),
    foreign key (tenant_id, given_by) references memberships (tenant_id, user_id)
);
create unique index one_support_consent on support_consents (tenant_id) where ended_at is null;
alter table support_consents enable row level security;
alter table support_consents force row level security;
create policy tenant_only on support_consents to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on support_consents for select to bulkhead_system using (true);

-- Acts of the operator are told from those of members.
alter table audit_events
    drop constraint audit_events_actor_kind_check,
    add constraint audit_events_actor_kind_check
        check (actor_kind in ('member', 'key', 'system', 'operator'));

-- What the operator did, of the instance: it stays when a tenant is gone. Whoever acts may only add to it.
create table operator_log (
    -- Of version 7, so that the newest has the greatest.
    entry_id uuid primary key,
    at timestamptz not null default clock_timestamp(),
    operator_id uuid not null,
    operator_name text not null,
    act text not null check (act in ('suspend', 'resume', 'enter', 'leave')),
    about_tenant uuid not null,
    tenant_name text not null,
    reason text,
    address text,
    request_id uuid
);

-- How each job of the servers runs: what the last of them to run it wrote down.
create table job_runs (
    job text primary key,
    every_ms bigint not null,
    last_run_at timestamptz not null,
    last_success_at timestamptz,
    last_error_at timestamptz,
    last_error text
);

grant select, insert, update on support_consents to bulkhead_runtime;
grant insert on operator_log to bulkhead_runtime;

-- The console reads across tenants as the system role: names and numbers, and nothing of what tenants keep.
grant select (created_at, suspended_at, operator_suspended_at) on tenants to bulkhead_system;
grant select (tenant_id, expires_at, ended_at) on support_consents to bulkhead_system;
grant select (state) on webhook_deliveries to bulkhead_system;
grant select on operator_log to bulkhead_system;
grant select, insert, update on job_runs to bulkhead_system;

create index webhook_deliveries_dead on webhook_deliveries (tenant_id, delivery_id) where state = 'dead';

-- Calls of each day, also of today: of days that are final, of hours that are, and of the minutes since.
create view usage_daily with (security_invoker = true) as
    select tenant_id, bucket, outcome, calls, units from usage_sums
    where grain = 'day' and dimension = 'all'
    union all
    select tenant_id, date_trunc('day', bucket, 'UTC'), outcome, calls, units
    from usage_sums, usage_rollup_state
    where grain = 'hour' and dimension = 'all' and bucket >= days_until
    union all
    select tenant_id, date_trunc('day', bucket, 'UTC'), outcome, calls, units
    from usage_by_minute, usage_rollup_state
    where bucket >= hours_until;
grant select on usage_daily to bulkhead_runtime, bulkhead_system;
-- Few of the sums are of whole tenants, and the console reads those of all tenants.
create index usage_sums_of_tenants on usage_sums (grain, bucket) include (tenant_id, outcome, calls, units)
    where dimension = 'all';

-- What tenants pay: plan and seats, and what is used beyond.
grant select (state, until, pending_plan, pending_from) on tenant_plans to bulkhead_system;
-- As they are now: a trial, a grace and a plan that comes later end and begin by themselves.
create view plan_standings with (security_invoker = true) as
    select tenant_id,
        case when pending_from <= now() then pending_plan when until <= now() then null else plan end as plan,
        case when pending_from <= now() or until <= now() then 'active' else state end as state
    from tenant_plans;
grant select on plan_standings to bulkhead_system;
grant select (plan, seats, period_from) on billing_accounts to bulkhead_system;
