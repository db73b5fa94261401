//! Asking a client for something more, and taking its answer (2026-07-28, basic/patterns/mrtr).

use super::request_state::RequestStates;
use domain::toolkits::{ClientInput, InputRequired};
use mcp_wire::{Fault, Params};
use serde_json::{Map, Value, json, value::RawValue};

/// What a modern client says of itself and answers to an input-required result.
pub(super) fn client_input(
    states: &RequestStates,
    params: &Params<'_>,
    tied: impl FnOnce() -> Vec<u8>,
) -> Result<ClientInput, Fault> {
    let capabilities = params
        .meta
        .as_ref()
        .and_then(|meta| meta.client_capabilities);
    let state = params.request_state.as_deref();
    Ok(ClientInput {
        capabilities: capabilities.map(object).transpose()?.unwrap_or_default(),
        responses: params
            .input_responses
            .map(responses)
            .transpose()?
            .unwrap_or_default(),
        state: state
            .map(|sealed| states.open(&tied(), sealed))
            .transpose()?,
    })
}

fn object(json: &RawValue) -> Result<Map<String, Value>, Fault> {
    if json.get() == "{}" {
        return Ok(Map::new());
    }
    serde_json::from_str(json.get())
        .map_err(|_| Fault::invalid_params("clientCapabilities must be an object"))
}

fn responses(json: &RawValue) -> Result<Map<String, Value>, Fault> {
    serde_json::from_str(json.get())
        .ok()
        .filter(|responses: &Map<String, Value>| responses.values().all(Value::is_object))
        .ok_or_else(|| Fault::invalid_params("inputResponses must be an object of objects"))
}

/// The content of an input-required result: the questions, and the toolkit's state sealed and tied to the request.
pub(super) fn content(
    states: &RequestStates,
    tied: &[u8],
    client: &ClientInput,
    asked: InputRequired,
) -> Result<Value, Fault> {
    let missing = undeclared(&asked, &client.capabilities);
    if !missing.is_empty() {
        return Err(Fault::missing_capability(missing.into()));
    }
    let mut content = json!({});
    if !asked.requests.is_empty() {
        content["inputRequests"] = asked.requests.into();
    }
    if let Some(state) = asked.state {
        let sealed = states.seal(tied, &state).ok_or_else(Fault::internal)?;
        content["requestState"] = sealed.into();
    }
    Ok(content)
}

/// What the client would have to be able to do, but has not declared.
fn undeclared(asked: &InputRequired, declared: &Map<String, Value>) -> Map<String, Value> {
    let needed = asked
        .requests
        .values()
        .filter_map(|request| request["method"].as_str());
    needed
        .map(|method| match method {
            "elicitation/create" => "elicitation",
            "sampling/createMessage" => "sampling",
            _ => "roots",
        })
        .filter(|capability| !declared.contains_key(*capability))
        .map(|capability| (capability.to_owned(), json!({})))
        .collect()
}
