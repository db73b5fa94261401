//! What a browser can ask about the tools of a service or of an imported API.

use super::schema::Argument;
use crate::UiError;
use api_types::connections::{ToolsView, TryResult};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the page of tools shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolsPageView {
    pub tools: ToolsView,
    /// What a try posted without WebAssembly has just given; in one answer only.
    pub tried: Option<Tried>,
}

/// Which tool was tried, and what it gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    pub tool: String,
    pub result: TryResult,
}

/// The tools of a service.
#[server(endpoint = "list_provider_tools")]
pub async fn list_provider_tools(
    tenant: String,
    provider: String,
) -> Result<ToolsPageView, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    Ok(ToolsPageView {
        tools: domain::connectors::tools(&s, &a, &provider).await?,
        tried: crate::request::tried(&format!("/t/{tenant}/connections/tools/{provider}")),
    })
}

/// The tools of an imported API.
#[server(endpoint = "list_api_tools")]
pub async fn list_api_tools(tenant: String, id: String) -> Result<ToolsPageView, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let id: api_types::ApiId = crate::clients::id(&id)?;
    Ok(ToolsPageView {
        tools: domain::apis::tools(&s, &a, id).await?,
        tried: crate::request::tried(&format!("/t/{tenant}/apis/{id}/tools")),
    })
}

/// Calls a tool as a client would. `api` is the imported API that it belongs to; without one it is the service that
/// `provider` names.
#[server(endpoint = "try_tool")]
pub async fn try_tool(
    tenant: String,
    tool: String,
    #[server(default)] provider: String,
    #[server(default)] api: String,
    #[server(default)] connection: String,
    #[server(default)] arguments: Vec<Argument>,
) -> Result<Tried, UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    // They come back in an address.
    if !request::is_word(&tool) || !request::is_word(&provider) {
        return Err(api_types::Refusal::NotFound.into());
    }
    let arguments = super::schema::read(arguments)?;
    let connection = Some(connection.as_str()).filter(|label| !label.is_empty());
    let result = domain::connectors::try_tool(&s, &a, &tool, connection, arguments).await?;
    let page = if api.is_empty() {
        format!("/t/{tenant}/connections/tools/{provider}")
    } else {
        let api: api_types::ApiId = crate::clients::id(&api)?;
        format!("/t/{tenant}/apis/{api}/tools")
    };
    let tried = Tried { tool, result };
    request::carry_tried(tried.clone(), &page);
    request::lead_to(&format!("{page}?dialog=try&tool={}", tried.tool));
    Ok(tried)
}
