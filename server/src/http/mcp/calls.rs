//! `tools/call`: rate, tool, scope, arguments, then the toolkit, then the row, then the answer.

use super::dispatch::{Answer, Exchange};
use super::idempotency::Again;
use super::lists::is_open;
use super::meter::Meter;
use super::reply::{Failure, Refused};
use super::run::Run;
use super::{idempotency, input_required, limits, request_state, streaming};
use api_types::usage::Outcome;
use domain::oauth_server;
use domain::toolkits::{CallContext, ClientInput, Level, Notifier, Tool};
use mcp_wire::{Era, Fault, headers};
use serde_json::value::RawValue;
use std::sync::OnceLock;
use tokio::sync::mpsc;

/// Messages to the client that may wait while it is slow.
const WAITING_MESSAGES: usize = 16;

/// Calls a tool.
pub(super) async fn call(exchange: &Exchange<'_>) -> Answer {
    let mut meter = Meter::start(exchange);
    match prepare(exchange, &mut meter) {
        Ok((run, messages, None)) => {
            Ok(streaming::answer(Box::pin(run.finish(meter)), messages).await)
        }
        Ok((run, messages, Some(again))) => {
            let call = idempotency::once(run, meter, again);
            Ok(streaming::answer(Box::pin(call), messages).await)
        }
        Err((outcome, failure)) => Err(meter.fail(outcome, failure).await),
    }
}

/// A call that may run, what it tells meanwhile, and its key if it may be sent again.
type Prepared = (Run, Option<mpsc::Receiver<String>>, Option<Again>);

/// Everything that is decided before the tool runs.
fn prepare(exchange: &Exchange<'_>, meter: &mut Meter) -> Result<Prepared, Refused> {
    let invalid = |fault| (Outcome::Invalid, exchange.fault(fault));
    let tool = named(exchange);
    if let Ok(tool) = tool {
        meter.name(tool.toolkit.name(), tool.spec.name.clone());
    }
    // Also for tools that are not there: the row of a refused call is work too.
    limits::rate(exchange)?;
    let tool = tool.map_err(invalid)?;
    if !is_open(exchange.principal(), &*tool.toolkit, tool.spec.access) {
        return Err((Outcome::Refused, insufficient_scope(exchange, &tool.scope)));
    }
    require_plan(exchange, tool)?;
    let arguments = arguments(exchange).map_err(invalid)?;
    if exchange.era == Era::Modern {
        headers::check_arguments(
            &exchange.caller.headers,
            &tool.headers,
            exchange.params.arguments,
        )
        .map_err(|fault| (Outcome::Invalid, Failure::bad_request(fault)))?;
    }
    let name = tool.spec.name.clone();
    let client = client_input(exchange, &name).map_err(invalid)?;
    let again = idempotency::read(exchange, &tool.spec, &arguments).map_err(invalid)?;
    let (notifier, messages) = notifier(exchange, tool).map_err(invalid)?;
    let warning = limits::look_for_loop(exchange, &name, arguments.get())?;
    let run = Run {
        endpoint: exchange.endpoint.clone(),
        context: context(exchange, notifier, client),
        tool: name,
        unit: tool.spec.unit,
        arguments,
        warning,
        id: exchange.id.as_raw().to_owned(),
        era: exchange.era,
    };
    Ok((run, messages, again))
}

/// The tool that is asked for. A toolkit that the tenant has switched off does not exist.
fn named<'a>(exchange: &Exchange<'a>) -> Result<&'a Tool, Fault> {
    let Some(name) = exchange.params.name.as_deref() else {
        return Err(Fault::invalid_params("name is missing"));
    };
    exchange
        .principal()
        .tool(exchange.toolkits(), name)
        .ok_or_else(|| Fault::invalid_params(format!("Unknown tool: {}", mcp_wire::clip(name))))
}

/// Refuses a tool that the tenant's plan has not.
fn require_plan(exchange: &Exchange<'_>, tool: &Tool) -> Result<(), Refused> {
    let services = &exchange.endpoint.state.services;
    let entitled = exchange.principal().require_plan(services, &*tool.toolkit);
    entitled.map_err(|refusal| {
        let fault = Fault::invalid_params(refusal.to_string());
        (Outcome::Refused, exchange.fault(fault))
    })
}

/// The answer to a key that does not open what it asks for.
pub(super) fn insufficient_scope(exchange: &Exchange<'_>, scope: &str) -> Failure {
    let (caller, principal) = (exchange.caller, exchange.principal());
    if let Some(oauth_id) = principal.oauth_id() {
        let client = (oauth_id.to_owned(), principal.client_name.clone());
        let services = &exchange.endpoint.state.services;
        oauth_server::lacked(services, principal.tenant(), &caller.seen(), client, scope);
    }
    exchange
        .endpoint
        .challenges
        .insufficient_scope(caller, scope)
}

fn arguments(exchange: &Exchange<'_>) -> Result<Box<RawValue>, Fault> {
    match exchange.params.arguments {
        Some(arguments) if arguments.get().starts_with('{') => Ok(arguments.to_owned()),
        Some(_) => Err(Fault::invalid_params("arguments must be an object")),
        None => Ok(RawValue::from_string("{}".into()).unwrap_or_default()),
    }
}

/// What a modern client says of itself and answers to an input-required result.
pub(super) fn client_input(exchange: &Exchange<'_>, name: &str) -> Result<ClientInput, Fault> {
    if exchange.era != Era::Modern {
        return Ok(ClientInput::default());
    }
    let credential = exchange.principal().credential;
    let tied =
        || request_state::context(credential, exchange.method, name, exchange.params.arguments);
    input_required::client_input(&exchange.endpoint.request_states, exchange.params, tied)
}

/// A way to tell the client what goes on, if it wants to know and the toolkit has something to tell.
fn notifier(
    exchange: &Exchange<'_>,
    tool: &Tool,
) -> Result<(Notifier, Option<mpsc::Receiver<String>>), Fault> {
    if !exchange.streams || !tool.toolkit.notifies() {
        return Ok((Notifier::default(), None));
    }
    let meta = exchange.params.meta.as_ref();
    let token = meta.and_then(|meta| meta.progress_token);
    let token = token
        .map(|token| serde_json::from_str(token.get()))
        .transpose();
    let token = token.map_err(|_| Fault::invalid_params("progressToken is not valid"))?;
    let level = match (
        exchange.era,
        meta.and_then(|meta| meta.log_level.as_deref()),
    ) {
        // What a client of the handshake set is not remembered.
        (Era::Legacy(_), _) => Some(Level::INFO),
        (Era::Modern, None) => None,
        (Era::Modern, Some(word)) => {
            Some(Level::parse(word).ok_or_else(|| Fault::invalid_params("logLevel is not valid"))?)
        }
    };
    let (sender, messages) = mpsc::channel(WAITING_MESSAGES);
    Ok((Notifier::new(sender, token, level), Some(messages)))
}

/// What surrounds a call.
pub(super) fn context(
    exchange: &Exchange<'_>,
    notifier: Notifier,
    client: ClientInput,
) -> CallContext {
    CallContext {
        services: exchange.endpoint.state.services.clone(),
        principal: exchange.caller.principal.clone(),
        era: super::meter::era(exchange.era),
        address: exchange.caller.address,
        request_id: exchange.caller.request_id,
        notifier,
        client,
        connection: OnceLock::new(),
    }
}
