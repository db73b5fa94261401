-- The three roles of Bulkhead. Idempotent; run once per cluster by an administrator
-- (the embedded cluster runs it by itself). Give the roles passwords of your own:
--   alter role bulkhead_runtime password '…';
--
--   bulkhead_owner    owns the schema and applies migrations
--   bulkhead_runtime  answers requests; row-level security always applies to it
--   bulkhead_system   cross-tenant workers; sees only what its own policies open
do $$
declare
    role_name text;
begin
    foreach role_name in array array['bulkhead_owner', 'bulkhead_runtime', 'bulkhead_system'] loop
        if not exists (select from pg_roles where rolname = role_name) then
            execute format('create role %I', role_name);
        end if;
        execute format(
            'alter role %I with login nosuperuser nobypassrls nocreatedb nocreaterole noreplication',
            role_name
        );
    end loop;
end
$$;

-- The owner may hand the look-up functions to the system role. It gains nothing else by it:
-- the system role is bound by row-level security like every other.
grant bulkhead_system to bulkhead_owner;
