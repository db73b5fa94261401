//! Tasks: the same work that the tools see over MCP.

mod dependencies;
pub mod form;
mod list;
mod page;
pub mod query;
pub mod server_fns;
mod task_page;

pub use page::TasksPage;
pub use task_page::TaskPage;
