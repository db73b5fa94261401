//! The tools of a provider for people: to read, and to try with their own hands.

use super::{
    Schemas, operation,
    run::{Asker, Ended, Service, perform},
    view,
};
use crate::{
    Actor, Result, Services, apis, connections,
    toolkits::{self, Content, ToolOutput},
};
use api_types::{
    CredentialId, Permission, Refusal,
    connections::{ToolsView, TryResult},
};
use connector::{Access, Operation, Provider, catalogue};
use serde_json::{Map, Value};
use std::time::Instant;

/// What can be done at a provider.
pub async fn tools(s: &Services, a: &Actor, provider: &str) -> Result<ToolsView> {
    a.require(Permission::ViewConnections)?;
    let known = connections::known(s, a.tenant(), provider).await?;
    let known = known.ok_or(Refusal::NotFound)?;
    let operations = catalogue().operations(provider);
    let connections = connections::provider(s, a, provider).await?.connections;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let on = toolkits::switched(&mut tx, [&s.toolkits], a.tenant()).await?;
    tx.commit().await?;
    Ok(ToolsView {
        toolkit: known.id.clone(),
        name: known.name.clone(),
        tools: operations.iter().map(|one| view(provider, one)).collect(),
        is_offered: on.iter().any(|name| name == provider),
        connections,
        may_switch: a.decide(Permission::ManageToolkits),
    })
}

/// Calls a tool as a client would, for a person: whose own connections it may use, and whose rights decide.
pub async fn try_tool(
    s: &Services,
    a: &Actor,
    tool: &str,
    connection: Option<&str>,
    mut arguments: Map<String, Value>,
) -> Result<TryResult> {
    a.require(Permission::ViewConnections)?;
    let user = a.user().ok_or(Refusal::NotFound)?;
    let began = Instant::now();
    if let Some(label) = connection.filter(|label| !label.is_empty()) {
        arguments.insert(super::specs::CONNECTION.into(), label.into());
    }
    let asker = Asker {
        services: s,
        actor: a,
        user: Some(user),
        // Nobody's: a person sees the beginning, and no client reads the rest.
        credential: CredentialId(user.0),
    };
    let ended = if let Some((provider, one)) = built_in(tool) {
        let schemas = Schemas::default();
        let service = Service::of_provider(provider, &schemas);
        require(a, one.access)?;
        perform(&asker, &service, one, arguments).await?
    } else {
        let api = apis::of_tool(s, a.tenant(), tool)
            .await?
            .ok_or(Refusal::NotFound)?;
        let one = operation(api.word(), api.operations(), tool)?;
        require(a, one.access)?;
        perform(&asker, &api.service(), one, arguments).await?
    };
    let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(told(ended, duration_ms))
}

fn built_in(tool: &str) -> Option<(&'static Provider, &'static Operation)> {
    catalogue().providers.iter().find_map(|provider| {
        let operations = catalogue().operations(&provider.id);
        let found = operation(&provider.id, operations, tool).ok()?;
        Some((provider, found))
    })
}

fn require(a: &Actor, access: Access) -> Result<()> {
    a.require(match access {
        Access::Read => Permission::ViewConnections,
        Access::Write => Permission::UseConnections,
    })?;
    Ok(())
}

fn told(ended: Ended, duration_ms: u64) -> TryResult {
    let (is_good, output) = match ended {
        Ended::Done(output, _) => (true, output),
        Ended::Failed(told, _) => (false, ToolOutput::error(told)),
        Ended::NotConnected { .. } => (false, ToolOutput::error("Connect an account first.")),
    };
    let texts = output.content.iter().filter_map(|content| match content {
        Content::Text { text } => Some(text.as_str()),
        _ => None,
    });
    let data = output.structured_content.as_ref();
    let data = data.and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
    TryResult {
        is_good,
        text: texts.collect::<Vec<_>>().join("\n"),
        data: data.and_then(|data| serde_json::to_string_pretty(&data).ok()),
        duration_ms,
    }
}
