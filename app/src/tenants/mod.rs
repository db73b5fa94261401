//! Tenants: the overview, and what settings say about a tenant.

mod ending;
mod export;
mod overview;
pub mod server_fns;
mod settings;
mod steps;
mod suspension;

pub use ending::{DeleteTenantCard, NewTenantPage};
pub use export::ExportCard;
pub use overview::OverviewPage;
pub(crate) use settings::go_there;
pub use settings::{NewTenantCard, TenantCard, ToolkitsCard};
pub use suspension::{SuspendedBanner, SuspensionCard};
