//! The rules of Bulkhead, all of its SQL and all of its outbound calls. One folder a feature:
//! `mod.rs` is the story, `store.rs` the SQL.
//!
//! | feature | what it decides |
//! |---|---|
//! | [`users`] | signing up, signing in, a person's own profile |
//! | [`accounts`] | confirmed addresses, forgotten passwords, changed addresses |
//! | [`second_factor`] | codes of an app, recovery codes, and tenants that want them |
//! | [`passkeys`] | key pairs of a person's devices, which sign in and are a second factor |
//! | [`sign_in_with`] | signing in with an account elsewhere: Google, GitHub, Microsoft, any OpenID provider |
//! | [`sso`] | signing in with a tenant's own provider |
//! | [`sessions`] | where browser sessions live |
//! | [`places`] | where in the world an address is |
//! | [`tenants`] | a tenant's name and overview |
//! | [`members`] | who belongs to a tenant |
//! | [`invitations`] | how people come into a tenant |
//! | [`roles`] | the roles that a tenant makes, and why somebody may do something |
//! | [`mcp_clients`] | the programs a tenant lets in |
//! | [`api_keys`] | their keys |
//! | [`oauth_server`] | how people let them in by logging in |
//! | [`credentials`] | who a presented key or token is |
//! | [`connections`] | accounts of a tenant at other services |
//! | [`connectors`] | what can be done there, as tools |
//! | [`apis`] | APIs that a tenant imports by their documents |
//! | [`toolkits`] | the MCP tools that tenants switch on |
//! | [`mail`] | letters to people, and [`outbox`], the queue that they wait in |
//! | [`outbound`] | the one way out over HTTP, to what tenants name and what providers answer |
//! | [`usage`] | counting calls and showing the counts |
//! | [`idempotency`] | calls that a client may send again |
//! | [`plans`] | what a tenant may do for what it pays |
//! | [`limits`] | how fast and how often it may call, and agents that go round in circles |
//! | [`plans`] | what a tenant may do for what it pays |
//! | [`billing`] | customers and subscriptions at Stripe, and what was used there |
//! | [`data_keys`] | sealing what the database must not show |
//! | [`webhooks`] | what happens in a tenant, told to endpoints of its own |
//! | [`operator`] | the people who run the instance: their console, and what a tenant lets them look at |
//! | [`audit`] | what was done to a tenant, in a chain that shows changes of the past |

pub mod accounts;
pub mod actor;
pub mod api_keys;
pub mod apis;
pub mod audit;
pub mod billing;
pub mod bootstrap;
pub mod changes;
pub mod connections;
pub mod connectors;
pub mod credentials;
pub mod data_keys;
mod db;
mod error;
pub mod idempotency;
pub mod invitations;
pub mod limits;
pub mod mail;
pub mod mcp_clients;
pub mod members;
pub mod oauth_server;
pub mod operator;
pub mod outbound;
pub mod outbox;
pub mod passkeys;
mod passwords;
pub mod places;
pub mod plans;
pub mod roles;
pub mod second_factor;
mod services;
pub mod sessions;
pub mod sign_in_with;
pub mod sso;
pub mod tenants;
pub mod throttle;
pub mod toolkits;
pub mod usage;
pub mod users;
pub mod webhooks;

pub use actor::{Actor, Origin};
pub use db::{Db, PersonTx, TenantTx, migrate};
pub use error::{Error, RefuseOn, Result};
pub use services::{Services, Set};

/// The migrations, in the binary.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");
