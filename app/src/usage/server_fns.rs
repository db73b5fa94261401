//! What a browser can ask about usage.

use crate::UiError;
use api_types::{mcp_clients::ClientView, usage::UsageReport};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the usage page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UsageView {
    pub report: UsageReport,
    /// The clients to choose from; empty where the viewer may not see clients.
    pub clients: Vec<ClientView>,
    /// The tools to choose from.
    pub tools: Vec<String>,
    pub endpoint: String,
}

#[server(endpoint = "read_usage")]
pub async fn read_usage(
    tenant: String,
    #[server(default)] range: String,
    #[server(default)] tool: String,
    #[server(default)] client: String,
    #[server(default)] outcome: String,
) -> Result<UsageView, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let filter = super::query::from_words(&range, &tool, &client, &outcome);
    let toolkits = domain::toolkits::choices(&s, &a).await?;
    let may_see_clients = a.may(api_types::Permission::ViewClients);
    Ok(UsageView {
        report: domain::usage::report(&s, &a, &filter).await?,
        clients: if may_see_clients {
            domain::mcp_clients::list(&s, &a).await?
        } else {
            Vec::new()
        },
        tools: toolkits
            .into_iter()
            .flat_map(|kit| kit.tools)
            .map(|tool| tool.name)
            .collect(),
        endpoint: format!("{}/t/{tenant}/mcp", s.public_url),
    })
}
