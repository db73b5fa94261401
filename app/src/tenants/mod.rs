//! Tenants: the overview, and what settings say about a tenant.

mod ending;
mod overview;
pub mod server_fns;
mod settings;
mod steps;

pub use ending::{DeleteTenantCard, NewTenantPage};
pub use overview::OverviewPage;
pub use settings::{NewTenantCard, TenantCard, ToolkitsCard};
