//! MCP clients and their keys: who is let in, with what, and how each program is told.

mod client_form;
mod client_page;
mod connect;
pub mod form;
mod key_dialogs;
mod key_form;
mod key_table;
mod log_in_recipes;
mod page;
pub mod recipes;
pub mod server_fns;

pub use client_page::ClientPage;
pub use form::id;
pub(crate) use key_dialogs::overlaps;
pub(crate) use key_form::ScopeFields;
pub use page::ClientsPage;
