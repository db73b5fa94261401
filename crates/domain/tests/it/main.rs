//! The rules of the domain, on a real Postgres with the roles of production.

mod api_keys;
mod audit;
mod audit_proof;
mod cancellation;
mod catalogue;
mod data_keys;
mod isolation;
mod mail;
mod members;
mod people;
mod places;
mod self_check;
mod tasks;
mod tenants;
mod usage;
