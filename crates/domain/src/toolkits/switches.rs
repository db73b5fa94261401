//! Which toolkits a tenant has switched on.

use super::{Registry, store};
use crate::{Actor, Result, Services};
use api_types::{
    Permission, Refusal, TenantId,
    toolkits::{ToolView, ToolkitView},
};
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
    store::switch(&mut tx, a.tenant(), toolkit.name(), enabled).await?;
    tx.commit().await
}

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
