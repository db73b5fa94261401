//! A request while it is being made, and its body.

use crate::query;
use crate::request::{Request, set_header, text};
use crate::{Body, Input, Operation, Place, Wrong, path};
use serde_json::{Map, Value, json};
use url::{Url, form_urlencoded};

/// A request while it is being made.
pub(crate) struct Draft {
    pub(crate) url: Url,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
    /// The members of the body, or the variables of GraphQL.
    pub(crate) body: Map<String, Value>,
    /// Pairs of a form that stand beside its members.
    form: Vec<(String, String)>,
    whole: Option<Value>,
}

impl Draft {
    pub(crate) fn new(url: Url) -> Self {
        Self {
            url,
            query: Vec::new(),
            headers: Vec::new(),
            body: Map::new(),
            form: Vec::new(),
            whole: None,
        }
    }

    /// Puts a value where its input belongs. Those of the path are there already.
    pub(crate) fn place(
        &mut self,
        operation: &Operation,
        input: &Input,
        value: &Value,
    ) -> Result<(), Wrong> {
        match input.place {
            Place::Path => Ok(()),
            Place::Query => self.place_in_query(input, value),
            Place::Header => {
                let value = text(value)?;
                // RFC 9110, 5.5, without what is obsolete there.
                if !value.chars().all(|c| matches!(c, ' '..='~')) {
                    return Err(Wrong::new("a header has no such characters"));
                }
                set_header(&mut self.headers, input.sent(), value);
                Ok(())
            }
            Place::Body => self.place_in_body(operation, input, value),
        }
    }

    fn place_in_query(&mut self, input: &Input, value: &Value) -> Result<(), Wrong> {
        let name = input.sent();
        match value {
            Value::Null => {}
            Value::Array(list) if input.array.as_deref() != Some("comma") => {
                for item in list {
                    self.query.push((name.into(), plain_or_json(item)));
                }
            }
            // As OpenAPI's deepObject has it.
            Value::Object(_) => flatten(&mut self.query, name, value),
            value => self.query.push((name.into(), text(value)?)),
        }
        Ok(())
    }

    fn place_in_body(
        &mut self,
        operation: &Operation,
        input: &Input,
        value: &Value,
    ) -> Result<(), Wrong> {
        match (&operation.body, input.array.as_deref(), value) {
            (Body::Whole | Body::Text(_), ..) => self.whole = Some(value.clone()),
            (Body::Form, Some("repeat"), Value::Array(list)) => {
                let name = input.sent();
                self.form
                    .extend(list.iter().map(|item| (name.into(), plain_or_json(item))));
            }
            (_, Some("comma"), Value::Array(_)) => self.write(input, text(value)?.into())?,
            _ => self.write(input, value.clone())?,
        }
        Ok(())
    }

    fn write(&mut self, input: &Input, value: Value) -> Result<(), Wrong> {
        if let Some(path) = input.way() {
            return path::write(&mut self.body, path, value);
        }
        self.body.insert(input.sent().into(), value);
        Ok(())
    }

    /// The request.
    pub(crate) fn finish(mut self, operation: &Operation) -> Result<Request, Wrong> {
        query::set_pairs(&mut self.url, &self.query);
        let body = self.encode(operation)?;
        Ok(Request {
            method: operation.method,
            url: self.url,
            headers: self.headers,
            body,
        })
    }

    fn encode(&mut self, operation: &Operation) -> Result<Option<(String, Vec<u8>)>, Wrong> {
        let members = Value::Object(std::mem::take(&mut self.body));
        if let Some(document) = &operation.graphql {
            return json_body(&json!({"query": document, "variables": members})).map(Some);
        }
        if !operation.has_body() {
            return Ok(None);
        }
        match (&operation.body, &self.whole) {
            (Body::Json, _) => json_body(&members).map(Some),
            (Body::Form, _) => {
                let mut pairs = Vec::new();
                for (name, value) in members.as_object().into_iter().flatten() {
                    flatten(&mut pairs, name, value);
                }
                pairs.append(&mut self.form);
                let form = form_urlencoded::Serializer::new(String::new())
                    .extend_pairs(pairs)
                    .finish();
                let kind = "application/x-www-form-urlencoded";
                Ok(Some((kind.into(), form.into_bytes())))
            }
            (Body::Whole, Some(value)) => json_body(value).map(Some),
            (Body::Text(kind), Some(value)) => Ok(Some((kind.clone(), text(value)?.into_bytes()))),
            (_, None) => Ok(None),
        }
    }
}

fn json_body(value: &Value) -> Result<(String, Vec<u8>), Wrong> {
    let bytes = serde_json::to_vec(value).map_err(|error| Wrong::new(error.to_string()))?;
    Ok(("application/json".into(), bytes))
}

/// Members as `a[b]`, lists as `a[0]`.
fn flatten(pairs: &mut Vec<(String, String)>, name: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                flatten(pairs, &format!("{name}[{member}]"), value);
            }
        }
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                flatten(pairs, &format!("{name}[{at}]"), value);
            }
        }
        Value::Null => {}
        plain => pairs.push((name.into(), plain_or_json(plain))),
    }
}

fn plain_or_json(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

impl Input {
    /// Its name at the provider.
    pub(crate) fn sent(&self) -> &str {
        self.send.as_deref().unwrap_or(&self.name)
    }

    /// The way to its member of the body, if it is not a member of the body itself. Only `send` is a way: the name of an
    /// argument may have dots; and `ids[]` is how forms call a list.
    pub(crate) fn way(&self) -> Option<&str> {
        let leads = |send: &&str| send.contains(['.', '[']) && !send.contains("[]");
        self.send.as_deref().filter(leads)
    }

    /// Whether it is this word of the path.
    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.place == Place::Path && (self.name == word || self.sent() == word)
    }
}

impl Operation {
    /// Whether requests have a body, be it an empty object.
    pub(crate) fn has_body(&self) -> bool {
        let fixed = |(name, _): &(String, Value)| !name.starts_with("query:");
        let input = |input: &Input| input.place == Place::Body;
        let paged = self.pagination.as_ref().and_then(|p| p.send());
        self.graphql.is_some()
            || self.inputs.iter().any(input)
            || self.fixed.iter().any(fixed)
            || paged.is_some_and(|send| send.starts_with("body:"))
    }
}
