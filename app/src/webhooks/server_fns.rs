//! What a browser can ask about the endpoints of a tenant.

use crate::UiError;
use api_types::webhooks::{NewSecret, WebhookDetail, WebhookList};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the list of endpoints shows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhooksView {
    pub list: WebhookList,
    /// The secret that a form posted without WebAssembly has just made; in one answer only.
    pub fresh: Option<NewSecret>,
}

/// What the page of one endpoint shows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookPageView {
    pub detail: WebhookDetail,
    /// As in the list.
    pub fresh: Option<NewSecret>,
}

/// The endpoints of the tenant.
#[server(endpoint = "list_webhooks")]
pub async fn list_webhooks(tenant: String) -> Result<WebhooksView, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    Ok(WebhooksView {
        list: domain::webhooks::list(&s, &a).await?,
        fresh: crate::request::webhooks::fresh(&format!("/t/{tenant}/webhooks")),
    })
}

/// One endpoint.
#[server(endpoint = "get_webhook")]
pub async fn get_webhook(tenant: String, id: String) -> Result<WebhookPageView, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let id: api_types::WebhookId = crate::clients::id(&id)?;
    Ok(WebhookPageView {
        detail: domain::webhooks::detail(&s, &a, id).await?,
        fresh: crate::request::webhooks::fresh(&format!("/t/{tenant}/webhooks/{id}")),
    })
}

/// Sets an endpoint up. Its secret is in the answer, this once.
#[server(endpoint = "create_webhook")]
pub async fn create_webhook(
    tenant: String,
    url: String,
    #[server(default)] about: String,
    #[server(default)] events: Vec<String>,
) -> Result<NewSecret, UiError> {
    let events = crate::request::webhooks::chosen(&url, &about, events);
    let (s, a) = crate::request::caller(&tenant).await?;
    let made = domain::webhooks::create(&s, &a, &url, &about, events).await?;
    crate::request::webhooks::show(&made, &format!("/t/{tenant}/webhooks"));
    Ok(made)
}

/// Changes where an endpoint is, what it is for, or what it is told.
#[server(endpoint = "change_webhook")]
pub async fn change_webhook(
    tenant: String,
    id: String,
    url: String,
    #[server(default)] about: String,
    #[server(default)] events: Vec<String>,
) -> Result<(), UiError> {
    use crate::request;
    let events = crate::request::webhooks::chosen(&url, &about, events);
    let (s, a) = request::caller(&tenant).await?;
    let id: api_types::WebhookId = crate::clients::id(&id)?;
    domain::webhooks::change(&s, &a, id, &url, &about, events).await?;
    request::back_to(&tenant, &format!("webhooks/{id}"), "Endpoint saved.")
}

/// Makes another secret. The former one signs too for a day.
#[server(endpoint = "rotate_webhook_secret")]
pub async fn rotate_webhook_secret(tenant: String, id: String) -> Result<NewSecret, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let id: api_types::WebhookId = crate::clients::id(&id)?;
    let made = domain::webhooks::rotate(&s, &a, id).await?;
    crate::request::webhooks::show(&made, &format!("/t/{tenant}/webhooks/{id}"));
    Ok(made)
}

/// Tells an endpoint nothing from now on.
#[server(endpoint = "disable_webhook")]
pub async fn disable_webhook(tenant: String, id: String) -> Result<(), UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    let id: api_types::WebhookId = crate::clients::id(&id)?;
    domain::webhooks::disable(&s, &a, id).await?;
    let said = "Disabled. Nothing is sent to it.";
    request::back_to(&tenant, &format!("webhooks/{id}"), said)
}

/// Tells an endpoint again what happens.
#[server(endpoint = "enable_webhook")]
pub async fn enable_webhook(tenant: String, id: String) -> Result<(), UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    let id: api_types::WebhookId = crate::clients::id(&id)?;
    domain::webhooks::enable(&s, &a, id).await?;
    request::back_to(&tenant, &format!("webhooks/{id}"), "Enabled.")
}

/// Deletes an endpoint with its deliveries.
#[server(endpoint = "delete_webhook")]
pub async fn delete_webhook(tenant: String, id: String) -> Result<(), UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    domain::webhooks::delete(&s, &a, crate::clients::id(&id)?).await?;
    request::back_to(&tenant, "webhooks", "Endpoint deleted.")
}

/// Sends an endpoint an event that says nothing.
#[server(endpoint = "test_webhook")]
pub async fn test_webhook(tenant: String, id: String) -> Result<(), UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    let id: api_types::WebhookId = crate::clients::id(&id)?;
    domain::webhooks::test(&s, &a, id).await?;
    request::back_to(&tenant, &format!("webhooks/{id}"), super::dialogs::TESTED)
}
