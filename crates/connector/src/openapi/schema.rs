//! Schemas of a document as JSON Schema 2020-12 that stands alone.
//!
//! References are replaced by what they refer to, as many MCP clients and models' APIs do not follow them. Where a
//! schema refers to itself, and where the whole would be larger than [`SIZE`], it says less: what is deeper is left
//! open. That is also why `oneOf` becomes `anyOf`, and `not`, `if` and their kin are left out: with a part left open,
//! they would refuse what the API takes. Everything here is at most looser than the document, never stricter; the
//! API has the last word.
//!
//! Patterns become words of the description. They are regular expressions of a stranger, in another dialect than
//! ours, and a hostile one could keep a validator busy for hours.

use super::document::{Document, unescaped};
use super::keywords;
use super::merge::{combine, nullable};
use super::node::Node;
use super::text::plain;
use serde_json::{Map, Value, json};

/// How large the schema of a tool may be, in bytes.
pub(super) const SIZE: usize = 64 * 1024;

/// How long a description may be, in characters.
pub(super) const ABOUT: usize = 300;

/// How many references may stand in each other.
const STACK: usize = 60;

/// How many members, or variants, are looked at.
const MEMBERS: usize = 2000;
const VARIANTS: usize = 50;

/// Why there is no schema.
#[derive(Debug)]
pub(super) enum Stop {
    /// It would be too large.
    Large,
    /// It refers to something that is not there, or not in the document.
    Reason(String),
}

impl From<String> for Stop {
    fn from(reason: String) -> Self {
        Self::Reason(reason)
    }
}

/// Writes schemas, as long as there is room.
pub(super) struct Renderer<'a> {
    document: &'a Document,
    /// How many levels of schemas are told.
    levels: usize,
    /// How many bytes may still be written, roughly.
    left: usize,
    /// How much work there may still be for this document.
    pub work: usize,
    /// The schemas that references led to, and that are being written.
    open: Vec<&'a Node>,
    /// The members that only the API sets, of the schemas that are being put together.
    hidden: Vec<&'a str>,
}

impl<'a> Renderer<'a> {
    /// For one tool.
    pub fn new(document: &'a Document, levels: usize, work: usize) -> Self {
        Self {
            document,
            levels,
            left: SIZE,
            work,
            open: Vec::new(),
            hidden: Vec::new(),
        }
    }

    /// A schema of the document. `level`: how many it stands in.
    pub fn render(&mut self, schema: &'a Node, level: usize) -> Result<Value, Stop> {
        let before = self.hidden.len();
        let rendered = self.part(schema, level);
        self.hidden.truncate(before);
        rendered
    }

    /// The same, as a part of a schema that is put together of several.
    fn part(&mut self, schema: &'a Node, level: usize) -> Result<Value, Stop> {
        self.spend(8)?;
        if let Some(reference) = schema.text("$ref") {
            return self.refer(schema, reference, level);
        }
        match schema {
            Node::Bool(false) => return Ok(json!({"not": {}})),
            Node::Map(_) => {}
            _ => return Ok(json!({})),
        }
        self.read(schema)?;
        let mut out = keywords::leaf(schema);
        self.spend(weigh(&out))?;
        if level < self.levels {
            self.structure(schema, level, &mut out)?;
        } else if has_structure(schema) {
            note(&mut out, "What it holds is not told here.");
        }
        if schema.flag("nullable") == Some(true) {
            out = nullable(out);
        }
        Ok(Value::Object(out))
    }

    fn refer(&mut self, schema: &'a Node, reference: &str, level: usize) -> Result<Value, Stop> {
        let target = self.document.find(reference)?;
        let again = self.open.iter().any(|open| std::ptr::eq(*open, target));
        if again || self.open.len() >= STACK {
            let name = reference.rsplit('/').next().unwrap_or_default();
            let name = plain(&unescaped(name), 60);
            return Ok(json!({"description": format!("Again like {name}, in which it stands.")}));
        }
        self.open.push(target);
        let rendered = self.part(target, level);
        self.open.pop();
        let rendered = rendered?;
        let Value::Object(target) = rendered else {
            return Ok(rendered);
        };
        // In 3.0 what stands beside a reference does not count, but a description there was meant.
        self.read(schema)?;
        let mut out = if self.document.is_3_1() {
            keywords::leaf(schema)
        } else {
            keywords::description(schema)
        };
        self.spend(weigh(&out))?;
        combine(&mut out, target);
        Ok(Value::Object(out))
    }

    fn structure(
        &mut self,
        schema: &'a Node,
        level: usize,
        out: &mut Map<String, Value>,
    ) -> Result<(), Stop> {
        let before = self.hidden.len();
        self.object(schema, level, out)?;
        self.array(schema, level, out)?;
        for part in schema.list("allOf").iter().take(VARIANTS) {
            if let Value::Object(mut part) = self.part(part, level + 1)? {
                part.remove("deprecated");
                part.remove("examples");
                combine(out, part);
            }
        }
        for choice in ["oneOf", "anyOf"] {
            self.choice(schema.list(choice), level, out)?;
        }
        if let Some(Value::Array(required)) = out.get_mut("required") {
            let hidden = &self.hidden[before..];
            required.retain(|name| !hidden.iter().any(|hidden| name == hidden));
            if required.is_empty() {
                out.remove("required");
            }
        }
        Ok(())
    }

    /// The members that can be sent.
    fn object(
        &mut self,
        schema: &'a Node,
        level: usize,
        out: &mut Map<String, Value>,
    ) -> Result<(), Stop> {
        let mut members = Map::new();
        for (name, member) in schema.members("properties").take(MEMBERS) {
            self.spend(name.len() + 6)?;
            if is_read_only(self.document, member) {
                self.hidden.push(name);
            } else {
                members.insert(name.to_owned(), self.render(member, level + 1)?);
            }
        }
        let more = schema.members("properties").nth(MEMBERS).is_some();
        if !members.is_empty() {
            out.insert("properties".into(), Value::Object(members));
        }
        let mut required: Vec<&str> = Vec::new();
        for name in schema.list("required").iter().take(MEMBERS) {
            let name = name.as_text().unwrap_or_default();
            self.spend(name.len() + 3)?;
            required.push(name);
        }
        required.sort_unstable();
        required.dedup();
        if !required.is_empty() {
            out.insert("required".into(), json!(required));
        }
        match schema.get("additionalProperties") {
            _ if more || schema.get("patternProperties").is_some() => {}
            Some(Node::Bool(false)) => {
                out.insert("additionalProperties".into(), false.into());
            }
            Some(rest @ Node::Map(_)) => {
                let rest = self.render(rest, level + 1)?;
                if rest != json!({}) {
                    out.insert("additionalProperties".into(), rest);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn array(
        &mut self,
        schema: &'a Node,
        level: usize,
        out: &mut Map<String, Value>,
    ) -> Result<(), Stop> {
        if let Some(items @ (Node::Map(_) | Node::Bool(false))) = schema.get("items") {
            let items = self.render(items, level + 1)?;
            out.insert("items".into(), items);
        }
        let mut first = Vec::new();
        for item in schema.list("prefixItems").iter().take(VARIANTS) {
            first.push(self.render(item, level + 1)?);
        }
        if !first.is_empty() {
            out.insert("prefixItems".into(), first.into());
        }
        Ok(())
    }

    fn choice(
        &mut self,
        variants: &'a [Node],
        level: usize,
        out: &mut Map<String, Value>,
    ) -> Result<(), Stop> {
        if variants.is_empty() {
            return Ok(());
        }
        if variants.len() > VARIANTS {
            note(out, "One of many forms, which are not told here.");
            return Ok(());
        }
        let mut rendered: Vec<Value> = Vec::new();
        for variant in variants {
            let variant = self.render(variant, level + 1)?;
            if !rendered.contains(&variant) {
                rendered.push(variant);
            }
        }
        let open = rendered.iter().any(|variant| !says_something(variant));
        match (open, rendered.pop()) {
            // One of them takes anything, so all of them together do.
            (true, _) | (_, None) => {}
            (_, Some(Value::Object(only))) if rendered.is_empty() => combine(out, only),
            (_, Some(last)) => {
                rendered.push(last);
                let mut choice = Map::new();
                choice.insert("anyOf".into(), rendered.into());
                combine(out, choice);
            }
        }
        Ok(())
    }

    /// Long texts of which little is left, and enums, are work too.
    fn read(&mut self, schema: &Node) -> Result<(), Stop> {
        let text = schema.text("description").unwrap_or_default().len();
        let work = text.min(4000) / 8 + schema.list("enum").len().min(200) * 4;
        self.work = self.work.saturating_sub(work);
        self.spend(0)
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Stop> {
        self.work = self.work.saturating_sub(bytes);
        if self.work == 0 {
            return Err(Stop::Large);
        }
        self.left = self.left.checked_sub(bytes).ok_or(Stop::Large)?;
        Ok(())
    }
}

/// Whether only the API sets it.
pub(super) fn is_read_only(document: &Document, schema: &Node) -> bool {
    let is = |schema: &Node| schema.flag("readOnly") == Some(true);
    is(schema) || document.follow(schema).is_ok_and(is)
}

fn has_structure(schema: &Node) -> bool {
    [
        "properties",
        "items",
        "allOf",
        "anyOf",
        "oneOf",
        "prefixItems",
    ]
    .iter()
    .any(|keyword| schema.get(keyword).is_some())
        || matches!(schema.get("additionalProperties"), Some(Node::Map(_)))
}

/// Whether there is something that it does not take.
fn says_something(schema: &Value) -> bool {
    let members = schema.as_object().into_iter().flatten();
    members.into_iter().any(|(keyword, _)| {
        !["description", "deprecated", "default", "examples", "format"].contains(&&**keyword)
    })
}

/// Adds a sentence to the description.
pub(super) fn note(out: &mut Map<String, Value>, words: &str) {
    let before = out.get("description").and_then(Value::as_str);
    let about = match before.map(str::trim_end) {
        None | Some("") => words.into(),
        Some(before) if before.ends_with(['.', '!', '?', '…']) => format!("{before} {words}"),
        Some(before) => format!("{before}. {words}"),
    };
    out.insert("description".into(), about.into());
}

fn weigh(members: &Map<String, Value>) -> usize {
    // Not by way of a string: this is done for each schema of each operation.
    members
        .iter()
        .map(|(name, value)| name.len() + 4 + size(value))
        .sum()
}

/// How many bytes it takes, roughly.
pub(super) fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(values) => values.iter().map(|value| size(value) + 1).sum::<usize>() + 2,
        Value::Object(members) => weigh(members) + 2,
        _ => 5,
    }
}
