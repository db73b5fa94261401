//! Usage: what was called, by whom, how it went. The address holds the range and the filter.

mod call_page;
mod calls;
mod calls_page;
mod chart;
mod exports_page;
mod filter;
mod groups;
mod heat;
mod layers;
mod page;
pub mod query;
pub mod server_fns;

pub use call_page::CallPage;
pub use calls_page::CallsPage;
pub(crate) use chart::{Chart, Numbers, words};
pub use exports_page::ExportsPage;
pub(crate) use groups::OutcomeBadge;
pub use page::UsagePage;
