//! What a browser can ask about deliveries.

use crate::UiError;
use api_types::{
    Decision,
    webhooks::{DeliveryDetail, DeliveryPage, WebhookView},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the page of one delivery shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryPageView {
    pub endpoint: WebhookView,
    pub detail: DeliveryDetail,
}

/// What the list of deliveries shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveriesView {
    pub page: DeliveryPage,
    pub may_manage: Decision,
}

/// Deliveries of an endpoint. The words are those of the address.
#[server(endpoint = "list_deliveries")]
pub async fn list_deliveries(
    tenant: String,
    id: String,
    #[server(default)] state: String,
    #[server(default)] after: String,
) -> Result<DeliveriesView, UiError> {
    use api_types::webhooks::DeliveryState;
    let (s, a) = crate::request::caller(&tenant).await?;
    let id: api_types::WebhookId = crate::clients::id(&id)?;
    let (state, after) = (DeliveryState::parse(&state), after.parse().ok());
    Ok(DeliveriesView {
        page: domain::webhooks::deliveries(&s, &a, id, state, after).await?,
        may_manage: a.decide(api_types::Permission::ManageWebhooks),
    })
}

/// One delivery with its payload and attempts.
#[server(endpoint = "get_delivery")]
pub async fn get_delivery(
    tenant: String,
    webhook: String,
    id: String,
) -> Result<DeliveryPageView, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let webhook: api_types::WebhookId = crate::clients::id(&webhook)?;
    let detail = domain::webhooks::delivery(&s, &a, crate::clients::id(&id)?).await?;
    if detail.webhook != webhook {
        return Err(api_types::Refusal::NotFound.into());
    }
    let endpoint = domain::webhooks::detail(&s, &a, webhook).await?.endpoint;
    Ok(DeliveryPageView { endpoint, detail })
}

/// Sends a delivery again, with the id that it had.
#[server(endpoint = "resend_delivery")]
pub async fn resend_delivery(tenant: String, webhook: String, id: String) -> Result<(), UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    let webhook: api_types::WebhookId = crate::clients::id(&webhook)?;
    let id = crate::clients::id(&id)?;
    domain::webhooks::replay(&s, &a, id).await?;
    let page = format!("webhooks/{webhook}/{id}");
    request::back_to(&tenant, &page, super::delivery_page::RESENT)
}

/// Sends what happened between two times again. Answers how many deliveries that are.
#[server(endpoint = "resend_deliveries")]
pub async fn resend_deliveries(
    tenant: String,
    id: String,
    from: String,
    to: String,
    #[server(default)] only_dead: String,
) -> Result<i64, UiError> {
    use super::moments;
    use crate::request;
    let only_dead = only_dead == "true";
    let ticked = only_dead.to_string();
    request::keep(&[("from", &from), ("to", &to), ("only_dead", &ticked)]);
    let (s, a) = request::caller(&tenant).await?;
    let id: api_types::WebhookId = crate::clients::id(&id)?;
    let (from, to) = (moments::read("from", &from)?, moments::read("to", &to)?);
    let number = domain::webhooks::replay_between(&s, &a, id, from, to, only_dead).await?;
    let said = super::dialogs::sent_again(number);
    request::back_to(&tenant, &format!("webhooks/{id}"), &said)?;
    Ok(number)
}
