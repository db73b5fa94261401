//! The server through real HTTP on a real Postgres.

mod browser;
mod matrix;
mod mcp;
mod operations;
mod process;
mod serving;
mod support;
mod usage_live;
