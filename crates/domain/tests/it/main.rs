//! Integration tests of the domain, on a real Postgres.
