-- The authorization server: programs that people connect by logging in.

-- Keys that sign access tokens, of no tenant: a token itself says whose it is. The newest whose time
-- has come signs; those before it verify until nothing that they signed can be valid.
create table token_signing_keys (
    key_id uuid primary key,
    algorithm text not null check (algorithm in ('RS256', 'ES256', 'EdDSA')),
    -- A JSON Web Key (RFC 7517).
    public_key text not null,
    -- PKCS #8 in PEM.
    secret bytea not null,
    secret_version bigint not null check (secret_version > 0),
    secret_key uuid not null generated always as
        (encode(substring(secret from 3 for 16), 'hex')::uuid) stored references instance_data_keys,
    created_at timestamptz not null default now(),
    signs_from timestamptz not null
);
create index token_signing_keys_by_key on token_signing_keys (secret_key);

-- Programs that no tenant has registered: by dynamic registration (RFC 7591), or known by the
-- document that their id leads to. What they may do anywhere is in grants.
create table oauth_apps (
    app_id uuid primary key,
    -- What they call themselves: `bh_app_…`, or the document's address.
    oauth_id text not null constraint oauth_apps_oauth_id_key unique check (length(oauth_id) <= 2000),
    source text not null check (source in ('registration', 'document')),
    -- As RFC 7591 writes it, without any secret.
    metadata text not null,
    secret_digest bytea check (octet_length(secret_digest) = 32),
    -- Of the token that reads, changes and deletes the registration (RFC 7592).
    registration_digest bytea check (octet_length(registration_digest) = 32),
    created_at timestamptz not null default now(),
    -- Until when a document need not be fetched again.
    fresh_until timestamptz,
    last_used_at timestamptz not null default now(),
    constraint oauth_apps_registration check ((source = 'registration') = (registration_digest is not null))
);
create index oauth_apps_idle on oauth_apps (last_used_at);

-- An authorization on its way: from the client's question to the person's decision. Of no tenant
-- until the person has chosen one.
create table oauth_requests (
    request_id uuid primary key,
    oauth_id text not null,
    -- Where the answer goes; checked before the row is made.
    redirect_uri text not null,
    state text,
    challenge text not null,
    scopes text[],
    resource text,
    expires_at timestamptz not null default now() + interval '10 minutes',
    created_at timestamptz not null default now()
);
create index oauth_requests_expires_at on oauth_requests (expires_at);

-- What was shown once and is not taken again: ids of assertions.
create table oauth_assertions (
    digest bytea primary key check (octet_length(digest) = 32),
    expires_at timestamptz not null
);
create index oauth_assertions_expires_at on oauth_assertions (expires_at);

-- A client of the tenant that people connected by logging in is that app.
alter table mcp_clients add column app_id uuid references oauth_apps on delete set null;
create unique index mcp_client_app_per_tenant on mcp_clients (tenant_id, app_id)
    where archived_at is null and app_id is not null;
create index mcp_clients_by_app on mcp_clients (app_id) where app_id is not null;

-- Clients that the tenant registered itself to log in.
create table oauth_clients (
    tenant_id uuid not null references tenants on delete cascade,
    client_id uuid not null,
    oauth_id text not null constraint oauth_clients_oauth_id_key unique,
    auth_method text not null check (auth_method in ('none', 'client_secret', 'private_key_jwt')),
    redirect_uris text[] not null,
    -- Keys that verify its assertions: a JWK set.
    jwks text,
    -- What it opens by itself, without a person.
    scopes text[] not null default '{}',
    created_at timestamptz not null default now(),
    primary key (tenant_id, client_id),
    foreign key (tenant_id, client_id) references mcp_clients,
    constraint oauth_clients_keys check ((auth_method = 'private_key_jwt') = (jwks is not null))
);
create table oauth_client_secrets (
    tenant_id uuid not null references tenants on delete cascade,
    secret_id uuid not null,
    client_id uuid not null,
    display_prefix text not null,
    digest bytea not null check (octet_length(digest) = 32),
    created_by uuid not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    primary key (tenant_id, secret_id),
    foreign key (tenant_id, client_id) references oauth_clients on delete cascade,
    foreign key (tenant_id, created_by) references memberships (tenant_id, user_id)
);
create index oauth_client_secrets_by_client on oauth_client_secrets (tenant_id, client_id);

-- What somebody allowed a client, once: each log-in is a grant, and its refresh tokens are a family.
create table oauth_grants (
    tenant_id uuid not null references tenants on delete cascade,
    grant_id uuid not null,
    client_id uuid not null,
    -- Whose rights it uses; of a client's own log-in, the account that answers for the client.
    user_id uuid not null,
    kind text not null check (kind in ('code', 'client', 'assertion')),
    -- The client's name for itself.
    oauth_id text not null,
    resource text not null,
    scopes text[] not null,
    created_at timestamptz not null default now(),
    created_address text,
    created_agent text,
    last_used_at timestamptz,
    last_used_address text,
    last_used_agent text,
    ended_at timestamptz,
    ended_why text check (ended_why in
        ('revoked', 'by_client', 'code_replayed', 'token_replayed', 'client_changed', 'expired')),
    primary key (tenant_id, grant_id),
    foreign key (tenant_id, client_id) references mcp_clients,
    foreign key (tenant_id, user_id) references memberships (tenant_id, user_id),
    constraint oauth_grants_end check ((ended_at is null) = (ended_why is null))
);
create index oauth_grants_by_client on oauth_grants (tenant_id, client_id, created_at);
create index oauth_grants_by_user on oauth_grants (tenant_id, user_id, created_at);
-- A client that logs in by itself has one.
create unique index oauth_grant_of_client on oauth_grants (tenant_id, client_id)
    where kind = 'client' and ended_at is null;

-- What a person allowed a client for good, so that they need not be asked again.
create table oauth_consents (
    tenant_id uuid not null references tenants on delete cascade,
    user_id uuid not null,
    client_id uuid not null,
    scopes text[] not null,
    resource text not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, user_id, client_id),
    foreign key (tenant_id, client_id) references mcp_clients,
    foreign key (tenant_id, user_id) references memberships (tenant_id, user_id)
);

create table oauth_codes (
    tenant_id uuid not null references tenants on delete cascade,
    code_id uuid not null,
    -- Of 256 random bits.
    digest bytea not null constraint oauth_codes_digest_key unique check (octet_length(digest) = 32),
    client_id uuid not null,
    user_id uuid not null,
    oauth_id text not null,
    redirect_uri text not null,
    challenge text not null,
    resource text not null,
    scopes text[] not null,
    expires_at timestamptz not null default now() + interval '60 seconds',
    used_at timestamptz,
    -- What it was exchanged for: ends when the code is shown again.
    grant_id uuid,
    primary key (tenant_id, code_id),
    foreign key (tenant_id, client_id) references mcp_clients,
    foreign key (tenant_id, user_id) references memberships (tenant_id, user_id),
    foreign key (tenant_id, grant_id) references oauth_grants
);
create index oauth_codes_expires_at on oauth_codes (tenant_id, expires_at);

-- The family of a grant. Each token has at most one successor, which is made of the token itself and
-- of the successor's nonce: whoever shows the same token again is given the same successor.
create table oauth_refresh_tokens (
    tenant_id uuid not null references tenants on delete cascade,
    token_id uuid not null,
    grant_id uuid not null,
    digest bytea not null constraint oauth_refresh_tokens_digest_key unique check (octet_length(digest) = 32),
    -- Null for the first of a family, which is random.
    nonce bytea check (octet_length(nonce) = 32),
    successor uuid,
    created_at timestamptz not null default now(),
    -- When the successor was made.
    rotated_at timestamptz,
    expires_at timestamptz not null,
    primary key (tenant_id, token_id),
    foreign key (tenant_id, grant_id) references oauth_grants on delete cascade,
    foreign key (tenant_id, successor) references oauth_refresh_tokens on delete set null (successor),
    constraint oauth_refresh_tokens_rotation check (successor is null or rotated_at is not null)
);
create index oauth_refresh_tokens_by_grant on oauth_refresh_tokens (tenant_id, grant_id, created_at);

-- What clients asked of the authorization server and were told, for whoever wonders why a log-in
-- fails. No secret gets in.
create table oauth_steps (
    tenant_id uuid not null references tenants on delete cascade,
    -- Begins with the time (UUID version 7).
    step_id uuid not null,
    kind text not null,
    oauth_id text,
    client_name text,
    -- The word of the protocol, where it was refused.
    error text,
    told text not null,
    -- What was sent: JSON, secrets left out.
    sent text not null,
    address text not null,
    agent text,
    request_id uuid not null,
    primary key (tenant_id, step_id)
);

do $$
declare
    wanted text;
begin
    foreach wanted in array array['oauth_clients', 'oauth_client_secrets', 'oauth_grants',
        'oauth_consents', 'oauth_codes', 'oauth_refresh_tokens', 'oauth_steps']
    loop
        execute format('alter table %I enable row level security', wanted);
        execute format('alter table %I force row level security', wanted);
        execute format($policy$
            create policy tenant_only on %I to bulkhead_runtime
                using (tenant_id = (select current_setting('app.tenant_id')::uuid))
                with check (tenant_id = (select current_setting('app.tenant_id')::uuid))
            $policy$, wanted);
    end loop;
end
$$;

-- Workers mark what is used and remove what is over.
create policy system_reads on oauth_grants for select to bulkhead_system using (true);
create policy system_marks_use on oauth_grants for update to bulkhead_system using (true) with check (true);
create policy system_reads on mcp_clients for select to bulkhead_system using (true);
create policy system_reads on oauth_clients for select to bulkhead_system using (true);
create policy system_reads on oauth_codes for select to bulkhead_system using (true);
create policy system_removes on oauth_codes for delete to bulkhead_system using (expires_at < now() - interval '1 day');
create policy system_reads on oauth_refresh_tokens for select to bulkhead_system using (true);
create policy system_removes on oauth_refresh_tokens for delete to bulkhead_system
    using (expires_at < now() - interval '1 day');
create policy system_reads on oauth_steps for select to bulkhead_system using (true);
create policy system_removes on oauth_steps for delete to bulkhead_system using (true);

grant select, insert on token_signing_keys to bulkhead_runtime;
grant select (key_id, secret, secret_version, secret_key, algorithm, signs_from, created_at),
    delete, update (secret, secret_version) on token_signing_keys to bulkhead_system;
grant select, insert, update, delete on oauth_apps to bulkhead_runtime;
grant select, delete on oauth_apps to bulkhead_system;
grant select, insert, delete on oauth_requests to bulkhead_runtime;
grant select, delete on oauth_requests to bulkhead_system;
grant select, insert on oauth_assertions to bulkhead_runtime;
grant select, delete on oauth_assertions to bulkhead_system;
grant select, insert, update, delete on oauth_clients, oauth_client_secrets, oauth_consents to bulkhead_runtime;
grant select, insert, update on oauth_grants, oauth_codes, oauth_refresh_tokens to bulkhead_runtime;
grant select, insert on oauth_steps to bulkhead_runtime;
grant select (tenant_id, client_id, app_id) on mcp_clients to bulkhead_system;
grant select (tenant_id, client_id, oauth_id) on oauth_clients to bulkhead_system;
grant select (tenant_id, grant_id, client_id, ended_at, last_used_at, created_at),
    update (last_used_at, last_used_address, last_used_agent) on oauth_grants to bulkhead_system;
grant select (tenant_id, code_id, digest, expires_at), delete on oauth_codes to bulkhead_system;
grant select (tenant_id, token_id, grant_id, digest, expires_at), delete on oauth_refresh_tokens to bulkhead_system;
grant select (tenant_id, step_id), delete on oauth_steps to bulkhead_system;

-- Whose it is, before the tenant is known.
create function oauth_client_by_oauth_id(wanted text) returns table (tenant_id uuid, client_id uuid)
    language sql stable security definer set search_path = pg_catalog, public
    as $$ select c.tenant_id, c.client_id from public.oauth_clients c where c.oauth_id = wanted $$;
create function oauth_code_by_digest(wanted bytea) returns table (tenant_id uuid, code_id uuid)
    language sql stable security definer set search_path = pg_catalog, public
    as $$ select c.tenant_id, c.code_id from public.oauth_codes c where c.digest = wanted $$;
create function oauth_refresh_token_by_digest(wanted bytea)
    returns table (tenant_id uuid, token_id uuid, grant_id uuid)
    language sql stable security definer set search_path = pg_catalog, public
    as $$
        select t.tenant_id, t.token_id, t.grant_id
        from public.oauth_refresh_tokens t where t.digest = wanted
    $$;
grant create on schema public to bulkhead_system;
alter function oauth_client_by_oauth_id(text) owner to bulkhead_system;
alter function oauth_code_by_digest(bytea) owner to bulkhead_system;
alter function oauth_refresh_token_by_digest(bytea) owner to bulkhead_system;
revoke create on schema public from bulkhead_system;
revoke all on function oauth_client_by_oauth_id(text), oauth_code_by_digest(bytea),
    oauth_refresh_token_by_digest(bytea) from public;
grant execute on function oauth_client_by_oauth_id(text), oauth_code_by_digest(bytea),
    oauth_refresh_token_by_digest(bytea) to bulkhead_runtime, bulkhead_system;

-- Whether the tenant's sign-in provider may let clients in by itself (ID-JAG).
alter table tenant_sso add column grants_clients boolean not null default false;
