//! What a newer document changes for the tools that were made of an older one.

use super::document::Document;
use super::operations::Candidate;
use crate::{Access, Input, Method, Operation, Place};
use serde_json::Value;
use std::collections::HashMap;

/// What a newer document changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// The keys of operations that are not among the chosen, and could be tools.
    pub added: Vec<String>,
    /// The keys of chosen operations that are no longer there.
    pub removed: Vec<String>,
    /// The chosen operations that are no longer the same.
    pub changed: Vec<Changed>,
}

/// An operation that is no longer the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Its method and path, as the newer document has them.
    pub key: String,
    /// What has changed, in plain words.
    pub what: Vec<String>,
}

/// Compares what was chosen with a newer document. An operation is the same if its method and path are, whatever the
/// arguments in the path are called.
pub fn diff(old: &[Operation], new: &Document) -> Diff {
    let candidates = new.operations();
    let mut found: HashMap<String, &Candidate> = HashMap::new();
    for candidate in &candidates {
        found.entry(of_candidate(candidate)).or_insert(candidate);
    }
    let mut diff = Diff::default();
    for operation in old {
        match found.remove(&of_operation(operation)) {
            None => diff.removed.push(key(operation)),
            Some(candidate) => {
                let what = match &candidate.operation {
                    Ok(new) => changes(operation, new),
                    Err(reason) => vec![format!("it can no longer be a tool: {reason}")],
                };
                if !what.is_empty() {
                    let key = candidate.key.clone();
                    diff.changed.push(Changed { key, what });
                }
            }
        }
    }
    let left = candidates
        .iter()
        .filter(|candidate| candidate.operation.is_ok());
    let left = left.filter(|candidate| found.contains_key(&of_candidate(candidate)));
    diff.added = left.map(|candidate| candidate.key.clone()).collect();
    diff
}

fn of_candidate(candidate: &Candidate) -> String {
    candidate
        .operation
        .as_ref()
        .map_or_else(|_| without_names(&candidate.key), of_operation)
}

fn of_operation(operation: &Operation) -> String {
    without_names(&key(operation))
}

fn key(operation: &Operation) -> String {
    let method = match operation.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
        Method::Head => "HEAD",
    };
    format!("{method} {}", operation.path)
}

/// The path without what its arguments are called.
fn without_names(key: &str) -> String {
    let mut parts = key.split('{');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("{}");
        out.push_str(part.split_once('}').map_or("", |(_, rest)| rest));
    }
    out
}

fn changes(old: &Operation, new: &Operation) -> Vec<String> {
    let mut what = Vec::new();
    for input in &new.inputs {
        match old.inputs.iter().find(|before| is_same(before, input)) {
            None if input.required => {
                what.push(format!("argument {} is new and required", input.name));
            }
            None => what.push(format!("argument {} is new", input.name)),
            Some(before) => argument(old, new, before, input, &mut what),
        }
    }
    for input in &old.inputs {
        if !new.inputs.iter().any(|after| is_same(input, after)) {
            what.push(format!("argument {} is gone", input.name));
        }
    }
    let mut say = |differs: bool, words: &str| {
        if differs {
            what.push(words.into());
        }
    };
    say(
        old.about != new.about || old.title != new.title,
        "its description is another",
    );
    say(old.body != new.body, "its body is sent in another form");
    say(old.file && !new.file, "its answer is no longer a file");
    say(!old.file && new.file, "its answer is now a file");
    say(
        new.scopes.iter().any(|scope| !old.scopes.contains(scope)),
        "it needs more scopes",
    );
    say(
        old.scopes.iter().any(|scope| !new.scopes.contains(scope)),
        "it needs fewer scopes",
    );
    say(
        old.access == Access::Read && new.access == Access::Write,
        "it now changes things",
    );
    what
}

/// Whether it is the same thing at the API.
fn is_same(one: &Input, other: &Input) -> bool {
    let sent = |input: &Input| input.send.clone().unwrap_or_else(|| input.name.clone());
    one.place == other.place
        && (one.place == Place::Path && one.name == other.name || sent(one) == sent(other))
}

fn argument(old: &Operation, new: &Operation, before: &Input, now: &Input, what: &mut Vec<String>) {
    let name = &now.name;
    if before.name != *name {
        what.push(format!("argument {} is called {name}", before.name));
    }
    match (before.required, now.required) {
        (false, true) => what.push(format!("argument {name} is required")),
        (true, false) => what.push(format!("argument {name} is no longer required")),
        _ => {}
    }
    let (was, is) = (schema(old, before), schema(new, now));
    let kind = |schema: &Value| schema.get("type").map(types);
    let (was_kind, is_kind) = (kind(&was), kind(&is));
    if let (Some(was), Some(is)) = (&was_kind, &is_kind)
        && was != is
    {
        what.push(format!("argument {name} is {is} instead of {was}"));
        return;
    }
    let (gone, added) = (missing(&was, &is), missing(&is, &was));
    if !gone.is_empty() {
        what.push(format!("argument {name} no longer takes {gone}"));
    }
    if !added.is_empty() {
        what.push(format!("argument {name} also takes {added}"));
    }
    let rest = |schema: &Value| {
        let mut schema = schema.clone();
        if let Some(members) = schema.as_object_mut() {
            members.remove("description");
            if !gone.is_empty() || !added.is_empty() {
                members.remove("enum");
            }
        }
        schema
    };
    if rest(&was) != rest(&is) {
        what.push(format!("argument {name} takes something else"));
    } else if was.get("description") != is.get("description") {
        what.push(format!("argument {name} is described in other words"));
    }
}

fn schema(operation: &Operation, input: &Input) -> Value {
    let schema = operation.input_schema.as_ref();
    let schema = schema.and_then(|schema| schema.get("properties")?.get(&input.name));
    schema.cloned().unwrap_or_default()
}

fn types(kind: &Value) -> String {
    let kinds = match kind {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => vec![kind.as_str().unwrap_or_default()],
    };
    kinds.join(" or ")
}

/// The values that the first takes, of those that it lists, and the second does not; at most five of them.
fn missing(one: &Value, other: &Value) -> String {
    let (Some(one), Some(other)) = (values(one), values(other)) else {
        return String::new();
    };
    let missing: Vec<&Value> = one.iter().filter(|value| !other.contains(value)).collect();
    let mut words: Vec<String> = missing.iter().take(5).map(ToString::to_string).collect();
    if missing.len() > 5 {
        words.push(format!("{} more", missing.len() - 5));
    }
    words.join(", ")
}

fn values(schema: &Value) -> Option<&Vec<Value>> {
    schema.get("enum").and_then(Value::as_array)
}
