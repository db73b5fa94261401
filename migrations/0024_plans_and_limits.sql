-- How a tenant stands with its plan. No row: the default plan.
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
grant select, insert, update on tenant_plans to bulkhead_runtime;
grant select (tenant_id, plan) on tenant_plans to bulkhead_system;
