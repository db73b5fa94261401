//! `/operator`: the console of the people who run the instance. To everybody else it looks like a page that is not there.
//! What a tenant sees of them is here too: the card that lets them in, and the banner while they look.

mod banner;
mod correct_card;
mod dialogs;
mod frame;
mod jobs_page;
mod log_page;
mod plans_page;
mod query;
pub mod server_fns;
mod support_card;
pub mod support_fns;
mod tenant_page;
mod tenants_page;
mod usage_page;

pub use banner::VisitBanner;
pub use jobs_page::OperatorJobsPage;
pub use log_page::OperatorLogPage;
pub use plans_page::OperatorPlansPage;
pub use support_card::{SupportCard, SupportForms};
pub use tenant_page::OperatorTenantPage;
pub use tenants_page::OperatorTenantsPage;
pub use usage_page::OperatorUsagePage;

/// Where the console is.
pub const CONSOLE: &str = "/operator";

/// What is said when a call is corrected.
const CORRECTED: &str = "Corrected. The tenant reads why on the page of the call.";

/// Where one tenant is in it.
pub fn tenant_path(id: api_types::TenantId) -> String {
    format!("{CONSOLE}/tenants/{id}")
}
