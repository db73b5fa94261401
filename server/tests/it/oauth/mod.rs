//! The authorization server, by HTTP: what a well-behaved client gets, and what everybody else does.

mod audience;
mod conformance;
mod own_clients;
mod races;
mod revoked;
pub mod support;

pub(crate) use races::twin;
