//! The audit log: who did what to this tenant, newest first. The address holds the filter.

mod filter;
mod list;
mod page;
pub mod query;
mod row_page;
pub mod server_fns;

pub use page::AuditPage;
pub use row_page::AuditRowPage;
