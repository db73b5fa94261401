//! Members: who belongs to the tenant, what each role may do, and why somebody may or may not.

mod access_page;
mod page;
mod roles_page;
mod server_fns;

pub use access_page::AccessPage;
pub use page::MembersPage;
pub use roles_page::RolesPage;
