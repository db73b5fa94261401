//! Signing in with an account elsewhere: buttons, the page of somebody new, and what is linked.

mod buttons;
mod card;
pub mod server_fns;
mod sign_up_page;

pub use buttons::{Providers, WhyNot, buttons};
pub use card::{IdentitiesCard, NoPasswordCard};
pub use sign_up_page::SignUpWithPage;
