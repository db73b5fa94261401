//! What tools say of themselves, as JSON Schema (2020-12).

use crate::arguments::LONGEST_TEXT;
use crate::keep::Keep;
use crate::{Input, Operation};
use serde_json::{Map, Value, json};

impl Operation {
    /// What the tool takes.
    pub fn input_schema(&self) -> Value {
        let mut schema = self
            .input_schema
            .clone()
            .unwrap_or_else(|| self.schema_of_inputs());
        if self.pagination.is_some()
            && let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut)
        {
            let about =
                "For more: next_page of the answer before, with the other arguments as they were";
            properties.insert(
                "page".into(),
                json!({"type": "string", "description": about}),
            );
        }
        schema
    }

    fn schema_of_inputs(&self) -> Value {
        let mut properties = Map::new();
        for input in &self.inputs {
            properties.insert(input.name.clone(), input.to_schema());
        }
        let required = self
            .inputs
            .iter()
            .filter(|i| i.required && i.default.is_none());
        let required: Vec<_> = required.map(|input| &input.name).collect();
        let mut schema = json!({
            "type": "object", "properties": properties, "additionalProperties": false
        });
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        schema
    }

    /// What the tool answers with, where the operation says what is kept of an answer.
    pub fn output_schema(&self) -> Option<Value> {
        if self.keep.is_empty() || self.file {
            return None;
        }
        let properties = Keep::of(&self.keep).ok()?.properties();
        let item = json!({"type": "object", "properties": properties});
        if !self.is_list() {
            return Some(item);
        }
        let mut all = json!({"items": {"type": "array", "items": item}});
        if self.pagination.is_some() {
            let about = "Pass it as page for more; there is no more without it";
            all["next_page"] = json!({"type": "string", "description": about});
        }
        Some(json!({"type": "object", "properties": all, "required": ["items"]}))
    }
}

impl Input {
    fn to_schema(&self) -> Value {
        let given = self.schema.as_deref().map(serde_json::from_str);
        let mut schema = match given {
            Some(Ok(Value::Object(schema))) => schema,
            _ => self.plain_schema(),
        };
        if !self.about.is_empty() {
            schema.insert("description".into(), json!(self.about));
        }
        if let Some(default) = &self.default {
            schema.insert("default".into(), default.clone());
        }
        Value::Object(schema)
    }

    fn plain_schema(&self) -> Map<String, Value> {
        let mut schema = Map::from_iter([("type".to_owned(), json!(self.kind))]);
        let mut add = |name: &str, value: Option<Value>| {
            schema.extend(value.map(|value| (name.to_owned(), value)));
        };
        let choice = (!self.one_of.is_empty()).then(|| self.choice());
        if self.kind == "array" {
            let mut item = json!({"type": "string"});
            if let Some(choice) = choice {
                item["enum"] = choice;
            }
            add("items", Some(item));
        } else {
            add("enum", choice);
        }
        add("minimum", self.minimum.map(Value::from));
        add("maximum", self.maximum.map(Value::from));
        add("format", self.format.as_ref().map(|format| json!(format)));
        add(
            "maxLength",
            (self.kind == "string").then(|| json!(LONGEST_TEXT)),
        );
        schema
    }

    /// The values that it can have, in its type.
    fn choice(&self) -> Value {
        let typed = |text: &String| match self.kind.as_str() {
            "string" | "array" => json!(text),
            _ => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        };
        self.one_of.iter().map(typed).collect()
    }
}
