-- What keeps an account its person's: a confirmed address, links by mail, known devices, a second
-- factor, and sessions that can be told apart.

alter table users add column email_verified_at timestamptz;

-- A link in a letter. Only its digest is stored; following it deletes the row.
create table one_time_links (
    digest bytea primary key check (octet_length(digest) = 32),
    user_id uuid not null references users on delete cascade,
    purpose text not null check (purpose in ('confirm_address', 'change_address', 'reset_password')),
    -- Where it was sent: it proves that address and no other.
    email text not null,
    expires_at timestamptz not null
);
create index one_time_links_by_user on one_time_links (user_id, purpose);
create index one_time_links_expires_at on one_time_links (expires_at);

-- The id under which a session's person may end it; its own id is a credential.
alter table sessions
    add column session_id uuid not null default gen_random_uuid() constraint sessions_session_id_key unique,
    -- Between the two steps of a sign-in: it opens nothing.
    add column pending boolean not null default false,
    add column address inet,
    add column agent text,
    add column seen_at timestamptz not null default now();
create index sessions_by_user on sessions (user_id);

-- Browsers from which a person has signed in, by the digest of a cookie.
create table known_devices (
    user_id uuid not null references users on delete cascade,
    digest bytea not null check (octet_length(digest) = 32),
    created_at timestamptz not null default now(),
    primary key (user_id, digest)
);

-- Authenticator apps (RFC 6238). The secret is sealed with the master key.
create table second_factors (
    user_id uuid primary key references users on delete cascade,
    secret bytea not null,
    -- Null while the person has not yet shown that their app knows the secret.
    confirmed_at timestamptz,
    -- The time step of the last code that was taken: none is taken twice.
    last_step bigint not null default 0
);

create table recovery_codes (
    user_id uuid not null references users on delete cascade,
    digest bytea not null check (octet_length(digest) = 32),
    primary key (user_id, digest)
);

alter table tenants add column second_factor_required boolean not null default false;

create function tenant_wants_second_factor(wanted uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    as $$ select t.second_factor_required from public.tenants t where t.tenant_id = wanted $$;
grant select (second_factor_required) on tenants to bulkhead_system;
grant create on schema public to bulkhead_system;
alter function tenant_wants_second_factor(uuid) owner to bulkhead_system;
revoke create on schema public from bulkhead_system;
revoke all on function tenant_wants_second_factor(uuid) from public;
grant execute on function tenant_wants_second_factor(uuid) to bulkhead_runtime, bulkhead_system;

grant select, insert, update, delete
    on one_time_links, known_devices, second_factors, recovery_codes to bulkhead_runtime;
grant select, delete on one_time_links to bulkhead_system;
