//! Parameters of path, query and headers.

use super::arguments::{ARGUMENTS, Argument, Arguments, Shape};
use super::node::Node;
use super::paths;
use super::schema::is_read_only;
use super::security::{Security, is_secret};
use super::text::plain;
use crate::Place;

/// Headers that a parameter cannot set: those that `OpenAPI` says are described elsewhere, and those that are the
/// connection's business or ours.
const HEADERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "cookie2",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "max-forwards",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
];

/// Gathers the parameters of an operation, those of its path first.
pub(super) fn parameters<'a>(
    arguments: &mut Arguments<'a, '_>,
    path: &str,
    item: &'a Node,
    operation: &'a Node,
    security: &[Security],
) -> Result<(), String> {
    let found = found(arguments, item, operation)?;
    let words = paths::words(path)?;
    for word in &words {
        let declared = found
            .iter()
            .find(|(place, name, _)| *place == "path" && name == word);
        match declared {
            Some((_, _, parameter)) => in_path(arguments, word, parameter)?,
            // Forgotten by the document, but what it is goes without saying.
            None => arguments.add(Argument {
                send: (*word).to_owned(),
                place: Place::Path,
                required: true,
                array: None,
                about: None,
                shape: Shape::Text("A part of the path.".into()),
            })?,
        }
    }
    for (place, name, parameter) in found {
        match place {
            _ if is_secret(security, place, name) => {}
            "query" => in_query(arguments, name, parameter)?,
            "header" => in_header(arguments, name, parameter)?,
            "path" => {}
            place => {
                let (place, shown) = (plain(place, 20), plain(name, 60));
                arguments.refuse(
                    is_required(parameter),
                    format!("its parameter {shown} goes into a {place}, which is not supported"),
                )?;
            }
        }
    }
    Ok(())
}

type Parameter<'a> = (&'a str, &'a str, &'a Node);

/// Those of the operation go before those of its path with the same name and place.
fn found<'a>(
    arguments: &Arguments<'a, '_>,
    item: &'a Node,
    operation: &'a Node,
) -> Result<Vec<Parameter<'a>>, String> {
    let all = item
        .list("parameters")
        .iter()
        .chain(operation.list("parameters"));
    let mut found: Vec<Parameter> = Vec::new();
    for parameter in all.take(ARGUMENTS * 2) {
        let parameter = arguments.document.follow(parameter)?;
        let (Some(place), Some(name)) = (parameter.text("in"), parameter.text("name")) else {
            return Err("one of its parameters has no name or no place".into());
        };
        if name.is_empty() || name.len() > 100 {
            return Err("one of its parameters has no name, or a very long one".into());
        }
        let same = found
            .iter_mut()
            .find(|(at, same, _)| *at == place && *same == name);
        match same {
            Some(same) => same.2 = parameter,
            None => found.push((place, name, parameter)),
        }
    }
    Ok(found)
}

fn is_required(parameter: &Node) -> bool {
    parameter.flag("required") == Some(true)
}

/// A parameter as the document has it. Without a schema it is text.
fn argument<'a>(send: &str, place: Place, parameter: &'a Node) -> Argument<'a> {
    let shape = match parameter.get("schema") {
        Some(schema) => Shape::Schema(schema),
        None if parameter.get("content").is_some() => Shape::Text("JSON as text.".into()),
        None => Shape::Text(String::new()),
    };
    Argument {
        send: send.to_owned(),
        place,
        required: is_required(parameter),
        array: None,
        about: parameter.text("description"),
        shape,
    }
}

fn in_path<'a>(
    arguments: &mut Arguments<'a, '_>,
    name: &str,
    parameter: &'a Node,
) -> Result<(), String> {
    let style = parameter.text("style").unwrap_or("simple");
    if style != "simple" {
        let (name, style) = (plain(name, 60), plain(style, 40));
        return Err(format!(
            "its parameter {name} has the style {style}, which is not supported"
        ));
    }
    let mut made = argument(name, Place::Path, parameter);
    made.required = true;
    match Kind::of(arguments, parameter)? {
        Kind::Plain => {}
        Kind::List => made.shape = Shape::Text("Values with commas between them.".into()),
        Kind::Object => return Err(objects(name)),
    }
    arguments.add(made)
}

fn in_header<'a>(
    arguments: &mut Arguments<'a, '_>,
    name: &str,
    parameter: &'a Node,
) -> Result<(), String> {
    let lower = name.to_ascii_lowercase();
    if HEADERS.contains(&&*lower) || lower.starts_with("sec-") || lower.starts_with("proxy-") {
        return Ok(());
    }
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let mut made = argument(name, Place::Header, parameter);
    match Kind::of(arguments, parameter)? {
        _ if !name.bytes().all(is_token) => {
            let reason = format!("its header {} has no proper name", plain(name, 60));
            return arguments.refuse(made.required, reason);
        }
        Kind::Plain => {}
        Kind::List => made.shape = Shape::Text("Values with commas between them.".into()),
        Kind::Object => return arguments.refuse(made.required, objects(name)),
    }
    arguments.add(made)
}

fn in_query<'a>(
    arguments: &mut Arguments<'a, '_>,
    name: &str,
    parameter: &'a Node,
) -> Result<(), String> {
    let style = parameter.text("style").unwrap_or("form");
    let explode = parameter.flag("explode").unwrap_or(style == "form");
    let mut made = argument(name, Place::Query, parameter);
    if !can_be_sent(name) {
        let reason = format!(
            "its parameter {} has a name that cannot be sent",
            plain(name, 60)
        );
        return arguments.refuse(made.required, reason);
    }
    match (Kind::of(arguments, parameter)?, style) {
        (Kind::Object, _) => return members(arguments, name, parameter, style, explode),
        (Kind::Plain, _) => {}
        (Kind::List, "deepObject") => {
            made.send = format!("{name}[]");
            made.array = Some("repeat".into());
        }
        (Kind::List, _) if explode => made.array = Some("repeat".into()),
        (Kind::List, "spaceDelimited") => {
            made.shape = Shape::Text("Values with spaces between them.".into());
        }
        (Kind::List, "pipeDelimited") => {
            made.shape = Shape::Text("Values with | between them.".into());
        }
        (Kind::List, _) => made.array = Some("comma".into()),
    }
    arguments.add(made)
}

/// An object in a query: each of its members is an argument.
fn members<'a>(
    arguments: &mut Arguments<'a, '_>,
    name: &str,
    parameter: &'a Node,
    style: &str,
    explode: bool,
) -> Result<(), String> {
    let required = is_required(parameter);
    let deep = style == "deepObject";
    let forms = forms(arguments, parameter)?;
    let any = forms
        .iter()
        .any(|form| form.members("properties").next().is_some());
    if deep && !any {
        return arguments.add(argument(name, Place::Query, parameter));
    }
    if !any || style != "form" && !deep || !(deep || explode) {
        return arguments.refuse(required, objects(name));
    }
    let single = forms.len() == 1;
    for form in forms {
        if form.get("properties").is_none() {
            // Of `created`, which may be a range or a number, this is the number.
            if Kind::of_schema(arguments, form, 3)? == Kind::Plain {
                let shape = Shape::Schema(form);
                let made = argument(name, Place::Query, parameter);
                arguments.add(Argument {
                    shape,
                    required: false,
                    ..made
                })?;
            }
            continue;
        }
        for (member, schema) in form.members("properties").take(ARGUMENTS) {
            let needed = form
                .list("required")
                .iter()
                .any(|name| name.as_text() == Some(member));
            let needed = needed && required && single;
            let send = if deep {
                format!("{name}[{member}]")
            } else {
                member.to_owned()
            };
            let (send, array) = match Kind::of_schema(arguments, schema, 3)? {
                _ if is_read_only(arguments.document, schema) => continue,
                Kind::Plain => (send, None),
                Kind::List if deep => (format!("{send}[]"), Some("repeat".into())),
                Kind::List => (send, Some("repeat".into())),
                // Members of members are written in the same way.
                Kind::Object if deep => (send, None),
                Kind::Object => {
                    arguments.refuse(needed, objects(&send))?;
                    continue;
                }
            };
            if !can_be_sent(&send) {
                arguments.refuse(needed, objects(&send))?;
                continue;
            }
            arguments.add(Argument {
                send,
                place: Place::Query,
                required: needed,
                array,
                about: schema.text("description").or(parameter.text("description")),
                shape: Shape::Schema(schema),
            })?;
        }
    }
    Ok(())
}

/// The forms that an object may have: those of `anyOf` or `oneOf`, or its own.
fn forms<'a>(arguments: &Arguments<'a, '_>, parameter: &'a Node) -> Result<Vec<&'a Node>, String> {
    let Some(schema) = parameter.get("schema") else {
        return Ok(Vec::new());
    };
    let schema = arguments.document.follow(schema)?;
    let variants = ["anyOf", "oneOf", "allOf"]
        .iter()
        .flat_map(|choice| schema.list(choice));
    let variants = variants
        .take(20)
        .map(|form| arguments.document.follow(form));
    let mut forms = variants.collect::<Result<Vec<_>, _>>()?;
    if forms.is_empty() || schema.get("properties").is_some() {
        forms.insert(0, schema);
    }
    Ok(forms)
}

fn can_be_sent(name: &str) -> bool {
    name.len() <= 100 && name.bytes().all(|byte| byte.is_ascii_graphic())
}

fn objects(name: &str) -> String {
    let name = plain(name, 60);
    format!("its parameter {name} is an object in a form that is not supported")
}

/// How a value is written outside of a body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    List,
    Object,
}

impl Kind {
    fn of(arguments: &Arguments, parameter: &Node) -> Result<Self, String> {
        match parameter.get("schema") {
            Some(schema) => Self::of_schema(arguments, schema, 3),
            None => Ok(Self::Plain),
        }
    }

    fn of_schema(arguments: &Arguments, schema: &Node, depth: usize) -> Result<Self, String> {
        arguments.step()?;
        let schema = arguments.document.follow(schema)?;
        let is = |kind: &str| match schema.get("type") {
            Some(Node::List(kinds)) => kinds.iter().any(|one| one.as_text() == Some(kind)),
            one => one.and_then(Node::as_text) == Some(kind),
        };
        if is("object") || schema.get("properties").is_some() {
            return Ok(Self::Object);
        }
        if is("array") || schema.get("items").is_some() {
            // A list in a list is written in no way that is described.
            let Some(items) = schema.get("items") else {
                return Ok(Self::List);
            };
            let Some(depth) = depth.checked_sub(1) else {
                return Ok(Self::Object);
            };
            return Ok(match Self::of_schema(arguments, items, depth)? {
                Self::Plain => Self::List,
                _ => Self::Object,
            });
        }
        let mut kind = Self::Plain;
        if depth > 0 {
            let choices = ["anyOf", "oneOf", "allOf"]
                .iter()
                .flat_map(|choice| schema.list(choice));
            for variant in choices.take(20) {
                match Self::of_schema(arguments, variant, depth - 1)? {
                    Self::Object => return Ok(Self::Object),
                    Self::List => kind = Self::List,
                    Self::Plain => {}
                }
            }
        }
        Ok(kind)
    }
}
