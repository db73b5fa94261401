//! APIs that a tenant describes by an OpenAPI document: which of its operations are tools, and what a newer document
//! would change. What calls them: [`crate::connectors`].

mod cache;
mod document;
mod imported;
mod store;
mod sync;

use crate::{
    Actor, RefuseOn as _, Result, Services,
    audit::{self, Event},
    connections, connectors, plans, toolkits,
};
use api_types::{
    ApiId, Permission, Refusal,
    audit::Act,
    connections::{ApiDetail, ApiView, CandidateView, ToolsView},
    input,
    plans::Feature,
};
pub use cache::Cache;
pub(crate) use cache::{of_tool, registry};
use connector::Operation;
use document::{Fetched, key};
use serde::Serialize;
pub use sync::{sync, sync_due, take_over};
use uuid::Uuid;

/// More than that no model chooses from.
const MOST_TOOLS: usize = 200;

/// What a person fills in to import an API.
pub struct NewApi {
    /// The word in names of tools and in scopes.
    pub word: String,
    /// Its name; that of the document, if empty.
    pub name: String,
    /// Where the document is.
    pub source: Option<String>,
    /// The document itself.
    pub document: Option<String>,
    /// Where its paths begin, if the document does not say so.
    pub base: Option<String>,
    /// Whose connections it is called with.
    pub provider: Option<String>,
}

/// The tenant's APIs by name.
pub async fn list(s: &Services, a: &Actor) -> Result<Vec<ApiView>> {
    a.require(Permission::ViewConnections)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let apis = store::list(&mut tx, a.tenant(), None).await?;
    tx.commit().await?;
    Ok(apis)
}

/// One API, with everything that could be a tool.
pub async fn get(s: &Services, a: &Actor, id: ApiId) -> Result<ApiDetail> {
    a.require(Permission::ViewConnections)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let api = store::list(&mut tx, a.tenant(), Some(id)).await?.pop();
    let row = store::get(&mut tx, a.tenant(), id, false).await?;
    tx.commit().await?;
    let (api, row) = api.zip(row).ok_or(Refusal::NotFound)?;
    let known = document::read(s, a.tenant(), row.digest, row.document).await?;
    let chosen: Vec<_> = row.tools.iter().map(key).collect();
    let view = |one: &connector::openapi::Candidate| CandidateView {
        key: one.key.clone(),
        tool: one
            .operation
            .as_ref()
            .ok()
            .map(|tool| format!("{}_{}", api.word, tool.name)),
        about: one.summary.clone(),
        group: one.tag.clone(),
        writes: one
            .operation
            .as_ref()
            .is_ok_and(|tool| tool.access == connector::Access::Write),
        deprecated: one.deprecated,
        why_not: one.operation.as_ref().err().cloned(),
        chosen: chosen.contains(&one.key),
    };
    let news = match row.newer {
        Some((newer, digest)) => {
            let newer = document::read(s, a.tenant(), digest, newer).await?;
            Some(document::news(&row.tools, &newer.document))
        }
        None => None,
    };
    Ok(ApiDetail {
        candidates: known.candidates.iter().map(view).collect(),
        news,
        providers: connections::list(s, a).await?.providers,
        may_change: a.decide(Permission::ManageApis),
        api,
    })
}

/// Imports an API. None of its operations is a tool until some are chosen.
pub async fn import(s: &Services, a: &Actor, new: NewApi) -> Result<ApiId> {
    a.require(Permission::ManageApis)?;
    let word = word(s, &new.word)?;
    let provider = match &new.provider {
        Some(provider) => {
            let known = connections::known(s, a.tenant(), provider).await?;
            Some(known.ok_or_else(|| Refusal::invalid("provider", "there is no such provider"))?)
        }
        None => None,
    };
    let Fetched {
        bytes,
        digest,
        document,
    } = document::obtain(s, a.tenant(), new.source.as_deref(), new.document).await?;
    let base = document::base(s, &document, new.base.as_deref(), new.source.as_deref())?;
    if let Some(provider) = &provider {
        document::is_at(&base, provider)?;
    }
    let title = match new.name.trim() {
        "" => document.title(),
        name => name.to_owned(),
    };
    let name: String = input::text("name", &title, 80)?;
    let id = ApiId(Uuid::now_v7());
    let row = store::NewRow {
        word: &word,
        name: if name.is_empty() { &word } else { &name },
        version: &document.version(),
        base: base.as_str(),
        source: new.source.as_deref(),
        provider: new.provider.as_deref(),
        document: &bytes,
        digest: &digest,
        operations: document.operations().len(),
    };
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    plans::require(s, &mut tx, a.tenant(), Feature::OwnApis).await?;
    store::insert(&mut tx, a.tenant(), id, &row)
        .await
        .refuse_on("api_word_per_tenant", || Refusal::taken("word"))?;
    let facts = Facts {
        word: word.clone(),
        base: base.to_string(),
        provider: new.provider.clone(),
        tools: Vec::new(),
    };
    let imported = Event::new(Act::ApiImported, id, row.name).after(&facts)?;
    audit::record(&mut tx, a, imported).await?;
    tx.commit().await?;
    Ok(id)
}

/// Says which operations are tools: all of these, and no others.
pub async fn choose(s: &Services, a: &Actor, id: ApiId, keys: Vec<String>) -> Result<()> {
    a.require(Permission::ManageApis)?;
    if keys.len() > MOST_TOOLS {
        let message =
            format!("choose at most {MOST_TOOLS} operations: no model finds its way among more");
        return Err(Refusal::invalid("keys", message).into());
    }
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let row = store::get(&mut tx, a.tenant(), id, false)
        .await?
        .ok_or(Refusal::NotFound)?;
    tx.commit().await?;
    let known = document::read(s, a.tenant(), row.digest, row.document).await?;
    let tools = document::chosen(&known.candidates, &keys);
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let held = store::get(&mut tx, a.tenant(), id, true)
        .await?
        .ok_or(Refusal::NotFound)?;
    if held.digest != row.digest {
        return Err(Refusal::conflict("the document has changed meanwhile; look again").into());
    }
    store::set_tools(&mut tx, a.tenant(), id, &tools).await?;
    let (before, after) = (Facts::of(&held, &held.tools), Facts::of(&held, &tools));
    let changed = Event::new(Act::ApiChanged, id, &held.name);
    audit::record(&mut tx, a, changed.before(&before)?.after(&after)?).await?;
    tx.commit().await
}

/// Removes an API and its tools.
pub async fn remove(s: &Services, a: &Actor, id: ApiId) -> Result<()> {
    a.require(Permission::ManageApis)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let held = store::get(&mut tx, a.tenant(), id, true)
        .await?
        .ok_or(Refusal::NotFound)?;
    store::delete(&mut tx, a.tenant(), id).await?;
    let removed = Event::new(Act::ApiRemoved, id, &held.name);
    audit::record(&mut tx, a, removed.before(&Facts::of(&held, &held.tools))?).await?;
    tx.commit().await
}

/// The tools of an API.
pub async fn tools(s: &Services, a: &Actor, id: ApiId) -> Result<ToolsView> {
    a.require(Permission::ViewConnections)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let row = store::get(&mut tx, a.tenant(), id, false)
        .await?
        .ok_or(Refusal::NotFound)?;
    let own = registry(s, &mut tx, a.tenant()).await?;
    let on = toolkits::switched(&mut tx, [&own], a.tenant()).await?;
    tx.commit().await?;
    let connections = match &row.provider {
        Some(provider) => connections::provider(s, a, provider).await?.connections,
        None => Vec::new(),
    };
    let view = |tool: &Operation| connectors::view(&row.word, tool);
    Ok(ToolsView {
        tools: row.tools.iter().map(view).collect(),
        is_offered: on.iter().any(|name| *name == row.word),
        connections,
        may_switch: a.decide(Permission::ManageToolkits),
        toolkit: row.word,
        name: row.name,
    })
}

/// An API as the audit log shows it.
#[derive(Serialize)]
struct Facts {
    word: String,
    base: String,
    provider: Option<String>,
    tools: Vec<String>,
}

impl audit::Facts for Facts {}

impl Facts {
    fn of(row: &store::Row, tools: &[Operation]) -> Self {
        Self {
            word: row.word.clone(),
            base: row.base.clone(),
            provider: row.provider.clone(),
            tools: tools.iter().map(key).collect(),
        }
    }
}

/// A word that no toolkit of this build has.
fn word(s: &Services, text: &str) -> Result<String> {
    let word = text.trim().to_lowercase();
    let fits = (2..=31).contains(&word.len())
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && word
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if !fits {
        let message = "2 to 31 lower-case letters and digits, beginning with a letter";
        return Err(Refusal::invalid("word", message).into());
    }
    let of_build =
        connector::catalogue().provider(&word).is_some() || word == toolkits::CONNECTIONS;
    if of_build || s.toolkits.get(&word).is_some() {
        return Err(Refusal::taken("word").into());
    }
    Ok(word)
}
