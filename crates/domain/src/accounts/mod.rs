//! What keeps an account its person's: a confirmed address, a way back after a forgotten password,
//! and letters about everything that changes.
//!
//! | file | what it decides |
//! |---|---|
//! | `address` | confirming an address, and changing it |
//! | `reset` | choosing a new password without the old one |
//! | `links` | the one-time links in letters |

mod address;
mod links;
mod reset;
mod store;

pub(crate) use address::send_confirmation;
pub use address::{confirm_address, send_confirmation_again, wish_for_address};
pub(crate) use links::forget as forget_links;
pub use links::{delete_expired, is_open};
pub use reset::{choose_password, forgot_password};
pub(crate) use store::set_confirmed;
