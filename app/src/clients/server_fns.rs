//! What a browser can ask about MCP clients and their keys.

use crate::UiError;
use api_types::{
    Decision,
    api_keys::{CreatedKey, KeyView},
    mcp_clients::ClientView,
    toolkits::ToolkitView,
    users::MemberView,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The name under which a secret travels over a redirect.
pub const FRESH_KEY: &str = "key";

/// What the list of clients shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientsView {
    pub clients: Vec<ClientView>,
    pub members: Vec<MemberView>,
    pub may_manage: Decision,
}

/// What the page of one client shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientDetail {
    pub client: ClientView,
    pub keys: Vec<KeyView>,
    pub toolkits: Vec<ToolkitView>,
    pub members: Vec<MemberView>,
    pub endpoint: String,
    pub may_manage_client: Decision,
    pub may_manage_keys: Decision,
    /// The secret that a form posted without WebAssembly has just made; in one answer only.
    pub fresh: Option<String>,
}

#[server(endpoint = "list_clients")]
pub async fn list_clients(tenant: String) -> Result<ClientsView, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    Ok(ClientsView {
        clients: domain::mcp_clients::list(&s, &a).await?,
        members: domain::members::owners(&s, &a).await?,
        may_manage: a.decide(api_types::Permission::ManageClients),
    })
}

#[server(endpoint = "get_client")]
pub async fn get_client(tenant: String, id: String) -> Result<ClientDetail, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let id: api_types::McpClientId = super::form::id(&id)?;
    Ok(ClientDetail {
        client: domain::mcp_clients::get(&s, &a, id).await?,
        keys: domain::api_keys::list(&s, &a, id).await?,
        toolkits: domain::toolkits::choices(&s, &a).await?,
        members: domain::members::owners(&s, &a).await?,
        endpoint: format!("{}/t/{tenant}/mcp", s.public_url),
        may_manage_client: a.decide(api_types::Permission::ManageClients),
        may_manage_keys: a.decide(api_types::Permission::ManageKeys),
        fresh: crate::request::flash::take(FRESH_KEY, &format!("/t/{tenant}/clients/{id}")),
    })
}

#[server(endpoint = "register_client")]
pub async fn register_client(
    tenant: String,
    name: String,
    kind: String,
    #[server(default)] owner: String,
    #[server(default)] notes: String,
) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    crate::request::keep(&[
        ("name", &name),
        ("kind", &kind),
        ("owner", &owner),
        ("notes", &notes),
    ]);
    let (name, kind, owner) = super::form::client(&name, &kind, &owner)?;
    let new = domain::mcp_clients::NewClient {
        name,
        kind,
        owner,
        notes,
    };
    let client = domain::mcp_clients::register(&s, &a, new).await?;
    leptos_axum::redirect(&format!("/t/{tenant}/clients/{}", client.id));
    Ok(())
}

#[server(endpoint = "update_client")]
pub async fn update_client(
    tenant: String,
    id: String,
    name: String,
    kind: String,
    #[server(default)] owner: String,
    #[server(default)] notes: String,
) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    crate::request::keep(&[
        ("name", &name),
        ("kind", &kind),
        ("owner", &owner),
        ("notes", &notes),
    ]);
    let (name, kind, owner) = super::form::client(&name, &kind, &owner)?;
    let new = domain::mcp_clients::NewClient {
        name,
        kind,
        owner,
        notes,
    };
    let client = domain::mcp_clients::update(&s, &a, super::form::id(&id)?, new).await?;
    crate::request::notice("Client saved.");
    leptos_axum::redirect(&format!("/t/{tenant}/clients/{}", client.id));
    Ok(())
}

#[server(endpoint = "archive_client")]
pub async fn archive_client(tenant: String, id: String) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    domain::mcp_clients::archive(&s, &a, super::form::id(&id)?).await?;
    crate::request::notice("Client archived. Its keys are revoked.");
    leptos_axum::redirect(&format!("/t/{tenant}/clients"));
    Ok(())
}

#[server(endpoint = "create_key")]
pub async fn create_key(
    tenant: String,
    client: String,
    name: String,
    #[server(default)] scopes: Vec<String>,
    #[server(default)] expires_in_days: String,
    #[server(default)] rate_limit_per_minute: String,
    #[server(default)] allowed_networks: String,
) -> Result<CreatedKey, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let placed = super::form::placed(&scopes);
    let mut typed = vec![
        ("name", name.as_str()),
        ("expires_in_days", &expires_in_days),
        ("rate_limit_per_minute", &rate_limit_per_minute),
        ("allowed_networks", &allowed_networks),
    ];
    typed.extend(
        placed
            .iter()
            .map(|(name, scope)| (name.as_str(), scope.as_str())),
    );
    crate::request::keep(&typed);
    let new = domain::api_keys::NewKey {
        name: api_types::input::KeyName::parse(&name)?,
        scopes: super::form::filled(scopes),
        expires_in_days: super::form::number("expires_in_days", &expires_in_days)?,
        rate_limit_per_minute: super::form::number(
            "rate_limit_per_minute",
            &rate_limit_per_minute,
        )?,
        allowed_networks: super::form::words(&allowed_networks),
    };
    let created = domain::api_keys::create(&s, &a, super::form::id(&client)?, new).await?;
    let page = format!("/t/{tenant}/clients/{}", created.key.client);
    crate::request::flash::set(FRESH_KEY, &created.secret, &page);
    leptos_axum::redirect(&format!("{page}?dialog=connect"));
    Ok(created)
}

#[server(endpoint = "rotate_key")]
pub async fn rotate_key(
    tenant: String,
    key: String,
    overlap_hours: String,
) -> Result<CreatedKey, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let key: api_types::ApiKeyId = super::form::id(&key)?;
    let overlap = super::form::number("overlap_hours", &overlap_hours)?.unwrap_or(0);
    let created = domain::api_keys::rotate(&s, &a, key, overlap).await?;
    let page = format!("/t/{tenant}/clients/{}", created.key.client);
    crate::request::flash::set(FRESH_KEY, &created.secret, &page);
    leptos_axum::redirect(&format!("{page}?dialog=connect"));
    Ok(created)
}

#[server(endpoint = "revoke_key")]
pub async fn revoke_key(tenant: String, client: String, key: String) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let client: api_types::McpClientId = super::form::id(&client)?;
    domain::api_keys::revoke(&s, &a, super::form::id(&key)?).await?;
    crate::request::notice("Key revoked.");
    leptos_axum::redirect(&format!("/t/{tenant}/clients/{client}"));
    Ok(())
}
