//! Tenants: the overview, and what settings say about a tenant.

mod overview;
pub mod server_fns;
mod settings;
mod steps;

pub use overview::OverviewPage;
pub use settings::{NewTenantCard, NewTenantPage, TenantCard, ToolkitsCard};
