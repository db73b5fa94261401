//! Connections: accounts at other services, what can be done there, and APIs that a tenant brings along.
//!
//! | file | what it shows |
//! |---|---|
//! | `page`, `catalogue` | the connections, and the services that one can connect |
//! | `connect_page`, `connect_form`, `app_card` | connecting an account, and the app that it takes |
//! | `connection_page`, `dialogs`, `record` | one connection: how it is, who uses it, what one does with it |
//! | `tools_page`, `try_dialog`, `schema` | the tools of a service, with a form to try each |
//! | `describe_page`, `description` | a service that the catalogue lacks |
//! | `apis_page`, `api_page`, `choose` | APIs that are imported from an OpenAPI document |

mod api_fns;
mod api_page;
mod apis_page;
mod app_card;
mod app_fns;
mod catalogue;
mod choose;
mod connect_form;
mod connect_page;
mod connection_page;
mod describe_page;
pub mod description;
mod dialogs;
mod document;
mod inputs;
mod looks;
mod page;
mod record;
pub mod schema;
mod server_fns;
mod tool_fns;
mod tools_page;
mod try_dialog;

pub use api_page::ApiPage;
pub use apis_page::ApisPage;
pub use connect_page::ConnectPage;
pub use connection_page::ConnectionPage;
pub use describe_page::DescribePage;
pub use page::ConnectionsPage;
pub use tool_fns::Tried;
pub use tools_page::{ApiToolsPage, ToolsPage};
