-- Billing through Stripe: whose customer is whose, what was heard from there, and what was used and told there.

-- A tenant's customer, and what Stripe said last of its subscription. Test and live mode are apart.
create table billing_accounts (
    tenant_id uuid not null references tenants on delete cascade,
    livemode boolean not null,
    customer text not null check (length(customer) between 1 and 255),
    subscription text,
    -- In Stripe's words.
    status text,
    -- The plan's id; null: none of ours.
    plan text,
    -- Members beyond those that the plan includes.
    seats bigint not null default 0 check (seats >= 0),
    period_from timestamptz,
    period_until timestamptz,
    trial_until timestamptz,
    -- Whether any of its subscriptions had a trial.
    tried boolean not null default false,
    -- When the subscription ends, if that is decided.
    cancel_at timestamptz,
    -- It ends because the tenant is deleted, not because people ended it: it goes on if the tenant is restored.
    ends_with_tenant boolean not null default false,
    -- From when on usage is told to Stripe's meter; null: it is not.
    metered_from timestamptz,
    -- Until when; null: for as long as the subscription is there.
    metered_until timestamptz,
    -- Of when what stands here is.
    fetched_at timestamptz,
    -- Who asks Stripe now, until when that is believed, and when it is asked again after a failure.
    lease uuid,
    leased_until timestamptz,
    next_at timestamptz,
    failures integer not null default 0,
    compared_at timestamptz,
    -- Somebody repairs what differs, until then.
    repaired_until timestamptz,
    created_at timestamptz not null default now(),
    primary key (tenant_id, livemode)
);
-- Two tenants never share a customer. Its id is drawn by Stripe.
create unique index billing_account_of_customer on billing_accounts (livemode, customer);
alter table billing_accounts enable row level security;
alter table billing_accounts force row level security;
create policy tenant_only on billing_accounts to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on billing_accounts for select to bulkhead_system using (true);

-- What Stripe has told, each event once, before it is known whose it is. Nothing of it counts but that something is
-- new: what is new is fetched.
create table billing_events (
    event_id text primary key check (length(event_id) between 1 and 255),
    livemode boolean not null,
    kind text not null check (length(kind) <= 255),
    customer text not null check (length(customer) between 1 and 255),
    -- When it happened there.
    happened_at timestamptz not null,
    heard text not null check (heard in ('webhook', 'list')),
    received_at timestamptz not null default clock_timestamp(),
    done_at timestamptz
);
create index billing_events_waiting on billing_events (livemode, customer) where done_at is null;
create index billing_events_by_age on billing_events (received_at);

-- What was used in an hour, as it is told to Stripe's meter: each revision adds to the ones before.
create table billing_meter_events (
    tenant_id uuid not null,
    livemode boolean not null,
    -- The hour.
    bucket timestamptz not null,
    revision integer not null check (revision > 0),
    units bigint not null check (units <> 0),
    -- Makes up for what Stripe's meter lost or counted twice, and counts there alone.
    is_repair boolean not null default false,
    -- Of when it says it is; decided when it is first sent.
    dated timestamptz,
    first_tried_at timestamptz,
    sent_at timestamptz,
    -- Why it was not taken, for the operator.
    trouble text,
    lease uuid,
    leased_until timestamptz,
    next_at timestamptz,
    primary key (tenant_id, livemode, bucket, revision),
    foreign key (tenant_id, livemode) references billing_accounts on delete cascade
);
create index billing_meter_events_to_send on billing_meter_events (tenant_id, livemode, bucket, revision)
    where sent_at is null;
create index billing_meter_events_by_date on billing_meter_events (tenant_id, livemode, dated);
alter table billing_meter_events enable row level security;
alter table billing_meter_events force row level security;
create policy tenant_only on billing_meter_events to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on billing_meter_events for select to bulkhead_system using (true);

-- What the last comparison found that should be the same and is not.
create table billing_drifts (
    tenant_id uuid not null,
    livemode boolean not null,
    kind text not null check (kind in ('rollups', 'unsent', 'meter', 'subscription', 'seats', 'doubled')),
    ours text not null,
    theirs text not null,
    found_at timestamptz not null default now(),
    primary key (tenant_id, livemode, kind),
    foreign key (tenant_id, livemode) references billing_accounts on delete cascade
);
alter table billing_drifts enable row level security;
alter table billing_drifts force row level security;
create policy tenant_only on billing_drifts to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));

-- How far the jobs are. One row a mode.
create table billing_state (
    livemode boolean primary key,
    -- Events that happened before are here.
    events_until timestamptz not null default now() - interval '30 days',
    reconciled_at timestamptz not null default timestamptz 'epoch'
);
insert into billing_state (livemode) values (false), (true);

grant select, insert, update on billing_accounts, billing_meter_events to bulkhead_runtime;
grant select, insert, update, delete on billing_drifts to bulkhead_runtime;
grant insert on billing_events to bulkhead_runtime;
grant select (event_id, livemode, customer, received_at, done_at), update (done_at) on billing_events to bulkhead_runtime;
-- Workers find what is due; what they do with it, they do as the runtime in that tenant.
grant select (tenant_id, livemode, customer, status, cancel_at, ends_with_tenant, leased_until, next_at, metered_from,
    metered_until) on billing_accounts to bulkhead_system;
grant select (tenant_id, livemode, bucket, revision, sent_at, leased_until, next_at)
    on billing_meter_events to bulkhead_system;
grant select, insert, update, delete on billing_events to bulkhead_system;
grant select, update on billing_state to bulkhead_system;
