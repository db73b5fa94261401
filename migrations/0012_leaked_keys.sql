-- A key that somebody found where it must not be, and said so. It is revoked in the same statement.
alter table api_keys add column reported_leaked_at timestamptz;
