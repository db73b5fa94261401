//! A person's own account: confirming and changing an address, a forgotten password, and the page
//! on which they see how they sign in.

mod banner;
mod confirm;
mod forgot;
mod page;
mod reset;
pub mod server_fns;

pub use banner::ConfirmBanner;
pub use confirm::ConfirmAddressPage;
pub use forgot::ForgotPage;
pub use page::AccountPage;
pub use reset::ResetPage;
