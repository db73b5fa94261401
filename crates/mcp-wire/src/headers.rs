//! Headers that repeat parts of the body, so that machines on the way need not read it: what they say must be
//! what the body says (2026-07-28, basic/transports/streamable-http, "Server Validation").

use crate::{Fault, Request};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName};
use serde_json::{Value, value::RawValue};
use std::borrow::Cow;

/// The protocol version, if the header is there. Twice is refused: two readers could pick different ones.
pub fn protocol_version(headers: &HeaderMap) -> Result<Option<&str>, Fault> {
    only(headers, "mcp-protocol-version")
}

/// Checks the standard headers of a modern request.
pub fn check(headers: &HeaderMap, request: &Request<'_>) -> Result<(), Fault> {
    match only(headers, "mcp-method")? {
        Some(method) if method == request.method => {}
        Some(_) => return Err(differs("Mcp-Method", "method")),
        None => return Err(missing("Mcp-Method")),
    }
    let (member, named) = match &*request.method {
        "tools/call" | "prompts/get" => ("params.name", request.params.name.as_deref()),
        "resources/read" => ("params.uri", request.params.uri.as_deref()),
        _ => return Ok(()),
    };
    // A body without a name is the method's own trouble.
    let Some(named) = named else { return Ok(()) };
    match only(headers, "mcp-name")? {
        Some(header) if decoded(header)? == named => Ok(()),
        Some(_) => Err(differs("Mcp-Name", member)),
        None => Err(missing("Mcp-Name")),
    }
}

/// Checks the headers that a tool's input schema asks for with `x-mcp-header`: pairs of the suffix of
/// `Mcp-Param-…` and the path of the argument.
pub fn check_arguments(
    headers: &HeaderMap,
    wanted: &[(String, Vec<String>)],
    arguments: Option<&RawValue>,
) -> Result<(), Fault> {
    if wanted.is_empty() {
        return Ok(());
    }
    let arguments: Value = arguments
        .and_then(|arguments| serde_json::from_str(arguments.get()).ok())
        .unwrap_or_default();
    wanted.iter().try_for_each(|(suffix, path)| {
        let value = path
            .iter()
            .try_fold(&arguments, |value, member| value.get(member));
        check_argument(headers, suffix, value.unwrap_or(&Value::Null))
    })
}

fn check_argument(headers: &HeaderMap, suffix: &str, value: &Value) -> Result<(), Fault> {
    let name = format!("mcp-param-{}", suffix.to_ascii_lowercase());
    let header = only(headers, &name)?;
    match (header, value) {
        (None, Value::Null) => Ok(()),
        (None, _) => Err(missing(&format!("Mcp-Param-{suffix}"))),
        (Some(header), value) if says(&decoded(header)?, value) => Ok(()),
        (Some(_), _) => Err(differs(&format!("Mcp-Param-{suffix}"), "argument")),
    }
}

fn says(header: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => header == text,
        Value::Bool(truth) => header == if *truth { "true" } else { "false" },
        // Numbers are compared as numbers: 42.0 is 42.
        Value::Number(number) => {
            header == number.to_string()
                || header
                    .parse::<f64>()
                    .is_ok_and(|header| Some(header) == number.as_f64())
        }
        _ => false,
    }
}

/// The value behind `=?base64?…?=`, or the value itself.
fn decoded(header: &str) -> Result<Cow<'_, str>, Fault> {
    let inner = header
        .strip_prefix("=?base64?")
        .and_then(|rest| rest.strip_suffix("?="));
    let Some(inner) = inner else {
        return Ok(Cow::Borrowed(header));
    };
    STANDARD
        .decode(inner)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .map(Cow::Owned)
        .ok_or_else(|| {
            Fault::header_mismatch("a header has invalid base64 between =?base64? and ?=")
        })
}

fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Fault> {
    let Ok(name) = HeaderName::try_from(name) else {
        return Ok(None);
    };
    let mut values = headers.get_all(&name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Fault::header_mismatch(format!(
            "the header {name} occurs twice"
        )));
    }
    match value.to_str() {
        Ok(value) => Ok(Some(value.trim_matches([' ', '\t']))),
        Err(_) => Err(Fault::header_mismatch(format!(
            "the header {name} has invalid characters"
        ))),
    }
}

fn missing(header: &str) -> Fault {
    Fault::header_mismatch(format!("the {header} header is missing"))
}

fn differs(header: &str, member: &str) -> Fault {
    Fault::header_mismatch(format!(
        "the {header} header and the body's {member} differ"
    ))
}
