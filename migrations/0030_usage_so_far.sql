-- Pages of usage with a filter find the numbers that are left by an index, also those of many days. Rows that share the
-- columns of one of the first four are many, and such an index keeps them as one: each takes a fifteenth of the table's.
create index usage_cells_of_client on usage_cells (tenant_id, grain, client_id, bucket);
create index usage_cells_of_key on usage_cells (tenant_id, grain, key_id, bucket);
create index usage_cells_of_member on usage_cells (tenant_id, grain, member_id, bucket);
create index usage_cells_of_tool on usage_cells (tenant_id, grain, tool, bucket);
create index usage_sums_of_value on usage_sums (tenant_id, grain, dimension, value, bucket);

comment on column usage_rollup_state.days_until is
    'The numbers of days hold everything until then: that of the present day is what there was so far.';
comment on column usage_rollup_state.months_until is
    'The numbers of months hold everything until then: that of the present month is what there was so far.';

-- They have become one, "roll up usage": what does not run any more would be called late for a month.
delete from job_runs where job in ('roll up minutes', 'roll up hours, days and months');
