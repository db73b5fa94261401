-- What pages of many days read, in fewer rows: how long calls took, and in which hours of a day they were, stand in arrays
-- beside the sums that they are parts of.
alter table usage_sums
    -- Of days: hours with calls, by UTC, and how many in each.
    add column hours smallint[],
    add column hour_calls bigint[],
    -- Of everything, tools and clients: durations as minutes have them, each with its calls. In no order.
    add column latency_classes smallint[],
    add column latency_calls bigint[];

-- The owner of the tables is bound by row-level security too.
alter table usage_sums no force row level security;
alter table usage_latencies no force row level security;
with l as (
    select tenant_id, grain, dimension, bucket, value, outcome, array_agg(latency_class) as classes, array_agg(calls) as calls
    from usage_latencies group by 1, 2, 3, 4, 5, 6
)
update usage_sums s set latency_classes = l.classes, latency_calls = l.calls
from l
where s.tenant_id = l.tenant_id and s.grain = l.grain and s.dimension = l.dimension and s.bucket = l.bucket
    and s.value = l.value and s.outcome = l.outcome;
with h as (
    select tenant_id, dimension, date_trunc('day', bucket, 'UTC') as day, value, outcome,
        array_agg(extract(hour from bucket at time zone 'UTC')::smallint) as hours, array_agg(calls) as calls
    from usage_sums where grain = 'hour' and calls > 0 group by 1, 2, 3, 4, 5
)
update usage_sums s set hours = h.hours, hour_calls = h.calls
from h
where s.grain = 'day' and s.tenant_id = h.tenant_id and s.dimension = h.dimension and s.bucket = h.day
    and s.value = h.value and s.outcome = h.outcome;
alter table usage_sums force row level security;
drop table usage_latencies;
