//! The server through real HTTP on a real Postgres.

mod accounts;
mod accounts_audit;
mod audit;
mod audit_coverage;
mod browser;
mod canaries;
mod kill;
mod mail;
mod matrix;
mod mcp;
mod mcp_keys;
mod mcp_streams;
mod members;
mod operations;
mod process;
mod roles;
mod routes;
mod second_factor;
mod serving;
mod sessions;
mod sign_in_with;
mod sso;
mod step_up;
mod support;
mod tenants;
mod usage_live;
