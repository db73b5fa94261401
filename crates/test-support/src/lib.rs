//! What tests stand on: a real cluster, a database of their own, and people in it.
//!
//! One temporary cluster a test process, one database a test, copied from a migrated template.
//! The three roles are those of production; no test sees rows that a handler would not.

mod authenticator;
mod cluster;
mod deadline;
mod inbox;
mod log_in;
pub mod mmdb;
mod passkey;
mod person;
mod receiver;
mod sso;
mod stripe;
mod world;

pub use authenticator::code_of_app;
pub use cluster::{Database, postmaster_of, ready_postmaster_of};
pub use inbox::{Inbox, link_in};
pub use log_in::{LogIn, issue, seen};
pub use passkey::SoftPasskey;
pub use person::{HOME, PASSWORD, Person, new_key};
pub use receiver::{Arrival, Manner, Receiver};
pub use sso::connected_domain;
pub use stripe::way_to;
pub use stripe_fake;
pub use world::{MASTER_KEY, World, master_key_setting};

/// Asserts that a use case was refused with exactly this.
///
/// # Panics
/// When it was not.
pub fn assert_refused<T: std::fmt::Debug>(answer: domain::Result<T>, wanted: &api_types::Refusal) {
    match answer {
        Err(domain::Error::Refused(refusal)) => assert_eq!(&refusal, wanted),
        other => panic!("expected the refusal {wanted:?}, got {other:?}"),
    }
}
