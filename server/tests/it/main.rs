//! The server through real HTTP on a real Postgres.

mod audit;
mod audit_coverage;
mod browser;
mod canaries;
mod kill;
mod matrix;
mod mcp;
mod mcp_keys;
mod mcp_streams;
mod operations;
mod process;
mod routes;
mod serving;
mod support;
mod usage_live;
