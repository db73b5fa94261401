-- What is old may be removed, by the system role alone, and only what a signed end of the log
-- covers: the rest is then verified from there.
create policy system_reads on audit_events for select to bulkhead_system using (true);
create policy system_trims on audit_events for delete to bulkhead_system
    using (at < now() - interval '30 days' and exists (
        select from audit_checkpoints c
        where c.tenant_id = audit_events.tenant_id and c.seq >= audit_events.seq));
grant select (tenant_id, seq, at), delete on audit_events to bulkhead_system;
