//! Limits and plan: what applies to a tenant now, how much of it is used, and what would change it.

mod forecast;
mod forms;
mod keys;
mod page;
mod plan_page;
pub mod server_fns;
mod standing;

pub use page::LimitsPage;
pub use plan_page::PlanPage;
pub(crate) use standing::StandingBadge;
