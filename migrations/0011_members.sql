-- Members who leave keep their row, so that what they made still names them. Service accounts are
-- members without sign-in. Invitations bring people in.

alter table memberships
    add column removed_at timestamptz,
    add column last_active_at timestamptz;
grant select (removed_at, last_active_at) on memberships to bulkhead_system;

-- A service account belongs to one tenant and ends with it.
alter table users add column service_tenant uuid references tenants on delete cascade;

create table invitations (
    tenant_id uuid not null references tenants on delete cascade,
    invitation_id uuid not null,
    email text not null check (email = lower(email)),
    role text not null check (role in ('owner', 'admin', 'developer', 'billing', 'viewer', 'custom')),
    role_id uuid,
    -- 256 random bits, so that the digest tells nothing to another tenant.
    digest bytea not null constraint invitations_digest_key unique check (octet_length(digest) = 32),
    invited_by uuid not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    accepted_at timestamptz,
    revoked_at timestamptz,
    primary key (tenant_id, invitation_id),
    foreign key (tenant_id, invited_by) references memberships (tenant_id, user_id),
    constraint invitations_role_fkey foreign key (tenant_id, role_id) references roles,
    constraint invitations_own_role check (role <> 'custom' or role_id is not null
        or accepted_at is not null or revoked_at is not null)
);
create unique index open_invitation_per_address on invitations (tenant_id, email)
    where accepted_at is null and revoked_at is null;
alter table invitations enable row level security;
alter table invitations force row level security;
create policy tenant_only on invitations to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on invitations for select to bulkhead_system using (true);
grant select, insert, update on invitations to bulkhead_runtime;
grant select (tenant_id, invitation_id, digest) on invitations to bulkhead_system;

-- Whoever is no longer a member is none, at every door.
drop function memberships_of(uuid);
create function memberships_of(person uuid)
    returns table (tenant_id uuid, slug text, name text, role text, role_id uuid, role_name text,
        permissions text[], last_active_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, public
    as $$
        select t.tenant_id, t.slug, t.name, m.role, m.role_id, r.name, r.permissions,
            m.last_active_at
        from public.memberships m
        join public.tenants t using (tenant_id)
        left join public.roles r on r.tenant_id = m.tenant_id and r.role_id = m.role_id
        where m.user_id = person and m.removed_at is null
        order by t.name, t.slug
    $$;
create function invitation_by_digest(wanted bytea) returns table (tenant_id uuid, invitation_id uuid)
    language sql stable security definer set search_path = pg_catalog, public
    as $$
        select i.tenant_id, i.invitation_id from public.invitations i where i.digest = wanted
    $$;
grant create on schema public to bulkhead_system;
alter function memberships_of(uuid) owner to bulkhead_system;
alter function invitation_by_digest(bytea) owner to bulkhead_system;
revoke create on schema public from bulkhead_system;
revoke all on function memberships_of(uuid), invitation_by_digest(bytea) from public;
grant execute on function memberships_of(uuid), invitation_by_digest(bytea)
    to bulkhead_runtime, bulkhead_system;
