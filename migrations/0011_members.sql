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

-- Every address that a tenant has or had: an old one leads to it, and is nobody else's.
create table tenant_slugs (
    tenant_id uuid not null references tenants on delete cascade,
    slug text not null constraint tenant_slugs_slug_key unique,
    created_at timestamptz not null default now(),
    primary key (tenant_id, slug)
);
-- The owner of the tables is bound by row-level security too, and would copy nothing.
alter table tenants no force row level security;
insert into tenant_slugs (tenant_id, slug) select tenant_id, slug from tenants;
alter table tenants force row level security;
alter table tenant_slugs enable row level security;
alter table tenant_slugs force row level security;
create policy tenant_only on tenant_slugs to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on tenant_slugs for select to bulkhead_system using (true);
grant select, insert on tenant_slugs to bulkhead_runtime;
grant select (tenant_id, slug) on tenant_slugs to bulkhead_system;

-- A tenant that its owner has deleted: it is nowhere, and can be restored until then.
alter table tenants add column delete_after timestamptz;
create index tenants_to_delete on tenants (delete_after) where delete_after is not null;
grant select (delete_after), delete on tenants to bulkhead_system;
create policy system_deletes on tenants for delete to bulkhead_system
    using (delete_after <= now());
-- Calls have no foreign key that would take them along.
create policy system_forgets on usage_events for delete to bulkhead_system
    using (exists (select from tenants t
        where t.tenant_id = usage_events.tenant_id and t.delete_after <= now()));
grant delete on usage_events to bulkhead_system;

create or replace function tenant_by_slug(wanted text) returns uuid
    language sql stable security definer set search_path = pg_catalog, public
    as $$ select s.tenant_id from public.tenant_slugs s where s.slug = wanted $$;

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
        where m.user_id = person and m.removed_at is null and t.delete_after is null
        order by t.name, t.slug
    $$;
create function invitation_by_digest(wanted bytea) returns table (tenant_id uuid, invitation_id uuid)
    language sql stable security definer set search_path = pg_catalog, public
    as $$
        select i.tenant_id, i.invitation_id from public.invitations i where i.digest = wanted
    $$;
-- Where a member's link to an old address leads.
create function moved_slug(person uuid, old text) returns text
    language sql stable security definer set search_path = pg_catalog, public
    as $$
        select t.slug
        from public.tenant_slugs s
        join public.tenants t using (tenant_id)
        join public.memberships m using (tenant_id)
        where s.slug = old and t.slug <> old and t.delete_after is null
            and m.user_id = person and m.removed_at is null
    $$;
-- What an owner has deleted and can still restore.
create function deleted_tenants_of(person uuid)
    returns table (tenant_id uuid, slug text, name text, delete_after timestamptz)
    language sql stable security definer set search_path = pg_catalog, public
    as $$
        select t.tenant_id, t.slug, t.name, t.delete_after
        from public.memberships m join public.tenants t using (tenant_id)
        where m.user_id = person and m.removed_at is null and m.role = 'owner'
            and t.delete_after > now()
        order by t.delete_after
    $$;
grant create on schema public to bulkhead_system;
alter function moved_slug(uuid, text) owner to bulkhead_system;
alter function deleted_tenants_of(uuid) owner to bulkhead_system;
alter function memberships_of(uuid) owner to bulkhead_system;
alter function invitation_by_digest(bytea) owner to bulkhead_system;
revoke create on schema public from bulkhead_system;
revoke all on function memberships_of(uuid), invitation_by_digest(bytea), moved_slug(uuid, text),
    deleted_tenants_of(uuid) from public;
grant execute on function memberships_of(uuid), invitation_by_digest(bytea), moved_slug(uuid, text),
    deleted_tenants_of(uuid) to bulkhead_runtime, bulkhead_system;
