-- A session gets another id when what its person may do changes. The next id is made of the present one and of a secret
-- of the session: so all requests that are on their way with the old one are given the same new one.
alter table sessions
    -- Never shown.
    add column renewal_secret uuid not null default gen_random_uuid(),
    -- The next request is to get another id.
    add column renew boolean not null default false,
    -- The id before, which for a moment leads to the one that followed.
    add column former bytea check (octet_length(former) = 32),
    add column renewed_at timestamptz;
create index sessions_former on sessions (former) where former is not null;
