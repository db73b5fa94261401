//! From a tool's JSON Schema to the inputs of a form, and from what was filled in to arguments. Each input says how it
//! is to be read, so that nobody looks at the schema a second time: what the schema forbids is found where it is called.

use api_types::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

/// How an input looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// A line of text.
    Line,
    /// Some lines of text: a long text, one value a line, or JSON.
    Lines,
    /// One of several: what is sent, and the words for people.
    Choice(Vec<(String, String)>),
    /// A number.
    Number,
    /// Yes or no.
    Switch,
}

/// One input of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub name: String,
    /// How what is filled in is read.
    pub kind: Kind,
    pub look: Look,
    pub hint: String,
    /// What is taken when nothing is filled in.
    pub default: Option<String>,
    pub required: bool,
    pub min: Option<String>,
    pub max: Option<String>,
}

/// How what is filled in is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Text,
    Integer,
    Number,
    /// True when it is ticked, and else left out.
    Yes,
    /// True or false: it is needed, or its default is true.
    YesOrNo,
    /// A list, one text a line.
    List,
    Json,
}

impl Kind {
    /// The word in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Yes => "yes",
            Self::YesOrNo => "yes_or_no",
            Self::List => "list",
            Self::Json => "json",
        }
    }
}

/// What was filled in. A box that is not ticked sends no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Argument {
    pub name: String,
    pub kind: Kind,
    #[serde(default)]
    pub value: Option<String>,
}

/// The inputs for a schema, the needed ones first.
pub fn inputs(schema: &Value) -> Vec<Input> {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let Some(properties) = schema["properties"].as_object() else {
        return Vec::new();
    };
    let mut inputs: Vec<Input> = properties
        .iter()
        .map(|(name, property)| input(name, property, schema, required.contains(&name.as_str())))
        .collect();
    inputs.sort_by_key(|input| !input.required);
    inputs
}

fn input(name: &str, property: &Value, schema: &Value, required: bool) -> Input {
    let said = property;
    let property = plain(property, schema);
    let default = Some(&property["default"]).filter(|value| !value.is_null());
    let (kind, look) = kind(property, required, default == Some(&Value::Bool(true)));
    let about = said["description"]
        .as_str()
        .or(property["description"].as_str());
    Input {
        name: name.into(),
        kind,
        look,
        hint: about.unwrap_or_default().into(),
        default: default.map(words),
        required,
        min: Some(&property["minimum"])
            .filter(|value| value.is_number())
            .map(words),
        max: Some(&property["maximum"])
            .filter(|value| value.is_number())
            .map(words),
    }
}

/// The schema that is meant: behind a reference within the document, and without "or null".
fn plain<'a>(property: &'a Value, schema: &'a Value) -> &'a Value {
    let referred = property["$ref"].as_str();
    let referred = referred.and_then(|place| schema.pointer(place.strip_prefix('#')?));
    let property = referred.unwrap_or(property);
    let several = property["anyOf"]
        .as_array()
        .or(property["oneOf"].as_array());
    let mut real = several
        .into_iter()
        .flatten()
        .filter(|one| one["type"] != "null");
    match (real.next(), real.next()) {
        (Some(one), None) => one,
        _ => property,
    }
}

fn kind(property: &Value, required: bool, is_on: bool) -> (Kind, Look) {
    if let Some(choices) = property["enum"].as_array() {
        return choice(choices);
    }
    match type_of(property) {
        "string" if is_long(property) => (Kind::Text, Look::Lines),
        "string" => (Kind::Text, Look::Line),
        "integer" => (Kind::Integer, Look::Number),
        "number" => (Kind::Number, Look::Number),
        "boolean" if required || is_on => (Kind::YesOrNo, Look::Switch),
        "boolean" => (Kind::Yes, Look::Switch),
        "array" if is_list_of_text(&property["items"]) => (Kind::List, Look::Lines),
        _ => (Kind::Json, Look::Lines),
    }
}

/// The one type besides null.
fn type_of(property: &Value) -> &str {
    let types = &property["type"];
    if let Some(one) = types.as_str() {
        return one;
    }
    let mut real = types
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|one| *one != "null");
    match (real.next(), real.next()) {
        (Some(one), None) => one,
        _ => "",
    }
}

fn is_list_of_text(items: &Value) -> bool {
    type_of(items) == "string" && items["enum"].is_null()
        || items["enum"]
            .as_array()
            .is_some_and(|choices| choices.iter().all(Value::is_string))
}

/// Texts that people write on several lines.
fn is_long(property: &Value) -> bool {
    property["maxLength"]
        .as_u64()
        .is_some_and(|most| most > 1000)
}

/// Texts are sent as they are, anything else as JSON.
fn choice(choices: &[Value]) -> (Kind, Look) {
    let choices: Vec<&Value> = choices.iter().filter(|one| !one.is_null()).collect();
    let is_text = choices.iter().all(|one| one.is_string());
    let options = choices.into_iter().map(|one| {
        let sent = if is_text { words(one) } else { one.to_string() };
        (sent, words(one))
    });
    let kind = if is_text { Kind::Text } else { Kind::Json };
    (kind, Look::Choice(options.collect()))
}

/// A value as people read it.
fn words(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.into(),
        None => value.to_string(),
    }
}

/// What was filled in, as the arguments of a call. What is empty is left out.
pub fn read(filled: Vec<Argument>) -> Result<Map<String, Value>, Refusal> {
    let mut arguments = Map::new();
    for argument in filled {
        let name = argument.name.clone();
        if let Some(value) = value(argument)? {
            arguments.insert(name, value);
        }
    }
    Ok(arguments)
}

fn value(argument: Argument) -> Result<Option<Value>, Refusal> {
    let Argument { name, kind, value } = argument;
    let text = value.unwrap_or_default();
    let wrong = |what: &str| Refusal::invalid(&name, format!("{name}: {what}"));
    match kind {
        Kind::Yes => return Ok((text == "true").then_some(Value::Bool(true))),
        Kind::YesOrNo => return Ok(Some(Value::Bool(text == "true"))),
        _ if text.trim().is_empty() => return Ok(None),
        _ => {}
    }
    let trimmed = text.trim();
    Ok(Some(match kind {
        Kind::Integer => {
            let number: i64 = trimmed
                .parse()
                .map_err(|_| wrong("a whole number, please"))?;
            number.into()
        }
        Kind::Number => {
            let number = trimmed.parse().ok().and_then(Number::from_f64);
            Value::Number(number.ok_or_else(|| wrong("a number, please"))?)
        }
        Kind::List => {
            let lines = trimmed
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty());
            lines.collect()
        }
        Kind::Json => serde_json::from_str(trimmed)
            .map_err(|error| wrong(&format!("this is not JSON ({error})")))?,
        Kind::Text | Kind::Yes | Kind::YesOrNo => Value::String(text.replace("\r\n", "\n")),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn one(property: Value) -> Input {
        let schema = json!({
            "type": "object",
            "properties": { "x": property },
            "$defs": { "Pet": { "type": "string", "enum": ["cat", "dog"] } },
        });
        inputs(&schema).remove(0)
    }

    fn filled(kind: Kind, value: &str) -> Result<Option<Value>, Refusal> {
        let value = Some(value.to_string());
        super::value(Argument {
            name: "x".into(),
            kind,
            value,
        })
    }

    #[test]
    fn each_type_has_its_input() {
        for (property, kind, look) in [
            (json!({"type": "string"}), Kind::Text, Look::Line),
            (
                json!({"type": ["string", "null"], "maxLength": 5000}),
                Kind::Text,
                Look::Lines,
            ),
            (json!({"type": "integer"}), Kind::Integer, Look::Number),
            (
                json!({"anyOf": [{"type": "number"}, {"type": "null"}]}),
                Kind::Number,
                Look::Number,
            ),
            (json!({"type": "boolean"}), Kind::Yes, Look::Switch),
            (
                json!({"type": "boolean", "default": true}),
                Kind::YesOrNo,
                Look::Switch,
            ),
            (
                json!({"type": "array", "items": {"type": "string"}}),
                Kind::List,
                Look::Lines,
            ),
            (
                json!({"type": "array", "items": {"type": "object"}}),
                Kind::Json,
                Look::Lines,
            ),
            (
                json!({"type": ["string", "integer"]}),
                Kind::Json,
                Look::Lines,
            ),
            (json!({"type": "object"}), Kind::Json, Look::Lines),
            (json!(true), Kind::Json, Look::Lines),
        ] {
            let input = one(property.clone());
            assert_eq!((input.kind, input.look), (kind, look), "{property}");
        }
    }

    #[test]
    fn choices_are_of_texts_or_of_json() {
        let pet = one(json!({"$ref": "#/$defs/Pet", "description": "Which."}));
        let options = [("cat", "cat"), ("dog", "dog")];
        let options = options.map(|(sent, words)| (sent.to_string(), words.to_string()));
        assert_eq!(pet.look, Look::Choice(options.to_vec()));
        assert_eq!((pet.kind, pet.hint.as_str()), (Kind::Text, "Which."));
        assert_eq!(one(json!({"enum": [1, 2, null]})).kind, Kind::Json);
    }

    #[test]
    fn what_is_needed_comes_first_and_the_rest_keeps_its_order() {
        let schema = json!({
            "properties": { "a": {"type": "string"}, "z": {"minimum": 1, "type": "integer"} },
            "required": ["z"],
        });
        let inputs = inputs(&schema);
        assert_eq!((inputs[0].name.as_str(), inputs[0].required), ("z", true));
        assert_eq!(inputs[0].min.as_deref(), Some("1"));
        assert!(super::inputs(&json!({})).is_empty());
    }

    #[test]
    fn what_is_filled_in_is_read_as_its_kind() {
        let good = |kind, text| filled(kind, text).expect("readable");
        assert_eq!(good(Kind::Integer, " 7 "), Some(json!(7)));
        assert_eq!(good(Kind::Number, "0.5"), Some(json!(0.5)));
        assert_eq!(good(Kind::List, "a\r\n\n b "), Some(json!(["a", "b"])));
        assert_eq!(good(Kind::Json, "{\"a\": 1}"), Some(json!({"a": 1})));
        assert_eq!(good(Kind::Text, "a\r\nb "), Some(json!("a\nb ")));
        assert_eq!(good(Kind::Text, ""), None);
        assert_eq!(good(Kind::Yes, ""), None);
        assert_eq!(good(Kind::YesOrNo, ""), Some(json!(false)));
        assert_eq!(good(Kind::Yes, "true"), Some(json!(true)));
        for (kind, text) in [
            (Kind::Integer, "1.5"),
            (Kind::Number, "NaN"),
            (Kind::Json, "{"),
        ] {
            assert!(filled(kind, text).is_err(), "{text}");
        }
    }
}
