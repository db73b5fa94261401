//! What only the stateless revision 2026-07-28 has.

use super::dispatch::{Answer, Exchange};
use super::lists::{self, capabilities};
use super::reply::{Failure, Reply};
use super::{calls, listen, prompts, resources};
use mcp_wire::{Fault, era};
use serde_json::{Value, json};

/// Clients may keep what a server says of itself for an hour.
const DISCOVERY_TTL_MS: u64 = 3_600_000;

/// Checks that `_meta` is complete; its protocol version has been checked already.
pub(super) fn check(exchange: &Exchange<'_>) -> Result<(), Failure> {
    let meta = exchange.params.meta.as_ref();
    let capabilities = meta.and_then(|meta| meta.client_capabilities);
    if !capabilities.is_some_and(|json| json.get().starts_with('{')) {
        return Err(Failure::bad_request(era::missing_meta(
            "clientCapabilities",
        )));
    }
    let sound = |json: &str, kinds: &[char]| json.starts_with(kinds);
    let client_info = meta.and_then(|meta| meta.client_info);
    if client_info.is_some_and(|json| !sound(json.get(), &['{'])) {
        let fault = Fault::invalid_params("io.modelcontextprotocol/clientInfo must be an object");
        return Err(Failure::bad_request(fault));
    }
    Ok(())
}

pub(super) async fn answer(exchange: &Exchange<'_>) -> Answer {
    match exchange.method {
        "tools/call" => calls::call(exchange).await,
        "tools/list" => lists::tools(exchange),
        "resources/read" => resources::read(exchange).await,
        "resources/list" => resources::list(exchange).await,
        "resources/templates/list" => lists::resource_templates(exchange),
        "prompts/list" => lists::prompts(exchange),
        "prompts/get" => prompts::get(exchange).await,
        "completion/complete" => prompts::complete(exchange).await,
        "server/discover" => discover(exchange),
        "subscriptions/listen" => listen::listen(exchange),
        method => Err(exchange.fault(Fault::method_not_found(method))),
    }
}

fn discover(exchange: &Exchange<'_>) -> Answer {
    let about = json!({
        "supportedVersions": era::ALL_VERSIONS,
        "capabilities": with_subscriptions(capabilities(exchange.toolkits())),
        "instructions": lists::INSTRUCTIONS,
    });
    Ok(Reply::ok(exchange.render_for(about, DISCOVERY_TTL_MS)?))
}

/// Changes of lists are told to those who listen.
fn with_subscriptions(mut capabilities: Value) -> Value {
    for list in ["tools", "prompts"] {
        if let Some(list) = capabilities.get_mut(list) {
            list["listChanged"] = true.into();
        }
    }
    capabilities
}
