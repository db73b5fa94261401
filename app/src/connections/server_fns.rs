//! What a browser can ask about connections.

use crate::UiError;
use api_types::connections::{
    ConnectionDetail, ConnectionList, ConnectionView, ProviderView, TestResult,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the page of one connection shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionPageView {
    pub detail: ConnectionDetail,
    /// What a test posted without WebAssembly has just found; in one answer only.
    pub tested: Option<TestResult>,
}

/// What was answered to one question of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    pub id: String,
    #[serde(default)]
    pub value: String,
}

/// The connections that the person can see, and the catalogue.
#[server(endpoint = "list_connections")]
pub async fn list_connections(tenant: String) -> Result<ConnectionList, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    Ok(domain::connections::list(&s, &a).await?)
}

/// What it takes to connect an account at a service. A link that a client was given is for its own person alone:
/// else somebody could be led to connect an account for another (URL-mode elicitation, MCP 2025-11-25).
#[server(endpoint = "get_provider")]
pub async fn get_provider(
    tenant: String,
    provider: String,
    #[server(default)] meant_for: Option<String>,
) -> Result<ProviderView, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let me = a.user().map(|user| user.to_string());
    if meant_for.is_some_and(|meant| Some(meant) != me) {
        let message = "This link is for the person whose program asked for it. Sign in as that person, or open \
                       Connections to connect an account of your own.";
        return Err(api_types::Refusal::conflict(message).into());
    }
    Ok(domain::connections::provider(&s, &a, &provider).await?)
}

/// One connection.
#[server(endpoint = "get_connection")]
pub async fn get_connection(tenant: String, id: String) -> Result<ConnectionPageView, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let id: api_types::ConnectionId = crate::clients::id(&id)?;
    let page = format!("/t/{tenant}/connections/{id}");
    let tested = crate::request::flash::take(crate::request::TESTED, &page);
    Ok(ConnectionPageView {
        detail: domain::connections::detail(&s, &a, id).await?,
        tested: tested.and_then(|told| serde_json::from_str(&told).ok()),
    })
}

/// Connects an account by a secret that a person types in. It is tried first.
#[server(endpoint = "connect_account")]
pub async fn connect_account(
    tenant: String,
    provider: String,
    label: String,
    sharing: String,
    #[server(default)] answers: Vec<Reply>,
    #[server(default)] secrets: Vec<String>,
) -> Result<ConnectionView, UiError> {
    use api_types::{Refusal, connections::Sharing};
    let (s, a) = crate::request::caller(&tenant).await?;
    let placed: Vec<(String, &str)> = answers
        .iter()
        .enumerate()
        .map(|(place, reply)| (format!("answers[{place}][value]"), reply.value.as_str()))
        .collect();
    let mut typed = vec![("label", label.as_str()), ("sharing", &sharing)];
    typed.extend(placed.iter().map(|(name, value)| (name.as_str(), *value)));
    crate::request::keep(&typed);
    let sharing = Sharing::parse(&sharing)
        .ok_or_else(|| Refusal::invalid("sharing", "say who may use the connection"))?;
    let new = domain::connections::NewConnection {
        provider,
        label,
        sharing,
        scopes: Vec::new(),
        answers: answers
            .into_iter()
            .map(|reply| (reply.id, reply.value))
            .collect(),
        secrets,
    };
    let connection = domain::connections::connect_with_secret(&s, &a, new).await?;
    let page = format!("/t/{tenant}/connections/{}", connection.id);
    leptos_axum::redirect(&format!("{page}?done=connected"));
    Ok(connection)
}

/// Puts another secret in place of the one that a connection has.
#[server(endpoint = "change_secret")]
pub async fn change_secret(
    tenant: String,
    id: String,
    #[server(default)] secrets: Vec<String>,
) -> Result<(), UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    let id: api_types::ConnectionId = crate::clients::id(&id)?;
    domain::connections::reconnect_with_secret(&s, &a, id, secrets).await?;
    request::back_to(&tenant, &format!("connections/{id}"), "Changed. It works.")
}

/// Calls a connection something else.
#[server(endpoint = "rename_connection")]
pub async fn rename_connection(tenant: String, id: String, label: String) -> Result<(), UiError> {
    use crate::request;
    request::keep(&[("label", &label)]);
    let (s, a) = request::caller(&tenant).await?;
    let id: api_types::ConnectionId = crate::clients::id(&id)?;
    domain::connections::rename(&s, &a, id, &label).await?;
    request::back_to(&tenant, &format!("connections/{id}"), "Renamed.")
}

/// Asks the service whose account it is.
#[server(endpoint = "test_connection")]
pub async fn test_connection(tenant: String, id: String) -> Result<TestResult, UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    let id: api_types::ConnectionId = crate::clients::id(&id)?;
    let found = domain::connections::test(&s, &a, id).await?;
    let page = format!("/t/{tenant}/connections/{id}");
    let told = serde_json::to_string(&found).unwrap_or_default();
    request::flash::set(request::TESTED, &told, &page);
    request::lead_to(&page);
    Ok(found)
}

/// Ends a connection, here and as far as possible at the service. Answers whether the service was told.
#[server(endpoint = "disconnect_account")]
pub async fn disconnect_account(tenant: String, id: String) -> Result<bool, UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    let id: api_types::ConnectionId = crate::clients::id(&id)?;
    let told = domain::connections::disconnect(&s, &a, id).await?;
    request::notice(super::dialogs::farewell(told));
    leptos_axum::redirect(&format!("/t/{tenant}/connections"));
    Ok(told)
}
