//! How operations are offered: to clients as tools, to people as a list.

use crate::toolkits::{Access, Annotations, ToolSpec, Unit};
use api_types::connections::OperationView;
use connector::{Access as Effect, Operation};
use serde_json::{Value, json};

/// The argument that says which connection is meant.
pub(super) const CONNECTION: &str = "connection";

/// The tool of an operation.
pub(crate) fn spec(toolkit: &str, service: &str, operation: &Operation) -> ToolSpec {
    ToolSpec {
        name: tool_name(toolkit, operation).into(),
        title: format!("{service}: {}", operation.title).into(),
        description: operation.about.clone().into(),
        access: access(operation),
        input_schema: with_connection(operation.input_schema(), service),
        output_schema: operation.output_schema(),
        annotations: Annotations {
            destructive: operation.destructive,
            idempotent: operation.idempotent,
            open_world: true,
        },
        unit: Unit::Call,
    }
}

/// The same for people.
pub(crate) fn view(toolkit: &str, operation: &Operation) -> OperationView {
    OperationView {
        name: tool_name(toolkit, operation),
        title: operation.title.clone(),
        about: operation.about.clone(),
        request: format!("{} {}", operation.method, operation.path),
        writes: operation.access == Effect::Write,
        destructive: operation.destructive,
        scopes: operation.scopes.clone(),
        docs: operation.docs.clone(),
        schema: operation.input_schema(),
    }
}

fn tool_name(toolkit: &str, operation: &Operation) -> String {
    format!("{toolkit}_{}", operation.name)
}

fn access(operation: &Operation) -> Access {
    match operation.access {
        Effect::Read => Access::Read,
        Effect::Write => Access::Write,
    }
}

/// An operation that has an argument of that name keeps it.
fn with_connection(mut schema: Value, service: &str) -> Value {
    if let Some(properties) = schema["properties"].as_object_mut() {
        let about = format!(
            "Which {service} account to use, by its label; needed only where there are several"
        );
        let connection = json!({ "type": "string", "description": about });
        properties.entry(CONNECTION).or_insert(connection);
    }
    schema
}

/// Whether the argument of that name is the operation's own.
pub(super) fn has_own_connection(operation: &Operation) -> bool {
    operation
        .inputs
        .iter()
        .any(|input| input.name == CONNECTION)
}
