//! Which toolkits a tenant has switched on.

use super::{Registry, store};
use crate::{
    Actor, Result, Services,
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
    let on = switched(&mut tx, &s.toolkits, a.tenant()).await?;
    tx.commit().await?;
    let view = |toolkit: &dyn super::Toolkit| ToolkitView {
        name: toolkit.name().into(),
        title: toolkit.title().into(),
        description: toolkit.description().into(),
        enabled: on.contains(&toolkit.name()),
        tools: toolkit.tools().iter().map(tool_view).collect(),
    };
    Ok(s.toolkits.iter().map(view).collect())
}

fn tool_view(tool: &super::ToolSpec) -> ToolView {
    ToolView {
        name: tool.name.into(),
        description: tool.description.into(),
        writes: tool.access == super::Access::Write,
    }
}

/// Switches a toolkit on or off for the tenant; open MCP streams are told.
pub async fn switch(s: &Services, a: &Actor, name: &str, enabled: bool) -> Result<()> {
    a.require(Permission::ManageToolkits)?;
    let toolkit = s.toolkits.get(name).ok_or(Refusal::NotFound)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let was = store::is_on(&mut tx, a.tenant(), toolkit.name()).await?;
    store::switch(&mut tx, a.tenant(), toolkit.name(), enabled).await?;
    let switched = Event::new(Act::ToolkitSwitched, toolkit.name(), toolkit.title())
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

/// The toolkits that a tenant has on. One that it never switched is on.
pub(crate) async fn switched(
    db: &mut PgConnection,
    registry: &Registry,
    tenant: TenantId,
) -> Result<Vec<&'static str>> {
    let off = store::switched_off(db, tenant).await?;
    let on = |name: &&'static str| !off.iter().any(|other| other == name);
    Ok(registry
        .iter()
        .map(super::Toolkit::name)
        .filter(on)
        .collect())
}
