//! The binary `bulkhead`: settings, start and stop, and every front door but the pages' own functions.
//!
//! What may happen is decided in `domain`, what people see in `app`; here requests come in. Tests and the
//! conformance binary serve the very same [`Front`] by [`serve`].

pub mod audit_checkpoints;
pub mod config;
mod database;
pub mod healthcheck;
pub mod http;
mod lifecycle;
pub mod mailer;
pub mod rotate_keys;
pub mod startup;
mod state;
pub mod telemetry;
pub mod verify_audit;
mod workers;

pub use http::{Front, serve};
pub use lifecycle::Lifecycle;
pub use state::AppState;
