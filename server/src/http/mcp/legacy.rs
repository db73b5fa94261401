//! What only the revisions with a handshake have: 2025-11-25, 2025-06-18 and 2025-03-26.
//!
//! The handshake leaves nothing behind: there is no session, so each request stands alone and any server can
//! answer it. Levels of logging and subscriptions are therefore accepted but not remembered, and neither list
//! changes nor resource subscriptions are promised in the capabilities.

use super::dispatch::{Answer, Exchange};
use super::lists::{self, capabilities};
use super::reply::Reply;
use super::{calls, prompts, resources};
use domain::toolkits::Level;
use mcp_wire::{Fault, LEGACY_VERSIONS};
use serde_json::json;

pub(super) async fn answer(exchange: &Exchange<'_>) -> Answer {
    match exchange.method {
        "tools/call" => calls::call(exchange).await,
        "tools/list" => lists::tools(exchange),
        "resources/read" => resources::read(exchange).await,
        "resources/list" => resources::list(exchange).await,
        "resources/templates/list" => lists::resource_templates(exchange),
        "resources/subscribe" | "resources/unsubscribe" => resources::subscribe(exchange),
        "prompts/list" => lists::prompts(exchange),
        "prompts/get" => prompts::get(exchange).await,
        "completion/complete" => prompts::complete(exchange).await,
        "initialize" => initialize(exchange),
        "ping" => nothing(exchange),
        "logging/setLevel" => set_level(exchange),
        method => Err(exchange.fault(Fault::method_not_found(method))),
    }
}

/// Agrees on the version that the client asks for, or proposes the newest that has a handshake.
fn initialize(exchange: &Exchange<'_>) -> Answer {
    let Some(wanted) = exchange.params.protocol_version.as_deref() else {
        return Err(exchange.fault(Fault::invalid_params("protocolVersion is missing")));
    };
    let known = LEGACY_VERSIONS
        .into_iter()
        .find(|version| *version == wanted);
    let about = json!({
        "protocolVersion": known.unwrap_or(LEGACY_VERSIONS[0]),
        "capabilities": capabilities(exchange.toolkits()),
        "serverInfo": { "name": "bulkhead", "title": "Bulkhead", "version": env!("CARGO_PKG_VERSION") },
        "instructions": lists::INSTRUCTIONS,
    });
    Ok(Reply::ok(exchange.render(about)?))
}

fn set_level(exchange: &Exchange<'_>) -> Answer {
    match exchange.params.level.as_deref().and_then(Level::parse) {
        Some(_) => nothing(exchange),
        None => Err(exchange.fault(Fault::invalid_params(
            "level must be debug, info, … emergency",
        ))),
    }
}

pub(super) fn nothing(exchange: &Exchange<'_>) -> Answer {
    Ok(Reply::ok(exchange.render(json!({}))?))
}
