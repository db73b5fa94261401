-- Single sign-on of a tenant: its domains, its provider, and what that provider's groups may do.

create table tenant_domains (
    tenant_id uuid not null references tenants on delete cascade,
    domain text not null check (domain = lower(domain)),
    -- What a TXT record of the domain must say. It is public there.
    token text not null,
    created_at timestamptz not null default now(),
    verified_at timestamptz,
    primary key (tenant_id, domain)
);
-- Many may claim a domain; it belongs to the one who has shown that it is theirs.
create unique index verified_domain on tenant_domains (domain) where verified_at is not null;
alter table tenant_domains enable row level security;
alter table tenant_domains force row level security;
create policy tenant_only on tenant_domains to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on tenant_domains for select to bulkhead_system using (true);

create table tenant_sso (
    tenant_id uuid primary key references tenants on delete cascade,
    issuer text not null,
    client_id text not null,
    secret bytea not null,
    secret_version bigint not null check (secret_version > 0),
    secret_key uuid generated always as (
        encode(substring(secret from 3 for 16), 'hex')::uuid
    ) stored,
    -- What somebody is who comes for the first time. Never an owner.
    default_role text not null check (default_role in ('admin', 'developer', 'billing', 'viewer')),
    group_claim text not null,
    -- When somebody last went the whole way with what is set now.
    tested_at timestamptz,
    enforced boolean not null default false,
    -- The owner who still comes in by password when it is enforced and broken.
    break_glass uuid,
    foreign key (tenant_id, secret_key) references tenant_data_keys,
    foreign key (tenant_id, break_glass) references memberships (tenant_id, user_id),
    constraint tenant_sso_enforced check (not enforced or (tested_at is not null and break_glass is not null))
);
create index tenant_sso_by_key on tenant_sso (tenant_id, secret_key);
alter table tenant_sso enable row level security;
alter table tenant_sso force row level security;
create policy tenant_only on tenant_sso to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on tenant_sso for select to bulkhead_system using (true);

-- The first line that fits decides.
create table sso_group_roles (
    tenant_id uuid not null references tenants on delete cascade,
    line integer not null,
    group_name text not null,
    role text not null check (role in ('admin', 'developer', 'billing', 'viewer')),
    primary key (tenant_id, line)
);
alter table sso_group_roles enable row level security;
alter table sso_group_roles force row level security;
create policy tenant_only on sso_group_roles to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));

-- Whom the tenant's provider means. Apart from `identities`: this provider vouches to this tenant.
create table sso_identities (
    tenant_id uuid not null references tenants on delete cascade,
    issuer text not null,
    subject text not null,
    user_id uuid not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, issuer, subject),
    foreign key (tenant_id, user_id) references memberships (tenant_id, user_id)
);
create index sso_identities_by_user on sso_identities (tenant_id, user_id);
alter table sso_identities enable row level security;
alter table sso_identities force row level security;
create policy tenant_only on sso_identities to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));

grant select, insert, update, delete on tenant_domains, tenant_sso, sso_group_roles, sso_identities
    to bulkhead_runtime;
grant select (tenant_id, domain, verified_at) on tenant_domains to bulkhead_system;
grant select (tenant_id, enforced, break_glass) on tenant_sso to bulkhead_system;

-- Whose provider an address of this domain signs in with.
create function sso_tenant_of_domain(wanted text) returns uuid
    language sql stable security definer set search_path = pg_catalog, public
    as $$
        select d.tenant_id
        from public.tenant_domains d
        join public.tenant_sso s using (tenant_id)
        join public.tenants t using (tenant_id)
        where d.domain = wanted and d.verified_at is not null and t.delete_after is null
    $$;
-- Whether the tenant lets this person, whose address is of this domain, in by its provider alone.
create function tenant_wants_sso(wanted uuid, person uuid, person_domain text) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    as $$
        select exists (
            select from public.tenant_sso s
            join public.tenant_domains d using (tenant_id)
            where s.tenant_id = wanted and s.enforced
                and d.domain = person_domain and d.verified_at is not null
                and not (s.break_glass = person and exists (
                    select from public.memberships m
                    where m.tenant_id = wanted and m.user_id = person and m.role = 'owner'
                        and m.removed_at is null)))
    $$;
grant create on schema public to bulkhead_system;
alter function sso_tenant_of_domain(text) owner to bulkhead_system;
alter function tenant_wants_sso(uuid, uuid, text) owner to bulkhead_system;
revoke create on schema public from bulkhead_system;
revoke all on function sso_tenant_of_domain(text), tenant_wants_sso(uuid, uuid, text) from public;
grant execute on function sso_tenant_of_domain(text), tenant_wants_sso(uuid, uuid, text)
    to bulkhead_runtime, bulkhead_system;
