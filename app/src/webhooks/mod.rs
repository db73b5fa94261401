//! Webhooks: endpoints of the tenant's own that are told what happens in it.
//!
//! | file | what it shows |
//! |---|---|
//! | `page`, `teach` | the endpoints; what a payload is like and how one verifies it |
//! | `form`, `events` | the fields of an endpoint, and which events it is told |
//! | `secret` | the secret of an endpoint, once |
//! | `webhook_page`, `dialogs` | one endpoint: how it is, and what one does with it |
//! | `deliveries`, `query` | its deliveries, with a filter that is part of the address |
//! | `delivery_page`, `pretty` | one delivery: what is sent, and every attempt |
//! | `moments` | times as people type them |

mod deliveries;
mod delivery_fns;
mod delivery_page;
mod dialogs;
pub mod events;
mod form;
mod looks;
pub mod moments;
mod page;
mod pretty;
mod query;
mod secret;
mod server_fns;
mod teach;
mod webhook_page;

pub use delivery_page::DeliveryPage;
pub use page::WebhooksPage;
pub use webhook_page::WebhookPage;
