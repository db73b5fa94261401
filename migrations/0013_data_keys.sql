-- Envelope encryption: cells are sealed with data keys, which are stored wrapped by a key-encryption
-- key that is not in the database. Each owner has one data key in use; what was in use before is
-- retired, opens what it sealed, and goes when nothing is sealed with it any more.

create table tenant_data_keys (
    tenant_id uuid not null references tenants on delete cascade,
    key_id uuid not null,
    -- Which key-encryption key wraps it.
    wrapped_by text not null,
    wrapped bytea not null,
    created_at timestamptz not null default now(),
    retired_at timestamptz,
    primary key (tenant_id, key_id)
);
create unique index tenant_data_key_in_use on tenant_data_keys (tenant_id) where retired_at is null;
alter table tenant_data_keys enable row level security;
alter table tenant_data_keys force row level security;
create policy tenant_only on tenant_data_keys to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
-- Workers wrap keys anew, and draw new ones.
create policy system_reads on tenant_data_keys for select to bulkhead_system using (true);
create policy system_draws on tenant_data_keys for insert to bulkhead_system with check (true);
create policy system_rewraps on tenant_data_keys for update to bulkhead_system using (true);
create policy system_removes on tenant_data_keys for delete to bulkhead_system
    using (retired_at is not null);
grant select, insert on tenant_data_keys to bulkhead_runtime;
grant select, insert, delete, update (wrapped_by, wrapped, retired_at)
    on tenant_data_keys to bulkhead_system;

-- For what belongs to people and to no tenant.
create table instance_data_keys (
    key_id uuid primary key,
    wrapped_by text not null,
    wrapped bytea not null,
    created_at timestamptz not null default now(),
    retired_at timestamptz
);
create unique index instance_data_key_in_use on instance_data_keys ((true)) where retired_at is null;
grant select, insert on instance_data_keys to bulkhead_runtime;
grant select, insert, delete, update (wrapped_by, wrapped, retired_at)
    on instance_data_keys to bulkhead_system;

-- Servers hold unwrapped keys in memory. A trigger tells them, so that no statement by anybody,
-- a cascade least of all, takes a key away unheard.
create function tell_of_data_key() returns trigger
    language plpgsql set search_path = pg_catalog, public
    as $$
    begin
        perform pg_notify('bulkhead_data_key', coalesce(to_jsonb(old) ->> 'tenant_id', 'instance'));
        return null;
    end
    $$;
create trigger tell after delete or update of retired_at on tenant_data_keys
    for each row execute function tell_of_data_key();
create trigger tell after delete or update of retired_at on instance_data_keys
    for each row execute function tell_of_data_key();

-- A sealed column has a version, which is part of what its content is bound to, and names the data
-- key in a column of its own: the database itself lets no key go that something is sealed with.
-- Version 0 was sealed with the master key itself, before there were data keys.
alter table second_factors
    add column secret_version bigint not null default 0 check (secret_version >= 0),
    add column secret_key uuid generated always as (
        case when secret_version > 0 then encode(substring(secret from 3 for 16), 'hex')::uuid end
    ) stored references instance_data_keys;
create index second_factors_by_key on second_factors (secret_key) where secret_key is not null;
grant select (user_id, secret, secret_version, secret_key), update (secret, secret_version)
    on second_factors to bulkhead_system;

-- A payload without a version lies there as it is: enqueued by the version before, or given up and
-- emptied.
alter table outbox
    alter column payload type bytea using convert_to(payload, 'UTF8'),
    add column payload_version bigint not null default 0 check (payload_version >= 0),
    add column payload_key uuid generated always as (
        case when payload_version > 0 then encode(substring(payload from 3 for 16), 'hex')::uuid end
    ) stored references instance_data_keys;
create index outbox_by_key on outbox (payload_key) where payload_key is not null;
