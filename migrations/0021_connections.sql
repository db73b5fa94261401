-- Connections: the accounts of a tenant at other services, providers and APIs that it describes itself, and what tools
-- leave behind as files.

-- The tenant's own app at a provider.
create table connection_apps (
    tenant_id uuid not null references tenants on delete cascade,
    provider text not null check (length(provider) between 2 and 40),
    app_id uuid not null,
    client_id text not null,
    secret bytea not null,
    secret_version bigint not null check (secret_version > 0),
    secret_key uuid generated always as (
        encode(substring(secret from 3 for 16), 'hex')::uuid
    ) stored,
    changed_at timestamptz not null default now(),
    primary key (tenant_id, provider),
    unique (tenant_id, app_id),
    foreign key (tenant_id, secret_key) references tenant_data_keys
);
create index connection_apps_by_key on connection_apps (tenant_id, secret_key);
alter table connection_apps enable row level security;
alter table connection_apps force row level security;
create policy tenant_only on connection_apps to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));

-- Providers that the tenant describes itself, in the form of the files of this build.
create table own_providers (
    tenant_id uuid not null references tenants on delete cascade,
    provider text not null check (length(provider) between 2 and 40),
    -- JSON as text: what is filtered by is never inside it.
    description text not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, provider)
);
alter table own_providers enable row level security;
alter table own_providers force row level security;
create policy tenant_only on own_providers to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));

create table connections (
    tenant_id uuid not null references tenants on delete cascade,
    connection_id uuid not null,
    provider text not null check (length(provider) between 2 and 40),
    label text not null check (length(label) between 1 and 80),
    account text,
    sharing text not null check (sharing in ('shared', 'personal')),
    -- Who connected it; a personal one is theirs alone.
    owner_id uuid not null,
    state text not null default 'healthy'
        check (state in ('healthy', 'expiring', 'needs_attention', 'disconnected')),
    -- What is wrong, for people. Never what a provider said word by word beyond its own error text.
    trouble text,
    scopes text[] not null default '{}',
    -- Answers to the provider's questions and what it said that addresses need. Nothing secret.
    words text not null default '{}',
    -- The tokens, or what a person typed in, as sealed JSON. Empty when disconnected.
    secret bytea not null,
    secret_version bigint not null check (secret_version > 0),
    secret_key uuid generated always as (
        case when length(secret) > 0 then encode(substring(secret from 3 for 16), 'hex')::uuid end
    ) stored,
    -- Whose app it was connected with: its refresh tokens are that app's alone.
    client_id text,
    -- Grows with every change of the tokens: a refresh is for the tokens that its asker saw.
    tokens_version bigint not null default 1,
    expires_at timestamptz,
    -- When a worker looks at it next; null: nothing to refresh.
    refresh_at timestamptz,
    -- Who refreshes it now, and until when that is believed.
    lease uuid,
    leased_until timestamptz,
    failures integer not null default 0,
    connected_at timestamptz not null default now(),
    refreshed_at timestamptz,
    last_used_at timestamptz,
    -- Whether people have been told of the trouble it is in.
    told_at timestamptz,
    -- When it was disconnected. Its row stays for a while, to say what calls of before had used.
    ended_at timestamptz,
    primary key (tenant_id, connection_id),
    foreign key (tenant_id, secret_key) references tenant_data_keys,
    foreign key (tenant_id, owner_id) references memberships (tenant_id, user_id),
    constraint disconnected_holds_nothing
        check ((state = 'disconnected') = (length(secret) = 0) and (state = 'disconnected') = (ended_at is not null))
);
-- Two indexes: a name that is taken must not tell of somebody's personal connection.
create unique index shared_connection_label on connections (tenant_id, provider, lower(label))
    where sharing = 'shared' and state <> 'disconnected';
create unique index personal_connection_label on connections (tenant_id, owner_id, provider, lower(label))
    where sharing = 'personal' and state <> 'disconnected';
create index connections_by_provider on connections (tenant_id, provider);
create index connections_by_key on connections (tenant_id, secret_key);
create index connections_by_owner on connections (tenant_id, owner_id);
create index connections_to_refresh on connections (refresh_at)
    where refresh_at is not null;
alter table connections enable row level security;
alter table connections force row level security;
create policy tenant_only on connections to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on connections for select to bulkhead_system using (true);
create policy system_marks_use on connections for update to bulkhead_system using (true) with check (true);
create policy system_removes on connections for delete to bulkhead_system
    using (ended_at < now() - interval '30 days');

-- A browser on its way to a provider. Found once, by the state that it brings back.
create table connection_attempts (
    tenant_id uuid not null references tenants on delete cascade,
    attempt_id uuid not null,
    digest bytea not null check (octet_length(digest) = 32),
    -- The session's secret: the answer counts in that browser alone.
    browser bytea not null check (octet_length(browser) = 32),
    user_id uuid not null,
    provider text not null,
    -- What is to be renewed; null: a new connection.
    connection_id uuid,
    label text not null,
    sharing text not null check (sharing in ('shared', 'personal')),
    scopes text[] not null,
    words text not null,
    -- PKCE's verifier is made of this and the state, which is not here.
    nonce bytea not null check (octet_length(nonce) = 32),
    next text not null,
    expires_at timestamptz not null,
    primary key (tenant_id, attempt_id),
    foreign key (tenant_id, user_id) references memberships (tenant_id, user_id)
);
create unique index connection_attempt_digest on connection_attempts (digest);
alter table connection_attempts enable row level security;
alter table connection_attempts force row level security;
create policy tenant_only on connection_attempts to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on connection_attempts for select to bulkhead_system using (true);
create policy system_removes on connection_attempts for delete to bulkhead_system using (expires_at <= now());

-- Whose attempt a state belongs to, before the tenant is known.
create function connection_attempt_tenant(wanted bytea) returns uuid
    language sql stable security definer set search_path = pg_catalog, public
    as 'select tenant_id from public.connection_attempts where digest = wanted and expires_at > now()';
grant create on schema public to bulkhead_system;
alter function connection_attempt_tenant(bytea) owner to bulkhead_system;
revoke create on schema public from bulkhead_system;
revoke all on function connection_attempt_tenant(bytea) from public;
grant execute on function connection_attempt_tenant(bytea) to bulkhead_runtime, bulkhead_system;

create table apis (
    tenant_id uuid not null references tenants on delete cascade,
    api_id uuid not null,
    -- In names of tools and in scopes.
    word text not null check (word ~ '^[a-z][a-z0-9]{1,30}$'),
    name text not null check (length(name) between 1 and 80),
    version text not null,
    base text not null,
    source text,
    provider text,
    document bytea not null,
    digest bytea not null check (octet_length(digest) = 32),
    -- The chosen operations as they are called now.
    tools text not null default '[]',
    operations integer not null default 0,
    -- A newer document that nobody has looked at yet.
    newer bytea,
    newer_digest bytea check (octet_length(newer_digest) = 32),
    trouble text,
    synced_at timestamptz not null default now(),
    -- When it is fetched next; null: it was uploaded.
    sync_at timestamptz,
    -- Grows with whatever changes what its tools are.
    changed_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, api_id)
);
create unique index api_word_per_tenant on apis (tenant_id, word);
create index apis_to_sync on apis (sync_at) where sync_at is not null;
alter table apis enable row level security;
alter table apis force row level security;
create policy tenant_only on apis to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on apis for select to bulkhead_system using (true);

-- What tools gave that is too large for a message. Read as a resource by whose credential it came to.
create table tool_files (
    tenant_id uuid not null references tenants on delete cascade,
    file_id uuid not null,
    -- The key or the grant that called.
    credential_id uuid not null,
    -- Whose tool gave it: it is read at that toolkit's address alone.
    toolkit text not null,
    name text not null,
    media_type text not null,
    content bytea not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    primary key (tenant_id, file_id)
);
create index tool_files_by_end on tool_files (tenant_id, expires_at);
alter table tool_files enable row level security;
alter table tool_files force row level security;
create policy tenant_only on tool_files to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_ends on tool_files for delete to bulkhead_system using (expires_at <= now());
create policy system_reads on tool_files for select to bulkhead_system using (true);

grant select, insert, update, delete on connection_apps, own_providers, connections, apis to bulkhead_runtime;
grant select, insert, delete on connection_attempts, tool_files to bulkhead_runtime;
-- Workers find what is due; what they do with it, they do as the runtime in that tenant.
grant select (tenant_id, connection_id, refresh_at, leased_until, last_used_at, ended_at), delete,
    update (last_used_at) on connections to bulkhead_system;
grant select (tenant_id, api_id, sync_at) on apis to bulkhead_system;
grant select (tenant_id, attempt_id, digest, expires_at), delete on connection_attempts to bulkhead_system;
grant select (tenant_id, file_id, expires_at), delete on tool_files to bulkhead_system;

-- Which connection a call used.
alter table usage_events add column connection_id uuid;
alter type usage_row add attribute connection_id uuid;
create index usage_events_by_connection on usage_events (tenant_id, connection_id, event_id)
    where connection_id is not null;
