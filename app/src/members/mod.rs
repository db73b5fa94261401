//! Members: who belongs to the tenant, what each role may do, and why somebody may or may not.

mod access_page;
mod dialogs;
mod invitation_page;
mod leave;
mod page;
mod pending;
mod roles_page;
pub mod server_fns;

pub use access_page::AccessPage;
pub use invitation_page::InvitationPage;
pub use leave::LeaveCard;
pub use page::MembersPage;
pub use roles_page::RolesPage;
