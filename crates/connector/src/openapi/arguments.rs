//! The arguments of one tool, as they are gathered from parameters and body.

use super::document::Document;
use super::names::{Names, argument};
use super::node::Node;
use super::schema::{ABOUT, Renderer, SIZE, Stop};
use super::text::plain;
use crate::{Input, Place};
use serde_json::{Map, Value, json};
use std::cell::Cell;

/// How many arguments a tool may have.
pub(super) const ARGUMENTS: usize = 200;

/// How many schemas are looked at to find out what the arguments are.
const STEPS: usize = 5000;

/// How many levels of a schema are told: as many as there is room for.
const LEVELS: &[usize] = &[24, 8, 6, 4, 3, 2, 1];

/// The arguments of one tool.
pub(super) struct Arguments<'a, 'b> {
    /// Where they are described.
    pub document: &'a Document,
    /// What could not be taken over, and was not needed.
    pub left_out: &'b mut Vec<String>,
    /// Each with its name.
    all: Vec<(String, Argument<'a>)>,
    names: Names,
    steps: Cell<usize>,
}

/// One argument.
pub(super) struct Argument<'a> {
    /// Its name at the API.
    pub send: String,
    /// Where it goes.
    pub place: Place,
    /// Whether it must be given.
    pub required: bool,
    /// How a list stands in a query.
    pub array: Option<String>,
    /// What it is for, where its schema does not say.
    pub about: Option<&'a str>,
    /// What it may be.
    pub shape: Shape<'a>,
}

/// What an argument may be.
pub(super) enum Shape<'a> {
    /// A schema of the document.
    Schema(&'a Node),
    /// Text, whatever the document says: told how in these words.
    Text(String),
}

impl<'a, 'b> Arguments<'a, 'b> {
    /// None yet.
    pub fn new(document: &'a Document, left_out: &'b mut Vec<String>) -> Self {
        Self {
            document,
            left_out,
            all: Vec::new(),
            names: Names::default(),
            steps: Cell::new(STEPS),
        }
    }

    /// Counts one look at a schema, of which a hostile document wants many.
    pub fn step(&self) -> Result<(), String> {
        let left = self.steps.get().checked_sub(1);
        self.steps
            .set(left.ok_or("its arguments are too intricate")?);
        Ok(())
    }

    /// One more.
    pub fn add(&mut self, argument: Argument<'a>) -> Result<(), String> {
        if self.all.len() >= ARGUMENTS {
            return Err(format!("it has more than {ARGUMENTS} arguments"));
        }
        let name = self.names.argument(&argument.send);
        self.all.push((name, argument));
        Ok(())
    }

    /// Something that cannot be sent: a reason if it must be, and left out if not.
    pub fn refuse(&mut self, required: bool, reason: String) -> Result<(), String> {
        if required || self.left_out.len() >= ARGUMENTS {
            return Err(reason);
        }
        self.left_out.push(reason);
        Ok(())
    }

    /// Whether the name that this would have is another's.
    pub fn has(&self, name: &str) -> bool {
        let name = argument(name);
        self.all.iter().any(|(other, _)| *other == name)
    }

    /// The name of an argument of the path.
    pub fn in_path(&self, send: &str) -> Option<&str> {
        let is_it = |argument: &Argument| argument.place == Place::Path && argument.send == send;
        let found = self.all.iter().find(|(_, argument)| is_it(argument));
        found.map(|(name, _)| name.as_str())
    }

    /// The inputs, and the schema of all of them. Takes what that costs from `left`.
    pub fn finish(self, left: &mut usize) -> Result<(Vec<Input>, Map<String, Value>), String> {
        for levels in LEVELS {
            let mut renderer = Renderer::new(self.document, *levels, *left);
            let schemas = self.schemas(&mut renderer);
            *left = renderer.work;
            match schemas {
                Err(Stop::Reason(reason)) => return Err(reason),
                Err(Stop::Large) if *left == 0 => break,
                Err(Stop::Large) => {}
                Ok(schemas) => {
                    let inputs = self.inputs(&schemas);
                    let schema = whole(&inputs, schemas);
                    // What was spent is an estimate.
                    if Value::Object(schema.clone()).to_string().len() <= SIZE {
                        return Ok((inputs, schema));
                    }
                }
            }
        }
        Err(if *left == 0 {
            "the document describes too much: there is no room left".into()
        } else {
            "its arguments are more than can be described".into()
        })
    }

    fn schemas(&self, renderer: &mut Renderer<'a>) -> Result<Vec<Map<String, Value>>, Stop> {
        let schemas = self.all.iter().map(|(_, argument)| {
            let mut schema = match &argument.shape {
                Shape::Text(words) => json!({"type": "string", "description": words}),
                Shape::Schema(schema) => renderer.render(schema, 1)?,
            };
            let schema = schema
                .as_object_mut()
                .map(std::mem::take)
                .unwrap_or_default();
            Ok(described(schema, argument))
        });
        schemas.collect()
    }

    fn inputs(&self, schemas: &[Map<String, Value>]) -> Vec<Input> {
        let all = self.all.iter().zip(schemas);
        let inputs = all.map(|((name, argument), schema)| {
            let about = schema.get("description").and_then(Value::as_str);
            let in_path = argument.place == Place::Path;
            Input {
                name: name.clone(),
                place: argument.place,
                send: (!in_path && *name != argument.send).then(|| argument.send.clone()),
                about: about.unwrap_or_default().into(),
                required: argument.required,
                kind: kind(schema, argument.place).into(),
                one_of: Vec::new(),
                default: None,
                minimum: None,
                maximum: None,
                format: None,
                array: argument.array.clone(),
                schema: None,
            }
        });
        inputs.collect()
    }
}

/// What a parameter says about itself goes before what its schema says.
fn described(mut schema: Map<String, Value>, argument: &Argument) -> Map<String, Value> {
    let about = plain(argument.about.unwrap_or_default(), ABOUT);
    if about.is_empty() {
        return schema;
    }
    let about = match (
        &argument.shape,
        schema.get("description").and_then(Value::as_str),
    ) {
        (Shape::Text(words), _) => format!("{} {words}", about.trim_end()),
        (_, Some(own)) if own.starts_with("Pattern: ") => format!("{} {own}", about.trim_end()),
        _ => about,
    };
    schema.insert("description".into(), about.into());
    schema
}

fn whole(inputs: &[Input], schemas: Vec<Map<String, Value>>) -> Map<String, Value> {
    let required = inputs.iter().filter(|input| input.required);
    let required: Vec<_> = required.map(|input| input.name.clone()).collect();
    let named = inputs.iter().map(|input| input.name.clone());
    let properties: Map<_, _> = named.zip(schemas.into_iter().map(Value::Object)).collect();
    let mut schema = Map::new();
    schema.insert("type".into(), "object".into());
    schema.insert("properties".into(), properties.into());
    if !required.is_empty() {
        schema.insert("required".into(), required.into());
    }
    schema.insert("additionalProperties".into(), false.into());
    schema
}

/// The first type that an argument may have, other than null.
fn kind(schema: &Map<String, Value>, place: Place) -> &'static str {
    let otherwise = if place == Place::Body {
        "object"
    } else {
        "string"
    };
    first_type(schema, 5).unwrap_or(otherwise)
}

fn first_type(schema: &Map<String, Value>, depth: usize) -> Option<&'static str> {
    let known = |kind: &Value| {
        let kinds = ["string", "integer", "number", "boolean", "array", "object"];
        kinds.into_iter().find(|known| kind == known)
    };
    match schema.get("type") {
        Some(Value::Array(kinds)) => return kinds.iter().find_map(known),
        Some(kind) => return known(kind),
        None => {}
    }
    let depth = depth.checked_sub(1)?;
    let inner = ["allOf", "anyOf"]
        .iter()
        .filter_map(|choice| schema.get(*choice));
    let mut inner = inner
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(Value::as_object);
    inner.find_map(|schema| first_type(schema, depth))
}
