-- What is given to people who come by a provider: roles of the tenant's own, and invitations; and domains that are
-- looked at again after they were verified.

-- A provider may give a role that the tenant made. Such a role cannot be deleted meanwhile.
alter table tenant_sso
    add column default_role_id uuid,
    drop constraint tenant_sso_default_role_check,
    add constraint tenant_sso_default_role_check
        check (default_role in ('admin', 'developer', 'billing', 'viewer', 'custom')),
    add constraint tenant_sso_own_role
        check ((default_role = 'custom') = (default_role_id is not null)),
    add constraint tenant_sso_role_fkey foreign key (tenant_id, default_role_id) references roles;
alter table sso_group_roles
    add column role_id uuid,
    drop constraint sso_group_roles_role_check,
    add constraint sso_group_roles_role_check
        check (role in ('admin', 'developer', 'billing', 'viewer', 'custom')),
    add constraint sso_group_roles_own_role check ((role = 'custom') = (role_id is not null)),
    add constraint sso_group_roles_role_fkey foreign key (tenant_id, role_id) references roles;

-- When a verified domain's record was last looked for, and on how many days it was not there.
alter table tenant_domains
    add column looked_at timestamptz,
    add column days_missing integer not null default 0;
grant select (token, looked_at) on tenant_domains to bulkhead_system;

-- Whether an invitation waits for an address, which its holder has shown to be theirs.
create index open_invitations_by_email on invitations (email)
    where accepted_at is null and revoked_at is null;
grant select (email, accepted_at, revoked_at, expires_at) on invitations to bulkhead_system;
create function is_invited(address text) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    as $$
        select exists (
            select from public.invitations i join public.tenants t using (tenant_id)
            where i.email = address and i.accepted_at is null and i.revoked_at is null
                and i.expires_at > now() and t.delete_after is null)
    $$;
grant create on schema public to bulkhead_system;
alter function is_invited(text) owner to bulkhead_system;
revoke create on schema public from bulkhead_system;
revoke all on function is_invited(text) from public;
grant execute on function is_invited(text) to bulkhead_runtime, bulkhead_system;
