//! Clients that log in (OAuth 2.1): what a person allows them, what came of it, and why it failed.
//!
//! | file | what it shows |
//! |---|---|
//! | `consent_page`, `consent_form` | what an app asks for, and the person's decision |
//! | `apps` | a person's apps over all tenants, on their account |
//! | `grants_page`, `grant` | the log-ins of a tenant or of one client, with their refresh tokens |
//! | `log_in`, `log_in_form`, `secrets` | how a client that was registered by hand logs in |
//! | `debugger_page`, `conversation` | each step of each way in, live |

mod apps;
mod consent_form;
mod consent_page;
mod conversation;
mod debugger_page;
pub mod form;
mod grant;
mod grants_page;
mod log_in;
mod log_in_form;
mod secrets;
pub mod server_fns;

pub use apps::ConnectedApps;
pub use consent_page::ConsentPage;
pub use debugger_page::DebuggerPage;
pub use grants_page::GrantsPage;
pub use log_in::LogIn;

use crate::{
    UiError,
    ui::{Data, Failure},
};
use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

/// Shows what a resource gives on a page whose main resource says why both are refused.
pub(crate) fn load_beside<T>(
    resource: Data<T>,
    view: impl Fn(T) -> AnyView + Clone + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let content = move || {
        let view = view.clone();
        Suspend::new(async move {
            match resource.await {
                Ok(value) => view(value),
                Err(UiError::Refused(_)) => ().into_any(),
                Err(error) => view! { <Failure error/> }.into_any(),
            }
        })
    };
    view! { <Transition fallback=|| ()>{content}</Transition> }.into_any()
}
