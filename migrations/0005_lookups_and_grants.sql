-- Look-ups made before the tenant is known. Each returns the least that a caller needs,
-- runs as the system role (bound by its own policies) and has a fixed search path.

create function tenant_by_slug(wanted text) returns uuid
    language sql stable security definer set search_path = pg_catalog, public
    as $$ select tenant_id from public.tenants where slug = wanted $$;

create function memberships_of(person uuid)
    returns table (tenant_id uuid, slug text, name text, role text)
    language sql stable security definer set search_path = pg_catalog, public
    as $$
        select t.tenant_id, t.slug, t.name, m.role
        from public.memberships m join public.tenants t using (tenant_id)
        where m.user_id = person
        order by t.name, t.slug
    $$;

create function api_key_by_digest(wanted bytea) returns table (tenant_id uuid, key_id uuid)
    language sql stable security definer set search_path = pg_catalog, public
    as $$ select k.tenant_id, k.key_id from public.api_keys k where k.digest = wanted $$;

grant select (tenant_id, slug, name) on tenants to bulkhead_system;
grant select (tenant_id, user_id, role) on memberships to bulkhead_system;
grant select (tenant_id, key_id, digest, last_used_at) on api_keys to bulkhead_system;
grant update (last_used_at, last_used_address, last_used_agent) on api_keys to bulkhead_system;

-- A function's new owner must be able to create in the schema at the moment of the change.
grant create on schema public to bulkhead_system;
alter function tenant_by_slug(text) owner to bulkhead_system;
alter function memberships_of(uuid) owner to bulkhead_system;
alter function api_key_by_digest(bytea) owner to bulkhead_system;
revoke create on schema public from bulkhead_system;

revoke all on function tenant_by_slug(text), memberships_of(uuid), api_key_by_digest(bytea) from public;
grant execute on function tenant_by_slug(text), memberships_of(uuid), api_key_by_digest(bytea)
    to bulkhead_runtime, bulkhead_system;

revoke create on schema public from public;
grant usage on schema public to bulkhead_runtime, bulkhead_system;

grant select, insert, update on users to bulkhead_runtime;
grant select, insert, update, delete on sessions, sign_in_guesses to bulkhead_runtime;
grant select, insert, update on tenants to bulkhead_runtime;
grant select, insert, update, delete on memberships, tenant_toolkits to bulkhead_runtime;
grant select, insert, update on mcp_clients, api_keys to bulkhead_runtime;
grant select, insert, update, delete on tasks, task_dependencies to bulkhead_runtime;
grant select on usage_events, usage_minutes, usage_days to bulkhead_runtime;

grant select, delete on sessions, sign_in_guesses to bulkhead_system;
grant select, insert on usage_events to bulkhead_system;
grant select, insert, update, delete on usage_minutes, usage_days to bulkhead_system;
grant select, update on usage_rollup_state to bulkhead_system;
