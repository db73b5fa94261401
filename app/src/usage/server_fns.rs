//! What a browser can ask about usage.

use crate::UiError;
use api_types::{
    mcp_clients::ClientView,
    usage::{CallDetail, CallPage, ExportView, UsageReport},
};
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
    #[server(default)] toolkit: String,
    #[server(default)] key: String,
    #[server(default)] member: String,
    #[server(default)] connection: String,
) -> Result<UsageView, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let words = [
        range, tool, client, outcome, toolkit, key, member, connection,
    ];
    let filter = super::query::from_words(&words);
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

/// The exports of the last 30 days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportsView {
    pub exports: Vec<ExportView>,
    /// What the form begins with: no browser knows what day it is in UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub now: time::OffsetDateTime,
}

#[server(endpoint = "list_usage_exports")]
pub async fn list_usage_exports(tenant: String) -> Result<ExportsView, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    Ok(ExportsView {
        exports: domain::usage::export::list(&s, &a).await?,
        now: time::OffsetDateTime::now_utc(),
    })
}

/// A page of calls, newest first.
#[server(endpoint = "list_calls")]
pub async fn list_calls(
    tenant: String,
    #[server(default)] range: String,
    #[server(default)] tool: String,
    #[server(default)] client: String,
    #[server(default)] outcome: String,
    #[server(default)] toolkit: String,
    #[server(default)] key: String,
    #[server(default)] member: String,
    #[server(default)] connection: String,
    #[server(default)] before: String,
) -> Result<CallPage, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let words = [
        range, tool, client, outcome, toolkit, key, member, connection,
    ];
    let filter = super::query::from_words(&words);
    Ok(domain::usage::calls(&s, &a, &filter, before.parse().ok()).await?)
}

/// One call with all that is known of it.
#[server(endpoint = "get_call")]
pub async fn get_call(tenant: String, id: String) -> Result<CallDetail, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let id = id.parse().map_err(|_| api_types::Refusal::NotFound)?;
    Ok(domain::usage::call(&s, &a, id).await?)
}
