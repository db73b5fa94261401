//! Bodies: what a request may carry, and whether the answer is a file.

use super::arguments::{Argument, Arguments, Shape};
use super::document::Document;
use super::names::argument;
use super::node::Node;
use super::schema::is_read_only;
use super::text::plain;
use crate::{Body, Method, Place};

/// How many media types are looked at.
const TYPES: usize = 20;

/// How many members of a body become arguments. One with more is one argument.
const MEMBERS: usize = 100;

/// Gathers the arguments in the body of an operation.
pub(super) fn read<'a>(
    arguments: &mut Arguments<'a, '_>,
    operation: &'a Node,
    method: Method,
) -> Result<Body, String> {
    // What GET and HEAD carry means nothing (RFC 9110, 9.3.1).
    let carries = !matches!(method, Method::Get | Method::Head);
    let Some(body) = operation.get("requestBody").filter(|_| carries) else {
        return Ok(Body::Json);
    };
    let body = arguments.document.follow(body)?;
    let types: Vec<_> = body.members("content").take(TYPES).collect();
    let Some((kind, media)) = best(&types) else {
        if types.is_empty() {
            return Ok(Body::Json);
        }
        let types: Vec<_> = types.iter().take(3).map(|(name, _)| *name).collect();
        let types = plain(&types.join(", "), 100);
        return Err(format!("its body is {types}, which is not supported"));
    };
    let about = body.text("description");
    // A document that does not say so mostly needs its body all the same; one that says no means it.
    let required = body.flag("required");
    match kind {
        Media::Json => json(arguments, media, about, required),
        Media::Form => form(arguments, media, required),
        Media::Text(name, words) => {
            arguments.add(Argument {
                send: "body".into(),
                place: Place::Body,
                required: required != Some(false),
                array: None,
                about,
                shape: Shape::Text(words.into()),
            })?;
            Ok(Body::Text(name))
        }
    }
}

enum Media {
    Json,
    Form,
    Text(String, &'static str),
}

fn best<'a>(types: &[(&str, &'a Node)]) -> Option<(Media, &'a Node)> {
    let find = |fits: &dyn Fn(&str) -> bool| {
        let found = types.iter().find(|(name, _)| fits(&essence(name)));
        found.map(|(name, media)| (essence(name), *media))
    };
    let json = find(&|name| name == "application/json" || name == "text/json");
    let json = json.or_else(|| find(&|name| matches!(name, "*/*" | "application/*")));
    if let Some((_, media)) = json {
        return Some((Media::Json, media));
    }
    if let Some((_, media)) = find(&|name| name == "application/x-www-form-urlencoded") {
        return Some((Media::Form, media));
    }
    if let Some((name, media)) = find(&|name| name.ends_with("+json") && is_plain(name)) {
        return Some((Media::Text(name, "The body: JSON as text."), media));
    }
    let text = |name: &str| name.starts_with("text/") && is_plain(name);
    if let Some((name, media)) = find(&|name| name == "text/plain").or_else(|| find(&text)) {
        return Some((Media::Text(name, "The body, as text."), media));
    }
    None
}

/// A media type without its parameters.
fn essence(name: &str) -> String {
    let name = name.split(';').next().unwrap_or_default();
    plain(name, 100).to_ascii_lowercase()
}

fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/+-._".contains(&byte);
    name.bytes().all(plain) && name.matches('/').count() == 1
}

fn json<'a>(
    arguments: &mut Arguments<'a, '_>,
    media: &'a Node,
    about: Option<&'a str>,
    required: Option<bool>,
) -> Result<Body, String> {
    let mut members = Members::new(arguments.document, false);
    let schema = media.get("schema").unwrap_or(&Node::Null);
    let separate = members.gather(arguments, schema, 10)?
        && members
            .all
            .iter()
            .all(|(name, _)| send(name).is_some() && !arguments.has(name))
        && !members.collide();
    if !separate {
        arguments.add(Argument {
            send: "body".into(),
            place: Place::Body,
            required: required != Some(false),
            array: None,
            about,
            shape: Shape::Schema(schema),
        })?;
        return Ok(Body::Whole);
    }
    members.add(arguments, required)?;
    Ok(Body::Json)
}

fn form<'a>(
    arguments: &mut Arguments<'a, '_>,
    media: &'a Node,
    required: Option<bool>,
) -> Result<Body, String> {
    let mut members = Members::new(arguments.document, true);
    let schema = media.get("schema").unwrap_or(&Node::Null);
    let is_open = matches!(schema.get("additionalProperties"), Some(Node::Map(_)));
    if !members.gather(arguments, schema, 10)? && (is_open || schema.get("$ref").is_some()) {
        return Err("its form has no fields that the document names".into());
    }
    if members.all.iter().any(|(name, _)| send(name).is_none()) {
        return Err("its form has fields with names that cannot be sent".into());
    }
    members.add(arguments, required)?;
    Ok(Body::Form)
}

/// The members of a body that is an object.
struct Members<'a> {
    document: &'a Document,
    /// Whether members that the document does not name can be done without.
    lenient: bool,
    all: Vec<(&'a str, &'a Node)>,
    required: Vec<&'a str>,
}

impl<'a> Members<'a> {
    fn new(document: &'a Document, lenient: bool) -> Self {
        Self {
            document,
            lenient,
            all: Vec::new(),
            required: Vec::new(),
        }
    }

    /// Gathers the members of a schema and of its parts. Says whether they are all that there is.
    fn gather(
        &mut self,
        arguments: &Arguments<'a, '_>,
        schema: &'a Node,
        depth: usize,
    ) -> Result<bool, String> {
        arguments.step()?;
        let schema = self.document.follow(schema)?;
        let is_object = match schema.get("type") {
            None => schema.get("properties").is_some() || schema.get("allOf").is_some(),
            Some(Node::List(kinds)) => kinds.iter().any(|kind| kind.as_text() == Some("object")),
            Some(kind) => kind.as_text() == Some("object"),
        };
        let rest = schema.get("additionalProperties");
        let is_closed = matches!(rest, None | Some(Node::Bool(false)))
            && schema.get("patternProperties").is_none();
        if !is_object || !(self.lenient || (is_closed && !chooses(schema))) {
            return Ok(false);
        }
        for part in schema.list("allOf") {
            let Some(depth) = depth.checked_sub(1) else {
                return Ok(false);
            };
            let only_required = part.get("properties").is_none() && part.get("required").is_some();
            let whole = (only_required && part.get("$ref").is_none())
                || self.gather(arguments, part, depth)?;
            self.require(part);
            if !whole && !self.lenient {
                return Ok(false);
            }
        }
        for (name, member) in schema.members("properties") {
            let same = self.all.iter().find(|(other, _)| *other == name);
            match same {
                Some((_, other)) if !std::ptr::eq(*other, member) && !self.lenient => {
                    return Ok(false);
                }
                Some(_) => {}
                None if self.all.len() >= MEMBERS => return Ok(false),
                None => self.all.push((name, member)),
            }
        }
        self.require(schema);
        Ok(!self.all.is_empty() || schema.get("properties").is_some())
    }

    fn require(&mut self, schema: &'a Node) {
        let room = 1000_usize.saturating_sub(self.required.len());
        let names = schema.list("required").iter().take(room);
        self.required.extend(names.filter_map(Node::as_text));
    }

    /// Whether two would be arguments of the same name.
    fn collide(&self) -> bool {
        let mut names: Vec<_> = self.all.iter().map(|(name, _)| argument(name)).collect();
        names.sort_unstable();
        names.windows(2).any(|two| two[0] == two[1])
    }

    fn add(self, arguments: &mut Arguments<'a, '_>, required: Option<bool>) -> Result<(), String> {
        for (name, member) in &self.all {
            if is_read_only(self.document, member) {
                continue;
            }
            arguments.add(Argument {
                send: send(name).unwrap_or_default(),
                place: Place::Body,
                required: required != Some(false) && self.required.contains(name),
                array: None,
                about: None,
                shape: Shape::Schema(member),
            })?;
        }
        Ok(())
    }
}

/// What an input sends for a member of this name, where dots lead to members of members and brackets to lists.
fn send(name: &str) -> Option<String> {
    let lists = name.contains('[') && !name.ends_with("[]");
    if name.is_empty() || name.len() > 100 || lists || name.contains(['\\', '{', '}']) {
        return None;
    }
    let plain = argument(name) == name || name.starts_with('@') || !name.contains('.');
    if plain {
        return Some(name.to_owned());
    }
    (!name.contains('[')).then(|| name.replace('.', "\\."))
}

/// Whether there are variants that differ in more than what they require.
fn chooses(schema: &Node) -> bool {
    let mut variants = ["oneOf", "anyOf"]
        .iter()
        .flat_map(|choice| schema.list(choice));
    variants.any(|variant| {
        variant.entries().any(|(keyword, _)| {
            !["required", "type", "title", "description", "not"].contains(&keyword)
        })
    })
}

/// Whether the answer is a file: neither JSON nor text.
pub(super) fn is_file(document: &Document, operation: &Node) -> bool {
    let good = |status: &str| status.starts_with('2');
    let answers = operation.members("responses").take(TYPES);
    let answers = answers
        .filter(|(status, _)| good(status))
        .map(|(_, answer)| answer);
    let answers: Vec<_> = answers
        .filter_map(|answer| document.follow(answer).ok())
        .collect();
    let types = answers
        .iter()
        .flat_map(|answer| answer.members("content").take(TYPES));
    let types: Vec<_> = types.map(|(name, _)| essence(name)).collect();
    let is_text = |name: &String| {
        let (kind, rest) = name.split_once('/').unwrap_or(("", name));
        matches!(kind, "text" | "*" | "")
            || [
                "json",
                "xml",
                "yaml",
                "javascript",
                "graphql",
                "urlencoded",
                "*",
            ]
            .iter()
            .any(|text| rest.ends_with(text) || rest.contains(&format!("{text}-")))
    };
    !types.is_empty() && !types.iter().any(is_text)
}
