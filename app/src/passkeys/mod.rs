//! Passkeys: the buttons that ask a device, and the list of one's own on the account page.

mod browser;
mod button;
mod card;
mod row;
pub mod server_fns;

pub use button::PasskeyButton;
pub use card::{PasskeyForms, PasskeysCard};
