//! The rules of the domain, on a real Postgres with the roles of production.

mod api_keys;
mod audit;
mod audit_proof;
mod cancellation;
mod catalogue;
mod connections;
mod data_keys;
mod invitations;
mod isolation;
mod mail;
mod members;
mod oauth_server;
mod operator;
mod outbound;
mod people;
mod places;
mod restoring;
mod self_check;
mod sessions;
mod tasks;
mod tenants;
mod usage;
mod ways_in;
mod webhooks;
