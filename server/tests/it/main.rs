//! The server through HTTP, on a real Postgres. One binary, so that it is linked once.
#![allow(missing_docs)]

mod process;
mod running;
mod serving;
mod usage_live;
