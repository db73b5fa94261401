create table mcp_clients (
    tenant_id uuid not null references tenants on delete cascade,
    client_id uuid not null,
    name text not null,
    kind text not null,
    owner_id uuid not null,
    notes text not null default '',
    created_at timestamptz not null default now(),
    archived_at timestamptz,
    primary key (tenant_id, client_id),
    foreign key (tenant_id, owner_id) references memberships (tenant_id, user_id)
);
create unique index mcp_client_name_per_tenant on mcp_clients (tenant_id, lower(name))
    where archived_at is null;
alter table mcp_clients enable row level security;
alter table mcp_clients force row level security;
create policy tenant_only on mcp_clients to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));

create table api_keys (
    tenant_id uuid not null references tenants on delete cascade,
    key_id uuid not null,
    client_id uuid not null,
    name text not null,
    -- The first characters, for people to recognise the key by.
    display_prefix text not null,
    -- High-entropy secret, so that the digest tells nothing to another tenant.
    digest bytea not null constraint api_keys_digest_key unique check (octet_length(digest) = 32),
    scopes text[] not null,
    rate_limit_per_minute integer check (rate_limit_per_minute > 0),
    allowed_networks text[] not null default '{}',
    created_by uuid not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    replaced_by uuid,
    last_used_at timestamptz,
    last_used_address text,
    last_used_agent text,
    primary key (tenant_id, key_id),
    foreign key (tenant_id, client_id) references mcp_clients,
    foreign key (tenant_id, created_by) references memberships (tenant_id, user_id),
    foreign key (tenant_id, replaced_by) references api_keys
);
create index api_keys_by_client on api_keys (tenant_id, client_id, created_at);
alter table api_keys enable row level security;
alter table api_keys force row level security;
create policy tenant_only on api_keys to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on api_keys for select to bulkhead_system using (true);
create policy system_marks_use on api_keys for update to bulkhead_system using (true) with check (true);
