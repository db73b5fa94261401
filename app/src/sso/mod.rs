//! Single sign-on: the page on which a tenant sets it up, and the one on which people find their company.

mod forms;
mod page;
pub mod server_fns;
mod sign_in;

pub use page::{SsoCard, SsoPage};
pub use sign_in::SignInSsoPage;
