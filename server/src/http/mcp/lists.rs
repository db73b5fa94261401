//! What there is: tools, templates and prompts that this key sees, and what the server can do at all.

use super::dispatch::{Answer, Exchange};
use super::reply::{Failure, Reply};
use domain::credentials::Principal;
use domain::toolkits::{Access, Registry, Tool, Toolkit};
use mcp_wire::reply::{Extras, result};
use mcp_wire::{Era, Fault};
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};
use std::sync::LazyLock;

/// For the model that uses the tools.
pub(super) const INSTRUCTIONS: &str = "Bulkhead gives you the tools of one tenant. Call whoami to learn which, and what your key opens.";

/// Lists may be kept for a minute; changes are told to those who listen.
const LIST_TTL_MS: u64 = 60_000;

/// Who made a result; every modern result says so.
static SERVER_INFO: LazyLock<Option<Box<RawValue>>> =
    LazyLock::new(|| serde_json::value::to_raw_value(&server_info()).ok());

fn server_info() -> Value {
    let about = json!({ "name": "bulkhead", "version": env!("CARGO_PKG_VERSION") });
    json!({ "io.modelcontextprotocol/serverInfo": about })
}

/// The parts of a result that are not its content. Clients of the handshake were told in it who the server is.
pub(super) fn extras(era: Era, result_type: &'static str, ttl_ms: Option<u64>) -> Extras<'static> {
    Extras {
        result_type,
        meta: SERVER_INFO.as_deref().filter(|_| era == Era::Modern),
        ttl_ms,
    }
}

/// `_meta` of a result that has one more member than others.
pub(super) fn meta_with(era: Era, name: &str, more: Value) -> Option<Box<RawValue>> {
    let mut meta = match era {
        Era::Modern => server_info(),
        Era::Legacy(_) => json!({}),
    };
    meta[name] = more;
    serde_json::value::to_raw_value(&meta).ok()
}

impl<'a> Exchange<'a> {
    /// The toolkits of this build.
    pub(super) fn toolkits(&self) -> &'a Registry {
        &self.endpoint.state.services.toolkits
    }

    /// The key's holder.
    pub(super) fn principal(&self) -> &'a Principal {
        &self.caller.principal
    }

    /// A fault of this method.
    pub(super) fn fault(&self, fault: Fault) -> Failure {
        Failure::of_method(self.era, fault)
    }

    /// The response with this result.
    pub(super) fn render<T: Serialize>(&self, content: T) -> Result<Vec<u8>, Failure> {
        let extras = extras(self.era, "complete", None);
        rendered(result(self.era, self.id, content, extras))
    }

    /// The response with this result, which the client may keep for so long.
    pub(super) fn render_for<T: Serialize>(
        &self,
        content: T,
        ttl_ms: u64,
    ) -> Result<Vec<u8>, Failure> {
        let extras = extras(self.era, "complete", Some(ttl_ms));
        rendered(result(self.era, self.id, content, extras))
    }

    /// Toolkits that the tenant has on and the key opens.
    pub(super) fn open_toolkits(&self) -> impl Iterator<Item = &'a dyn Toolkit> {
        let principal = self.principal();
        self.toolkits()
            .iter()
            .chain(principal.own.iter())
            .filter(|toolkit| is_open(principal, *toolkit, Access::Read))
    }

    /// Refuses a cursor: all lists but that of resources fit on one page.
    fn no_cursor(&self) -> Result<(), Failure> {
        match self.params.cursor {
            None => Ok(()),
            Some(_) => Err(self.fault(Fault::invalid_params("cursor: there is no such page"))),
        }
    }
}

/// Serialising plain data does not fail; if it did, that would be ours.
pub(super) fn rendered(bytes: serde_json::Result<Vec<u8>>) -> Result<Vec<u8>, Failure> {
    bytes.map_err(|error| {
        tracing::error!(%error, "serialising an answer");
        Failure::of_method(Era::Modern, Fault::internal())
    })
}

/// Whether the tenant has the toolkit on and the key opens it that far.
pub(super) fn is_open(principal: &Principal, toolkit: &dyn Toolkit, access: Access) -> bool {
    principal.has(toolkit) && principal.opens(toolkit, access == Access::Write)
}

/// The tools that a key sees.
pub(super) fn visible<'a>(
    toolkits: &'a Registry,
    principal: &'a Principal,
) -> impl Iterator<Item = &'a Tool> {
    let all = toolkits.tools().iter().chain(principal.own.tools());
    all.filter(|tool| is_open(principal, &*tool.toolkit, tool.spec.access))
}

/// `tools/list`, spliced together from entries that were rendered once.
pub(super) fn tools(exchange: &Exchange<'_>) -> Answer {
    #[derive(Serialize)]
    struct Tools<'a> {
        tools: Vec<&'a RawValue>,
    }
    exchange.no_cursor()?;
    let tools = visible(exchange.toolkits(), exchange.principal()).map(|tool| &*tool.listed);
    let tools = Tools {
        tools: tools.collect(),
    };
    Ok(Reply::ok(exchange.render_for(tools, LIST_TTL_MS)?))
}

/// `resources/templates/list`.
pub(super) fn resource_templates(exchange: &Exchange<'_>) -> Answer {
    exchange.no_cursor()?;
    let templates: Vec<_> = exchange
        .open_toolkits()
        .flat_map(Toolkit::resource_templates)
        .collect();
    let list = json!({ "resourceTemplates": templates });
    Ok(Reply::ok(exchange.render_for(list, LIST_TTL_MS)?))
}

/// `prompts/list`. A build without prompts does not know the method.
pub(super) fn prompts(exchange: &Exchange<'_>) -> Answer {
    if !has_prompts(exchange.toolkits()) {
        return Err(exchange.fault(Fault::method_not_found(exchange.method)));
    }
    exchange.no_cursor()?;
    let prompts: Vec<_> = exchange
        .open_toolkits()
        .flat_map(Toolkit::prompts)
        .collect();
    Ok(Reply::ok(
        exchange.render_for(json!({ "prompts": prompts }), LIST_TTL_MS)?,
    ))
}

/// Whether any toolkit of this build has prompts.
pub(super) fn has_prompts(toolkits: &Registry) -> bool {
    toolkits.iter().any(|toolkit| !toolkit.prompts().is_empty())
}

/// What the server can do, apart from telling about changes.
pub(super) fn capabilities(toolkits: &Registry) -> Value {
    let mut capabilities = json!({ "tools": {}, "resources": {}, "logging": {} });
    if has_prompts(toolkits) {
        capabilities["prompts"] = json!({});
        capabilities["completions"] = json!({});
    }
    capabilities
}
