-- What was done to a tenant, one row an act, in the transaction of the act. Each row's hash covers
-- its fields and the hash of the row before, so that a change of the past shows
-- (crates/domain/src/audit/chain.rs says how).

-- Where a tenant's chain ends. Locked last in each transaction that appends to it.
create table audit_heads (
    tenant_id uuid primary key references tenants on delete cascade,
    seq bigint not null default 0 check (seq >= 0),
    hash bytea not null default decode(repeat('00', 32), 'hex') check (octet_length(hash) = 32)
);
alter table audit_heads enable row level security;
alter table audit_heads force row level security;
create policy tenant_only on audit_heads to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on audit_heads for select to bulkhead_system using (true);

-- `before` and `after` are JSON, kept as the text that was hashed.
create table audit_events (
    tenant_id uuid not null references audit_heads on delete cascade,
    seq bigint not null check (seq > 0),
    at timestamptz not null,
    actor_kind text not null check (actor_kind in ('member', 'key', 'system')),
    actor_id uuid,
    actor_name text not null,
    act text not null,
    object_kind text not null,
    object_id text not null,
    object_name text not null,
    before text,
    after text,
    address text,
    request_id uuid,
    prev bytea not null check (octet_length(prev) = 32),
    hash bytea not null check (octet_length(hash) = 32),
    words tsvector not null generated always as (to_tsvector('simple', translate(
        actor_name || ' ' || act || ' ' || object_name || ' ' || object_id || ' '
            || coalesce(before, '') || ' ' || coalesce(after, '') || ' ' || coalesce(address, ''),
        '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', '                                '))) stored,
    primary key (tenant_id, seq)
);
create index audit_events_by_time on audit_events (tenant_id, at);
alter table audit_events enable row level security;
alter table audit_events force row level security;
create policy tenant_only on audit_events to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));

-- Whoever may append may still not choose where: a chain begins at nothing and grows by one.
create function audit_head_grows() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        if new.seq <> 0 then
            raise exception 'a chain begins at nothing';
        end if;
    elsif new.tenant_id <> old.tenant_id or new.seq <> old.seq + 1 then
        raise exception 'a chain grows by one row at a time';
    end if;
    return new;
end
$$;
create trigger audit_head_grows before insert or update on audit_heads
    for each row execute function audit_head_grows();

-- Heads that were signed and written to a second place. What counts is that copy; these rows say
-- which heads have moved since, and how far a page's rows are signed.
create table audit_checkpoints (
    tenant_id uuid not null references tenants on delete cascade,
    seq bigint not null check (seq > 0),
    hash bytea not null check (octet_length(hash) = 32),
    signed_at timestamptz not null,
    primary key (tenant_id, seq)
);
alter table audit_checkpoints enable row level security;
alter table audit_checkpoints force row level security;
create policy tenant_only on audit_checkpoints to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on audit_checkpoints for select to bulkhead_system using (true);
create policy system_signs on audit_checkpoints for insert to bulkhead_system with check (true);

grant select, insert, update (seq, hash) on audit_heads to bulkhead_runtime;
grant select, insert on audit_events to bulkhead_runtime;
grant select on audit_checkpoints to bulkhead_runtime;
grant select on audit_heads to bulkhead_system;
grant select, insert on audit_checkpoints to bulkhead_system;
