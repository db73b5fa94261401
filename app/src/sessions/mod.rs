//! A person's own sessions: which there are, and ending them.

mod card;
pub mod server_fns;

pub use card::SessionsCard;
