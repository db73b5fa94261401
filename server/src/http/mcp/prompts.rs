//! `prompts/get` and `completion/complete`.

use super::dispatch::{Answer, Exchange};
use super::lists;
use super::reply::{Failure, Reply};
use super::resources::{self, failure, timely};
use super::{calls, input_required, limits, request_state};
use domain::toolkits::{Answer as PromptAnswer, Completion, Notifier, PromptCall, Toolkit};
use mcp_wire::{Era, Fault};
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};

/// As many proposals as MCP allows in one answer.
const MOST_PROPOSALS: usize = 100;

/// Fills in a prompt.
pub(super) async fn get(exchange: &Exchange<'_>) -> Answer {
    limits::rate(exchange).map_err(|(_, failure)| failure)?;
    let (toolkit, prompt) = named(exchange)?;
    let arguments = arguments(exchange)?;
    let client = calls::client_input(exchange, prompt).map_err(|fault| exchange.fault(fault))?;
    let context = calls::context(exchange, Notifier::default(), client);
    let call = PromptCall {
        prompt,
        arguments: &arguments,
        context: &context,
    };
    let answer = timely(toolkit.prompt(call))
        .await
        .map_err(|ended| failure(exchange, ended).1)?;
    match answer {
        PromptAnswer::Done(output) => Ok(Reply::ok(exchange.render(output)?)),
        PromptAnswer::Fault(fault) => Err(exchange.fault(fault)),
        PromptAnswer::InputRequired(_) if exchange.era != Era::Modern => {
            let message =
                "this prompt asks questions, which needs a client of MCP 2026-07-28 or newer";
            Err(exchange.fault(Fault::invalid_params(message)))
        }
        PromptAnswer::InputRequired(asked) => {
            let credential = exchange.principal().credential;
            let tied = request_state::context(
                credential,
                exchange.method,
                prompt,
                exchange.params.arguments,
            );
            let states = &exchange.endpoint.request_states;
            let asked = input_required::content(states, &tied, &context.client, asked);
            let asked = asked.map_err(|fault| exchange.fault(fault))?;
            let extras = lists::extras(exchange.era, "input_required", None);
            let body = mcp_wire::reply::result(exchange.era, exchange.id, asked, extras);
            Ok(Reply::ok(lists::rendered(body)?))
        }
    }
}

fn named<'a>(exchange: &Exchange<'a>) -> Result<(&'a dyn Toolkit, &'static str), Failure> {
    known(exchange)?;
    let name = exchange.params.name.as_deref().unwrap_or_default();
    let prompts = exchange.open_toolkits().flat_map(|toolkit| {
        toolkit
            .prompts()
            .iter()
            .map(move |prompt| (toolkit, prompt.name))
    });
    prompts
        .into_iter()
        .find(|(_, prompt)| *prompt == name)
        .ok_or_else(|| {
            exchange.fault(Fault::invalid_params(format!(
                "Unknown prompt: {}",
                mcp_wire::clip(name)
            )))
        })
}

/// A build without prompts does not know their methods.
fn known(exchange: &Exchange<'_>) -> Result<(), Failure> {
    if lists::has_prompts(exchange.toolkits()) {
        return Ok(());
    }
    Err(exchange.fault(Fault::method_not_found(exchange.method)))
}

fn arguments(exchange: &Exchange<'_>) -> Result<Map<String, Value>, Failure> {
    let Some(arguments) = exchange.params.arguments else {
        return Ok(Map::new());
    };
    serde_json::from_str(arguments.get())
        .map_err(|_| exchange.fault(Fault::invalid_params("arguments must be an object")))
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Reference {
    #[serde(rename = "ref/prompt")]
    Prompt { name: String },
    #[serde(rename = "ref/resource")]
    Resource { uri: String },
}

#[derive(Deserialize)]
struct Argument {
    name: String,
    value: String,
}

/// Proposes values for an argument.
pub(super) async fn complete(exchange: &Exchange<'_>) -> Answer {
    limits::rate(exchange).map_err(|(_, failure)| failure)?;
    known(exchange)?;
    let reference: Reference = read(exchange, "ref", exchange.params.reference)?;
    let argument: Argument = read(exchange, "argument", exchange.params.argument)?;
    let (of, toolkit) = match &reference {
        Reference::Prompt { name } => (
            name,
            exchange
                .open_toolkits()
                .find(|toolkit| has_prompt(*toolkit, name)),
        ),
        Reference::Resource { uri } => (
            uri,
            exchange
                .open_toolkits()
                .find(|toolkit| has_template(*toolkit, uri)),
        ),
    };
    let Some(toolkit) = toolkit else {
        return Err(exchange.fault(Fault::invalid_params("ref names nothing that is here")));
    };
    let context = resources::context(exchange);
    let wanted = Completion {
        of,
        argument: &argument.name,
        value: &argument.value,
    };
    let found = timely(toolkit.complete(&context, wanted)).await;
    let mut values = found.map_err(|ended| failure(exchange, ended).1)?;
    let total = values.len();
    values.truncate(MOST_PROPOSALS);
    let completion = json!({ "values": values, "total": total, "hasMore": total > values.len() });
    Ok(Reply::ok(
        exchange.render(json!({ "completion": completion }))?,
    ))
}

fn has_prompt(toolkit: &dyn Toolkit, name: &str) -> bool {
    toolkit.prompts().iter().any(|prompt| prompt.name == name)
}

fn has_template(toolkit: &dyn Toolkit, pattern: &str) -> bool {
    toolkit
        .resource_templates()
        .iter()
        .any(|template| template.uri_template == pattern)
}

fn read<'a, T: Deserialize<'a>>(
    exchange: &Exchange<'_>,
    name: &str,
    json: Option<&'a RawValue>,
) -> Result<T, Failure> {
    json.and_then(|json| serde_json::from_str(json.get()).ok())
        .ok_or_else(|| {
            exchange.fault(Fault::invalid_params(format!(
                "{name} is missing or not valid"
            )))
        })
}
