//! What a browser can ask about imported APIs.

use crate::UiError;
use api_types::{
    Decision,
    connections::{ApiDetail, ApiNews, ApiView, ProviderCard},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the list of imported APIs shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApisView {
    pub apis: Vec<ApiView>,
    /// Services whose connections an API could be called with.
    pub providers: Vec<ProviderCard>,
    pub may_manage: Decision,
}

/// The imported APIs of a tenant.
#[server(endpoint = "list_apis")]
pub async fn list_apis(tenant: String) -> Result<ApisView, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    Ok(ApisView {
        apis: domain::apis::list(&s, &a).await?,
        providers: domain::connections::list(&s, &a).await?.providers,
        may_manage: a.decide(api_types::Permission::ManageApis),
    })
}

/// One imported API, with every operation of its document.
#[server(endpoint = "get_api")]
pub async fn get_api(tenant: String, id: String) -> Result<ApiDetail, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    Ok(domain::apis::get(&s, &a, crate::clients::id(&id)?).await?)
}

/// Imports an API from the address of its document, or from the document.
#[server(endpoint = "import_api")]
pub async fn import_api(
    tenant: String,
    word: String,
    #[server(default)] name: String,
    #[server(default)] source: String,
    #[server(default)] document: String,
    #[server(default)] base: String,
    #[server(default)] provider: String,
) -> Result<(), UiError> {
    use crate::{oauth::form::text, request};
    request::keep(&[
        ("name", &name),
        ("word", &word),
        ("source", &source),
        ("base", &base),
        ("provider", &provider),
    ]);
    let (s, a) = request::caller(&tenant).await?;
    let new = domain::apis::NewApi {
        word: word.trim().into(),
        name: name.trim().into(),
        source: text(source.trim().into()),
        document: text(document),
        base: text(base.trim().into()),
        provider: text(provider),
    };
    let id = domain::apis::import(&s, &a, new).await?;
    let said = "Imported. Now choose its tools.";
    request::back_to(&tenant, &format!("apis/{id}"), said)
}

/// Says which operations are tools. `all_of` names a group of which all are.
#[server(endpoint = "choose_operations")]
pub async fn choose_operations(
    tenant: String,
    id: String,
    #[server(default)] keys: Vec<String>,
    #[server(default)] all_of: Option<String>,
) -> Result<(), UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    let id: api_types::ApiId = crate::clients::id(&id)?;
    let mut keys = keys;
    if let Some(group) = all_of {
        let detail = domain::apis::get(&s, &a, id).await?;
        let possible = detail
            .candidates
            .into_iter()
            .filter(|one| one.why_not.is_none());
        let of_group =
            possible.filter(|one| one.group.as_deref().unwrap_or_default() == group.as_str());
        keys.extend(of_group.map(|one| one.key));
        keys.sort();
        keys.dedup();
    }
    domain::apis::choose(&s, &a, id, keys).await?;
    request::back_to(&tenant, &format!("apis/{id}"), "Saved.")
}

/// Fetches an API's document again, or takes the newer one that is given, and says what it would change.
#[server(endpoint = "sync_api")]
pub async fn sync_api(
    tenant: String,
    id: String,
    #[server(default)] document: String,
) -> Result<ApiNews, UiError> {
    use crate::{oauth::form::text, request};
    let (s, a) = request::caller(&tenant).await?;
    let id: api_types::ApiId = crate::clients::id(&id)?;
    let news = domain::apis::sync(&s, &a, id, text(document)).await?;
    let said = super::api_page::fetched(&news);
    request::back_to(&tenant, &format!("apis/{id}"), said)?;
    Ok(news)
}

/// Takes what a newer document changes over into the tools.
#[server(endpoint = "take_over_api")]
pub async fn take_over_api(tenant: String, id: String) -> Result<(), UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    let id: api_types::ApiId = crate::clients::id(&id)?;
    domain::apis::take_over(&s, &a, id).await?;
    request::back_to(&tenant, &format!("apis/{id}"), "Taken over.")
}

/// Removes an API with its tools.
#[server(endpoint = "remove_api")]
pub async fn remove_api(tenant: String, id: String) -> Result<(), UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    domain::apis::remove(&s, &a, crate::clients::id(&id)?).await?;
    request::back_to(&tenant, "apis", "The API and its tools are removed.")
}
