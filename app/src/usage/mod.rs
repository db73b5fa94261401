//! Usage: what was called, by whom, how it went. The address holds the range and the filter.

mod calls;
mod chart;
mod filter;
mod groups;
mod page;
pub mod query;
pub mod server_fns;

pub(crate) use chart::{Chart, Numbers, words};
pub(crate) use groups::OutcomeBadge;
pub use page::UsagePage;
