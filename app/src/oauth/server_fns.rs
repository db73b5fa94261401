//! What a browser can ask about clients that log in.

use crate::UiError;
use api_types::{
    Decision,
    oauth::{ConnectedApp, ConsentView, Conversation, CreatedSecret, GrantView, OauthClientView},
    toolkits::ToolkitView,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The name under which a client's secret travels over a redirect.
pub const FRESH_SECRET: &str = "client-secret";

/// What the page of one client shows of its log-ins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogInDetail {
    /// How it logs in, if it was registered by hand and may.
    pub log_in: Option<OauthClientView>,
    /// Whether it came by itself, and says itself how it logs in.
    pub is_app: bool,
    pub grants: Vec<GrantView>,
    pub toolkits: Vec<ToolkitView>,
    pub may_manage: Decision,
    pub may_manage_secrets: Decision,
    /// The secret that a form posted without WebAssembly has just made; in one answer only.
    pub fresh: Option<CreatedSecret>,
}

/// The log-ins of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantsView {
    pub grants: Vec<GrantView>,
    pub may_manage: Decision,
}

/// What clients asked of the tenant, and where they do it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DebuggerView {
    pub conversations: Vec<Conversation>,
    pub endpoint: String,
}

/// What an app asks the person for.
#[server(endpoint = "look_at_consent")]
pub async fn look_at_consent(id: String) -> Result<ConsentView, UiError> {
    use crate::request;
    let (services, who) = (request::services()?, request::signed_in().await?);
    let id = crate::clients::id(&id)?;
    Ok(domain::oauth_server::consent(&services, who, id).await?)
}

/// The person's apps, over all tenants.
#[server(name = FindConnectedApps, endpoint = "connected_apps")]
pub async fn connected_apps() -> Result<Vec<ConnectedApp>, UiError> {
    use crate::request;
    let (services, who) = (request::services()?, request::signed_in().await?);
    Ok(domain::oauth_server::connected_apps(&services, who).await?)
}

/// Ends all log-ins of an app, and asks the person again before the next.
#[server(endpoint = "disconnect_app")]
pub async fn disconnect_app(tenant: String, client: String) -> Result<(), UiError> {
    use crate::request;
    let (services, who) = (request::services()?, request::signed_in().await?);
    let (client, origin) = (crate::clients::id(&client)?, request::origin());
    domain::oauth_server::disconnect_app(&services, who, origin, &tenant, client).await?;
    request::notice("The app is disconnected.");
    leptos_axum::redirect("/account");
    Ok(())
}

/// Ends one of the person's own log-ins.
#[server(endpoint = "end_own_grant")]
pub async fn end_own_grant(tenant: String, id: String) -> Result<(), UiError> {
    use crate::request;
    let (services, who) = (request::services()?, request::signed_in().await?);
    let (id, origin) = (crate::clients::id(&id)?, request::origin());
    domain::oauth_server::end_own_grant(&services, who, origin, &tenant, id).await?;
    request::notice("The log-in has ended.");
    Ok(())
}

/// How a client logs in, and the log-ins that it has.
#[server(endpoint = "get_log_in")]
pub async fn get_log_in(tenant: String, id: String) -> Result<LogInDetail, UiError> {
    use crate::request::flash;
    use api_types::Permission;
    let (s, a) = crate::request::caller(&tenant).await?;
    let id: api_types::McpClientId = crate::clients::id(&id)?;
    let log_in = domain::oauth_server::log_in(&s, &a, id).await?;
    let fresh = flash::take(FRESH_SECRET, &format!("/t/{tenant}/clients/{id}"));
    let fresh = log_in
        .as_ref()
        .zip(fresh)
        .map(|(log_in, secret)| CreatedSecret {
            oauth_id: log_in.oauth_id.clone(),
            secret: Some(secret),
        });
    Ok(LogInDetail {
        is_app: domain::mcp_clients::get(&s, &a, id).await?.is_app,
        log_in,
        grants: domain::oauth_server::grants(&s, &a, Some(id)).await?,
        toolkits: domain::toolkits::choices(&s, &a).await?,
        may_manage: a.decide(Permission::ManageClients),
        may_manage_secrets: a.decide(Permission::ManageKeys),
        fresh,
    })
}

/// Says how a client logs in. Its first secret is in the answer, shown once.
#[server(endpoint = "set_log_in")]
pub async fn set_log_in(
    tenant: String,
    id: String,
    auth: String,
    #[server(default)] redirect_uris: String,
    #[server(default)] jwks: String,
    #[server(default)] scopes: Vec<String>,
) -> Result<CreatedSecret, UiError> {
    use super::form;
    use crate::{clients, request};
    let (s, a) = request::caller(&tenant).await?;
    let placed = clients::form::placed(&scopes);
    let mut typed = vec![
        ("auth", auth.as_str()),
        ("redirect_uris", &redirect_uris),
        ("jwks", &jwks),
    ];
    typed.extend(
        placed
            .iter()
            .map(|(name, scope)| (name.as_str(), scope.as_str())),
    );
    request::keep(&typed);
    let id: api_types::McpClientId = clients::id(&id)?;
    let new = domain::oauth_server::NewLogIn {
        auth: form::auth(&auth)?,
        redirect_uris: form::lines(&redirect_uris),
        jwks: form::text(jwks),
        scopes: clients::form::filled(scopes),
    };
    let created = domain::oauth_server::set_log_in(&s, &a, id, new).await?;
    let page = format!("/t/{tenant}/clients/{id}");
    if let Some(secret) = &created.secret {
        request::flash::set(FRESH_SECRET, secret, &page);
        leptos_axum::redirect(&format!("{page}?dialog=secret"));
    } else {
        request::notice("Saved.");
        leptos_axum::redirect(&page);
    }
    Ok(created)
}

/// Takes a client's log-in away.
#[server(endpoint = "remove_log_in")]
pub async fn remove_log_in(tenant: String, id: String) -> Result<(), UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    let id: api_types::McpClientId = crate::clients::id(&id)?;
    domain::oauth_server::remove_log_in(&s, &a, id).await?;
    request::back_to(
        &tenant,
        &format!("clients/{id}"),
        "The client can no longer log in.",
    )
}

/// Issues another secret; the others work for some hours yet.
#[server(endpoint = "issue_secret")]
pub async fn issue_secret(
    tenant: String,
    id: String,
    overlap_hours: String,
) -> Result<CreatedSecret, UiError> {
    use crate::{clients, request};
    let (s, a) = request::caller(&tenant).await?;
    let id: api_types::McpClientId = clients::id(&id)?;
    let overlap = clients::form::number("overlap_hours", &overlap_hours)?.unwrap_or(0);
    let created = domain::oauth_server::issue_secret(&s, &a, id, overlap).await?;
    let page = format!("/t/{tenant}/clients/{id}");
    if let Some(secret) = &created.secret {
        request::flash::set(FRESH_SECRET, secret, &page);
    }
    leptos_axum::redirect(&format!("{page}?dialog=secret"));
    Ok(created)
}

/// Ends a secret at once.
#[server(endpoint = "revoke_secret")]
pub async fn revoke_secret(tenant: String, id: String, secret: String) -> Result<(), UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    let id: api_types::McpClientId = crate::clients::id(&id)?;
    let secret = crate::clients::id(&secret)?;
    domain::oauth_server::revoke_secret(&s, &a, id, secret).await?;
    request::back_to(&tenant, &format!("clients/{id}"), "Secret revoked.")
}

/// The log-ins of the tenant.
#[server(endpoint = "list_grants")]
pub async fn list_grants(tenant: String) -> Result<GrantsView, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    Ok(GrantsView {
        grants: domain::oauth_server::grants(&s, &a, None).await?,
        may_manage: a.decide(api_types::Permission::ManageClients),
    })
}

/// Ends a log-in. `client` names the page that it is ended on, if not that of all log-ins.
#[server(endpoint = "end_grant")]
pub async fn end_grant(
    tenant: String,
    id: String,
    #[server(default)] client: String,
) -> Result<(), UiError> {
    use crate::{clients, request};
    let (s, a) = request::caller(&tenant).await?;
    let page = match client.as_str() {
        "" => "grants".to_string(),
        client => format!("clients/{}", clients::id::<api_types::McpClientId>(client)?),
    };
    domain::oauth_server::end_grant(&s, &a, clients::id(&id)?).await?;
    request::back_to(&tenant, &page, "The log-in has ended.")
}

/// What clients asked of the tenant, the newest first.
#[server(endpoint = "list_conversations")]
pub async fn list_conversations(tenant: String) -> Result<DebuggerView, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    Ok(DebuggerView {
        conversations: domain::oauth_server::conversations(&s, &a).await?,
        endpoint: format!("{}/t/{tenant}/mcp", s.public_url),
    })
}
