-- Roles that a tenant makes of permissions, beside those that every tenant has. The words of the
-- permissions are the product's (api-types); what only owners have is refused before it gets here.
create table roles (
    tenant_id uuid not null references tenants on delete cascade,
    role_id uuid not null,
    name text not null,
    permissions text[] not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, role_id),
    constraint roles_hold_something check (cardinality(permissions) > 0)
);
create unique index role_name_per_tenant on roles (tenant_id, lower(name));
alter table roles enable row level security;
alter table roles force row level security;
create policy tenant_only on roles to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
create policy system_reads on roles for select to bulkhead_system using (true);
grant select, insert, update, delete on roles to bulkhead_runtime;
grant select (tenant_id, role_id, name, permissions) on roles to bulkhead_system;

alter table memberships
    add column role_id uuid,
    drop constraint memberships_role_check,
    add constraint memberships_role_check
        check (role in ('owner', 'admin', 'developer', 'billing', 'viewer', 'custom')),
    add constraint memberships_own_role check ((role = 'custom') = (role_id is not null)),
    add constraint memberships_role_fkey foreign key (tenant_id, role_id) references roles;
grant select (role_id) on memberships to bulkhead_system;

-- Whoever asks who a person is in a tenant needs what their role holds, in the same round trip.
drop function memberships_of(uuid);
create function memberships_of(person uuid)
    returns table (tenant_id uuid, slug text, name text, role text, role_id uuid, role_name text,
        permissions text[])
    language sql stable security definer set search_path = pg_catalog, public
    as $$
        select t.tenant_id, t.slug, t.name, m.role, m.role_id, r.name, r.permissions
        from public.memberships m
        join public.tenants t using (tenant_id)
        left join public.roles r on r.tenant_id = m.tenant_id and r.role_id = m.role_id
        where m.user_id = person
        order by t.name, t.slug
    $$;
grant create on schema public to bulkhead_system;
alter function memberships_of(uuid) owner to bulkhead_system;
revoke create on schema public from bulkhead_system;
revoke all on function memberships_of(uuid) from public;
grant execute on function memberships_of(uuid) to bulkhead_runtime, bulkhead_system;
