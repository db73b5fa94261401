//! The account toolkit: what a client may know of itself and of its tenant.

use super::{
    Access, Annotations, Answer, Name, ToolCall, ToolOutput, ToolSpec, Toolkit, Unit, schema_of,
};
use crate::{Result, credentials::Principal, usage};
use api_types::{Refusal, usage::Range};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// See the module.
pub struct Account(Vec<ToolSpec>);

impl Account {
    /// The toolkit.
    pub fn new() -> Self {
        let tool = |name: &'static str,
                    title: &'static str,
                    description: &'static str,
                    input_schema,
                    output_schema| ToolSpec {
            name: name.into(),
            title: title.into(),
            description: description.into(),
            access: Access::Read,
            input_schema,
            output_schema: Some(output_schema),
            annotations: Annotations::default(),
            unit: Unit::Call,
        };
        Self(vec![
            tool(
                "whoami",
                "Who am I",
                "Tells which tenant, client and key this connection uses, and what the key opens.",
                schema_of::<Nothing>(),
                schema_of::<Identity>(),
            ),
            tool(
                "usage_summary",
                "Usage summary",
                "Sums up this tenant's calls: how many, how many failed, how long they took, by tool.",
                schema_of::<SummaryArguments>(),
                schema_of::<Summary>(),
            ),
            tool(
                "list_toolkits",
                "List toolkits",
                "Lists the toolkits of this server, and which of them this tenant and key may use.",
                schema_of::<Nothing>(),
                schema_of::<Toolkits>(),
            ),
        ])
    }
}

impl Default for Account {
    fn default() -> Self {
        Self::new()
    }
}

impl Toolkit for Account {
    fn name(&self) -> Name {
        "account".into()
    }

    fn title(&self) -> &'static str {
        "Account"
    }

    fn description(&self) -> &'static str {
        "Who a client is, what it may use, and how much the tenant has used."
    }

    fn tools(&self) -> &[ToolSpec] {
        &self.0
    }

    fn call<'a>(&'a self, call: ToolCall<'a>) -> BoxFuture<'a, Result<Answer<ToolOutput>>> {
        Box::pin(async move {
            let output = match call.tool {
                "whoami" => call.arguments::<Nothing>().and_then(|_| whoami(&call))?,
                "usage_summary" => usage_summary(&call).await?,
                _ => call
                    .arguments::<Nothing>()
                    .and_then(|_| list_toolkits(&call))?,
            };
            Ok(output.into())
        })
    }
}

/// No arguments.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Serialize, JsonSchema)]
struct Identity<'a> {
    /// The tenant's name in addresses.
    tenant: &'a str,
    /// The tenant's name.
    tenant_name: &'a str,
    /// The registered client.
    client: &'a str,
    /// The key's name, or whose log-in it is.
    key: &'a str,
    /// What the key opens: `toolkit:read` or `toolkit:write`.
    scopes: &'a [String],
}

fn whoami(call: &ToolCall<'_>) -> Result<ToolOutput> {
    let principal: &Principal = &call.context.principal;
    let identity = Identity {
        tenant: principal.actor.slug(),
        tenant_name: &principal.tenant_name,
        client: &principal.client_name,
        key: &principal.credential_name,
        scopes: &principal.scopes,
    };
    let text = format!(
        "You are the client \"{}\" of {} (tenant {}), with the key \"{}\", which opens {}.",
        identity.client,
        identity.tenant_name,
        identity.tenant,
        identity.key,
        identity.scopes.join(", ")
    );
    ToolOutput::structured(text, &identity)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SummaryArguments {
    /// How far back: 1h, 24h, 7d, 30d or 90d. 24h if absent.
    #[serde(default)]
    #[schemars(schema_with = "range_schema")]
    range: Option<String>,
}

fn range_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "string", "enum": ["1h", "24h", "7d", "30d", "90d"] })
}

#[derive(Serialize, JsonSchema)]
struct Summary {
    range: &'static str,
    calls: i64,
    /// Calls that did not end well.
    errors: i64,
    /// Half of the calls took at most this many milliseconds.
    p50_ms: f64,
    /// 95 of 100 calls took at most this many milliseconds.
    p95_ms: f64,
    /// The most called tools first.
    by_tool: Vec<ToolCount>,
}

#[derive(Serialize, JsonSchema)]
struct ToolCount {
    tool: String,
    calls: i64,
    errors: i64,
}

async fn usage_summary(call: &ToolCall<'_>) -> Result<ToolOutput> {
    let range = match call.arguments::<SummaryArguments>()?.range {
        None => Range::default(),
        Some(word) => Range::ALL
            .into_iter()
            .find(|range| range.as_str() == word)
            .ok_or_else(|| Refusal::invalid("range", "1h, 24h, 7d, 30d or 90d"))?,
    };
    let (total, tools) =
        usage::summary(&call.context.services, call.context.actor(), range).await?;
    let by_tool = tools
        .into_iter()
        .map(|tool| ToolCount {
            tool: tool.name,
            calls: tool.totals.calls,
            errors: tool.totals.errors,
        })
        .collect();
    let summary = Summary {
        range: range.as_str(),
        calls: total.calls,
        errors: total.errors,
        p50_ms: total.p50_ms.unwrap_or_default(),
        p95_ms: total.p95_ms.unwrap_or_default(),
        by_tool,
    };
    ToolOutput::structured(in_words(&summary), &summary)
}

fn in_words(summary: &Summary) -> String {
    let mut text = format!(
        "Last {}: {} calls, {} with errors; half took at most {:.1} ms, 95 % at most {:.1} ms.",
        summary.range, summary.calls, summary.errors, summary.p50_ms, summary.p95_ms
    );
    for tool in &summary.by_tool {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n- {}: {} calls, {} with errors",
            tool.tool, tool.calls, tool.errors
        );
    }
    text
}

#[derive(Serialize, JsonSchema)]
struct Toolkits {
    toolkits: Vec<ToolkitState>,
}

#[derive(Serialize, JsonSchema)]
struct ToolkitState {
    name: String,
    description: String,
    /// Whether the tenant has switched it on.
    enabled: bool,
    /// What this key opens of it: `none`, `read` or `write`.
    access: &'static str,
    tools: Vec<String>,
}

fn list_toolkits(call: &ToolCall<'_>) -> Result<ToolOutput> {
    let principal = &call.context.principal;
    let state = |toolkit: &dyn Toolkit| ToolkitState {
        name: toolkit.name().into_owned(),
        description: toolkit.description().into(),
        enabled: principal.has(toolkit),
        access: match (
            principal.opens(toolkit, true),
            principal.opens(toolkit, false),
        ) {
            (true, _) => "write",
            (_, true) => "read",
            _ => "none",
        },
        tools: toolkit
            .tools()
            .iter()
            .map(|tool| tool.name.to_string())
            .collect(),
    };
    // Of those that act elsewhere there are many: only what the tenant has on is worth a model's attention.
    let here = call.context.services.toolkits.iter();
    let all = here.chain(principal.own.iter());
    let worth = all.filter(|toolkit| !toolkit.is_elsewhere() || principal.has(*toolkit));
    let toolkits: Vec<_> = worth.map(state).collect();
    let lines: Vec<_> = toolkits
        .iter()
        .map(|toolkit| {
            let switch = if toolkit.enabled { "on" } else { "off" };
            format!(
                "{} ({switch}, your access: {}): {}",
                toolkit.name, toolkit.access, toolkit.description
            )
        })
        .collect();
    ToolOutput::structured(lines.join("\n"), &Toolkits { toolkits })
}
