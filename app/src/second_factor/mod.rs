//! The second factor on a person's own page, and the tenant's policy about it.

mod card;
mod policy;
mod recovery;
pub mod server_fns;

pub use card::{FactorCard, FactorForms};
pub use policy::PolicyCard;
pub use recovery::RecoveryCodes;
