-- People are global; what they may see is decided by their memberships.

create table users (
    user_id uuid primary key,
    email text not null constraint users_email_key unique check (email = lower(email)),
    name text not null,
    password_hash text not null,
    created_at timestamptz not null default now()
);

-- Session ids are credentials: only their digest is stored.
create table sessions (
    digest bytea primary key check (octet_length(digest) = 32),
    user_id uuid references users on delete cascade,
    record bytea not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index sessions_expires_at on sessions (expires_at);

-- Guesses at a password, counted per account and per address in fixed windows.
-- The subject is a digest, so the table names neither people nor addresses.
create table sign_in_guesses (
    subject bytea not null check (octet_length(subject) = 32),
    window_start timestamptz not null,
    guesses integer not null,
    primary key (subject, window_start)
);

create table tenants (
    tenant_id uuid primary key,
    -- A slug is part of a public address, so that it is taken is no secret.
    slug text not null constraint tenants_slug_key unique
        check (slug ~ '^[a-z0-9](-?[a-z0-9])*$' and length(slug) between 2 and 40),
    name text not null,
    created_at timestamptz not null default now()
);
alter table tenants enable row level security;
alter table tenants force row level security;
create policy tenant_only on tenants to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on tenants for select to bulkhead_system using (true);

create table memberships (
    tenant_id uuid not null references tenants on delete cascade,
    user_id uuid not null references users on delete cascade,
    role text not null check (role in ('owner', 'admin', 'developer', 'billing', 'viewer')),
    created_at timestamptz not null default now(),
    primary key (tenant_id, user_id)
);
create index memberships_by_user on memberships (user_id);
alter table memberships enable row level security;
alter table memberships force row level security;
create policy tenant_only on memberships to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on memberships for select to bulkhead_system using (true);

create table tenant_toolkits (
    tenant_id uuid not null references tenants on delete cascade,
    toolkit text not null,
    enabled boolean not null,
    changed_at timestamptz not null default now(),
    primary key (tenant_id, toolkit)
);
alter table tenant_toolkits enable row level security;
alter table tenant_toolkits force row level security;
create policy tenant_only on tenant_toolkits to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
