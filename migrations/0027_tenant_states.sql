-- How each tenant is, in one word.
create view tenant_states with (security_invoker = true) as
    select tenant_id, slug, name, created_at, delete_after,
        case when delete_after is not null then 'deleted'
            when operator_suspended_at is not null then 'blocked'
            when suspended_at is not null then 'suspended' else 'active' end as state
    from tenants;
grant select on tenant_states to bulkhead_system;
