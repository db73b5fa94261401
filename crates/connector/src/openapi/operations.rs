//! What can be done at an API: each operation of the document, as a tool or with the reason why it is none.

use super::arguments::Arguments;
use super::body;
use super::document::{Document, methods};
use super::names::{Names, snake};
use super::node::Node;
use super::parameters::parameters;
use super::paths;
use super::security::{self, Security};
use super::text::plain;
use crate::{Access, Method, Operation};
use serde_json::Value;

/// How many operations a document may have.
pub(super) const OPERATIONS: usize = 5000;

/// The members of a path item that are operations.
pub(super) const METHODS: &[&str] = &[
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// How much work the schemas of one document may be, roughly in bytes, with those that were begun in vain.
const WORK: usize = 96 * 1024 * 1024;

/// An operation of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its method and path, such as `GET /pets/{id}`.
    pub key: String,
    /// What the document calls it.
    pub operation_id: Option<String>,
    /// Its first tag.
    pub tag: Option<String>,
    /// What it does, in a line.
    pub summary: String,
    /// Whether it is on its way out.
    pub deprecated: bool,
    /// What of it the tool will not have: each a reason, such as an optional cookie.
    pub left_out: Vec<String>,
    /// The tool, or why it cannot be one.
    pub operation: Result<Operation, String>,
}

/// The document's operations, in its order.
pub(super) fn read(document: &Document) -> Vec<Candidate> {
    let mut reading = Reading {
        document,
        security: security::read(document),
        servers: document.servers(),
        names: Names::default(),
        left: WORK,
    };
    let paths = document.paths();
    let operations = paths.flat_map(|(path, item)| {
        methods(item).map(move |(method, operation)| (path, item, method, operation))
    });
    operations
        .map(|(path, item, method, operation)| reading.candidate(path, item, method, operation))
        .collect()
}

struct Reading<'a> {
    document: &'a Document,
    security: Vec<Security>,
    servers: Vec<String>,
    names: Names,
    left: usize,
}

impl<'a> Reading<'a> {
    fn candidate(
        &mut self,
        path: &str,
        item: &'a Node,
        method: &str,
        operation: &'a Node,
    ) -> Candidate {
        let text = |name, most| plain(operation.text(name).unwrap_or_default(), most);
        let mut left_out = Vec::new();
        let id = text("operationId", 200);
        let summary = match text("summary", 200) {
            summary if summary.is_empty() => text("description", 200),
            summary => summary,
        };
        let tag = operation.list("tags").first().and_then(Node::as_text);
        let made = self.operation(path, item, method, operation, &mut left_out);
        let made = made.map(|made| Operation {
            name: self.names.tool(
                Some(&id).filter(|id| !id.is_empty()).map(String::as_str),
                method,
                path,
            ),
            title: title(&text("summary", 100), &id, method, path),
            about: about(
                &text("summary", 200),
                &text("description", 600),
                method,
                path,
            ),
            docs: docs(operation),
            ..made
        });
        Candidate {
            key: format!("{} {}", method.to_uppercase(), plain(path, 500)),
            operation_id: Some(id).filter(|id| !id.is_empty()),
            tag: tag.map(|tag| plain(tag, 100)),
            summary,
            deprecated: operation.flag("deprecated") == Some(true),
            left_out,
            operation: made,
        }
    }

    fn operation(
        &mut self,
        path: &str,
        item: &'a Node,
        name: &str,
        operation: &'a Node,
        left_out: &mut Vec<String>,
    ) -> Result<Operation, String> {
        let method = method(name)?;
        let mut arguments = Arguments::new(self.document, left_out);
        parameters(&mut arguments, path, item, operation, &self.security)?;
        let body = body::read(&mut arguments, operation, method)?;
        let path = paths::template(&self.servers, path, item, operation, &arguments)?;
        let (inputs, schema) = arguments.finish(&mut self.left)?;
        let is_read = matches!(method, Method::Get | Method::Head);
        Ok(Operation {
            name: String::new(),
            title: String::new(),
            about: String::new(),
            docs: None,
            method,
            path,
            access: if is_read { Access::Read } else { Access::Write },
            destructive: method == Method::Delete,
            idempotent: is_read || matches!(method, Method::Put | Method::Delete),
            scopes: security::scopes(self.document, operation),
            body,
            graphql: None,
            fixed: Vec::new(),
            inputs,
            pagination: None,
            items: String::new(),
            keep: Vec::new(),
            file: body::is_file(self.document, operation),
            input_schema: Some(Value::Object(schema)),
        })
    }
}

fn method(name: &str) -> Result<Method, String> {
    Ok(match name {
        "get" => Method::Get,
        "put" => Method::Put,
        "post" => Method::Post,
        "delete" => Method::Delete,
        "head" => Method::Head,
        "patch" => Method::Patch,
        _ => {
            return Err(format!(
                "its method {} is not one for tools",
                name.to_uppercase()
            ));
        }
    })
}

fn title(summary: &str, id: &str, method: &str, path: &str) -> String {
    let summary = summary.trim_end_matches('.');
    if !summary.is_empty() {
        return summary.into();
    }
    let words = match snake(id) {
        id if id.is_empty() => snake(&format!("{method} {path}")),
        id => id,
    };
    let words = words.replace('_', " ");
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    plain(&first.into_iter().chain(letters).collect::<String>(), 100)
}

fn about(summary: &str, description: &str, method: &str, path: &str) -> String {
    let about = match (summary, description) {
        ("", "") => format!("{} {}", method.to_uppercase(), plain(path, 200)),
        ("", description) => description.into(),
        (summary, "") => summary.into(),
        (summary, description) if description.starts_with(summary) => description.into(),
        (summary, description) => format!("{}. {description}", summary.trim_end_matches('.')),
    };
    plain(&about, 800)
}

fn docs(operation: &Node) -> Option<String> {
    let url = operation.get("externalDocs")?.text("url")?;
    let url = url::Url::parse(url)
        .ok()
        .filter(|url| url.scheme() == "https")?;
    Some(url.to_string()).filter(|url| url.len() <= 500)
}
