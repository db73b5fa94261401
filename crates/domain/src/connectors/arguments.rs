//! Arguments of which only a schema says enough: those of imported APIs above all. `connector` checks the others itself,
//! argument by argument, with words of its own.

use crate::Result;
use anyhow::anyhow;
use api_types::Refusal;
use connector::Operation;
use jsonschema::{ValidationError, Validator, draft202012};
use serde_json::{Map, Value};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// More words than this help nobody: a validator may quote the whole argument.
const MOST_WORDS: usize = 300;

/// The schemas of a toolkit's tools by their operations' names, made ready when first needed: that takes longer than the
/// rest of a call.
#[derive(Default)]
pub(crate) struct Schemas(RwLock<HashMap<String, Arc<Validator>>>);

impl Schemas {
    fn of(&self, operation: &Operation) -> Result<Arc<Validator>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(ready) = known.get(&operation.name) {
            return Ok(ready.clone());
        }
        drop(known);
        let ready = Arc::new(made_ready(operation)?);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(operation.name.clone(), ready.clone());
        Ok(ready)
    }
}

fn made_ready(operation: &Operation) -> Result<Validator> {
    // These schemas hold neither references nor patterns, so nothing is fetched and nothing takes long.
    let ready = draft202012::new(&operation.input_schema());
    Ok(ready.map_err(|error| anyhow!("the schema of {}: {error}", operation.name))?)
}

/// Refuses arguments that do not fit the schema that clients were shown.
pub(super) fn check(
    operation: &Operation,
    arguments: &Map<String, Value>,
    schemas: &Schemas,
) -> Result<()> {
    let by_schema = operation.inputs.iter().any(|input| input.schema.is_some());
    if operation.input_schema.is_none() && !by_schema {
        return Ok(());
    }
    let validator = schemas.of(operation)?;
    let arguments = Value::Object(arguments.clone());
    let told = validator.validate(&arguments).map_err(|wrong| told(&wrong));
    Ok(told.map_err(|told| Refusal::invalid("arguments", told))?)
}

/// Which argument it is, and what is wrong with it.
fn told(wrong: &ValidationError<'_>) -> String {
    let at = wrong.instance_path().to_string();
    let told = match at.trim_start_matches('/') {
        "" => wrong.to_string(),
        at => format!("{at}: {wrong}"),
    };
    told.chars().take(MOST_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use serde_json::json;

    fn checked(arguments: Value) -> Option<String> {
        let operation = json!({
            "name": "list", "title": "List", "about": "Lists.", "method": "GET", "path": "/",
            "access": "read",
            "input_schema": {
                "type": "object", "additionalProperties": false, "required": ["id"],
                "properties": {
                    "id": { "type": "string" },
                    "of": { "type": "object", "properties": { "size": { "maximum": 9 } } },
                },
            },
        });
        let operation: Operation = serde_json::from_value(operation).expect("an operation");
        match check(
            &operation,
            arguments.as_object().expect("an object"),
            &Schemas::default(),
        ) {
            Ok(()) => None,
            Err(Error::Refused(refusal)) => Some(refusal.to_string()),
            Err(error) => panic!("{error:?}"),
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        assert_eq!(checked(json!({ "id": "1", "of": { "size": 9 } })), None);
        for (arguments, words) in [
            (json!({}), "\"id\" is a required property"),
            (json!({ "id": 1 }), "id: 1 is not of type"),
            (json!({ "id": "1", "x": 1 }), "'x' was unexpected"),
            (
                json!({ "id": "1", "of": { "size": 10 } }),
                "of/size: 10 is greater",
            ),
            (json!({ "id": ["x".repeat(10_000)] }), "id: [\"xxx"),
        ] {
            let told = checked(arguments).expect(words);
            assert!(told.contains(words) && told.len() < 400, "{told}");
        }
    }
}
