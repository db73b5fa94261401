-- Work that follows a transaction, such as mail: enqueued in that transaction, done after it,
-- retried until it succeeds. Whoever acts may only add to the queue; workers of the system role
-- read it, so no tenant sees another's.
create table outbox (
    job_id uuid primary key,
    topic text not null check (topic in ('mail')),
    -- In which tenant it was enqueued, where in one at all.
    tenant_id uuid default nullif(current_setting('app.tenant_id', true), '')::uuid,
    -- May hold one-time links: emptied when the job is given up, deleted when it is done.
    payload text not null,
    attempts integer not null default 0,
    run_at timestamptz not null default now(),
    -- Who works on it, and until when nobody else may.
    lease uuid,
    leased_until timestamptz,
    last_error text,
    dead_at timestamptz,
    created_at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
create index outbox_due on outbox (topic, run_at) where dead_at is null;

grant insert on outbox to bulkhead_runtime;
grant select, update, delete on outbox to bulkhead_system;
