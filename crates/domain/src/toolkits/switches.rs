//! Which toolkits a tenant has switched on.

use super::{CONNECTIONS, Name, Registry, store};
use crate::{
    Actor, Result, Services, apis,
    audit::{self, Event, Facts},
};
use api_types::{
    Permission, Refusal, TenantId,
    audit::Act,
    toolkits::{ToolView, ToolkitView},
};
use serde::Serialize;
use sqlx::PgConnection;

/// Every toolkit of this build, and whether the tenant has it on.
pub async fn settings(s: &Services, a: &Actor) -> Result<Vec<ToolkitView>> {
    a.require(Permission::ViewTenant)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let on = switched(&mut tx, [&s.toolkits], a.tenant()).await?;
    tx.commit().await?;
    let view = |toolkit: &dyn super::Toolkit| ToolkitView {
        name: toolkit.name().into_owned(),
        title: toolkit.title().into(),
        description: toolkit.description().into(),
        enabled: on.contains(&toolkit.name()),
        tools: toolkit.tools().iter().map(tool_view).collect(),
    };
    // Those that act elsewhere are on the pages of connections.
    let here = s.toolkits.iter().filter(|toolkit| !toolkit.is_elsewhere());
    Ok(here.map(view).collect())
}

/// What a credential can be made for: the toolkits, everything elsewhere together, and each of those that are on.
pub async fn choices(s: &Services, a: &Actor) -> Result<Vec<ToolkitView>> {
    let mut choices = settings(s, a).await?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let own = apis::registry(s, &mut tx, a.tenant()).await?;
    let on = switched(&mut tx, [&s.toolkits, &own], a.tenant()).await?;
    tx.commit().await?;
    let all = s.toolkits.iter().chain(own.iter());
    let elsewhere = all.filter(|toolkit| toolkit.is_elsewhere() && on.contains(&toolkit.name()));
    let each: Vec<_> = elsewhere
        .map(|toolkit| ToolkitView {
            name: toolkit.name().into_owned(),
            title: toolkit.title().into(),
            description: toolkit.description().into(),
            enabled: true,
            tools: toolkit.tools().iter().map(tool_view).collect(),
        })
        .collect();
    choices.push(ToolkitView {
        name: CONNECTIONS.into(),
        title: "Connections".into(),
        description: "Every connected account and imported API, those of later too.".into(),
        enabled: true,
        tools: each
            .iter()
            .flat_map(|one| one.tools.clone())
            .chain([anything()])
            .collect(),
    });
    choices.extend(each);
    Ok(choices)
}

/// What later connections may bring.
fn anything() -> ToolView {
    ToolView {
        name: "…".into(),
        description: "what is connected later".into(),
        writes: true,
    }
}

fn tool_view(tool: &super::ToolSpec) -> ToolView {
    ToolView {
        name: tool.name.to_string(),
        description: tool.description.to_string(),
        writes: tool.access == super::Access::Write,
    }
}

/// Switches a toolkit on or off for the tenant; open MCP streams are told.
pub async fn switch(s: &Services, a: &Actor, name: &str, enabled: bool) -> Result<()> {
    a.require(Permission::ManageToolkits)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let own = apis::registry(s, &mut tx, a.tenant()).await?;
    let toolkit = s.toolkits.get(name).or_else(|| own.get(name));
    let toolkit = toolkit.ok_or(Refusal::NotFound)?;
    let was = store::is_on(&mut tx, a.tenant(), name).await?;
    let was = was.unwrap_or_else(|| toolkit.is_on_at_first());
    store::switch(&mut tx, a.tenant(), name, enabled).await?;
    let switched = Event::new(Act::ToolkitSwitched, name, toolkit.title())
        .before(&Switched { enabled: was })?
        .after(&Switched { enabled })?;
    audit::record(&mut tx, a, switched).await?;
    tx.commit().await
}

/// A switch as the audit log shows it.
#[derive(Serialize)]
struct Switched {
    enabled: bool,
}

impl Facts for Switched {}

/// The toolkits that a tenant has on: as it has switched them, and otherwise as they are at first.
pub(crate) async fn switched<'a>(
    db: &mut PgConnection,
    registries: impl IntoIterator<Item = &'a Registry>,
    tenant: TenantId,
) -> Result<Vec<Name>> {
    let switches = store::switches(db, tenant).await?;
    let mut on = Vec::new();
    for toolkit in registries.into_iter().flat_map(Registry::iter) {
        let name = toolkit.name();
        let switched = switches.iter().find(|(known, _)| *known == name);
        if switched.map_or_else(|| toolkit.is_on_at_first(), |(_, enabled)| *enabled) {
            on.push(name);
        }
    }
    Ok(on)
}

/// Switches a connector on because an account was connected, in the caller's transaction. One that somebody has
/// switched off stays off.
pub(crate) async fn switch_on(db: &mut PgConnection, tenant: TenantId, name: &str) -> Result<()> {
    if store::is_on(db, tenant, name).await?.is_none() {
        store::switch(db, tenant, name, true).await?;
    }
    Ok(())
}
