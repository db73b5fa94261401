//! The body of a POST: one JSON-RPC message, or a batch of them for clients of 2025-03-26.

use crate::{Fault, PARSE_ERROR, Params, scan};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The most messages of one batch.
pub const LARGEST_BATCH: usize = 32;

/// What a client sent.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of it, and a box would be an allocation"
)]
pub enum Body<'a> {
    /// One message.
    One(Message<'a>),
    /// Several, each still to be parsed by [`message`]. Only revision 2025-03-26 has this.
    Batch(Vec<&'a RawValue>),
}

/// A request's id as the client spelled it.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(transparent)]
pub struct Id<'a>(&'a RawValue);

impl<'a> Id<'a> {
    /// An id that was read from a request before.
    pub fn known(raw: &'a RawValue) -> Self {
        Self(raw)
    }

    /// The id as JSON.
    pub fn as_json(self) -> &'a str {
        self.0.get()
    }

    /// The id as raw JSON.
    pub fn as_raw(self) -> &'a RawValue {
        self.0
    }
}

/// One message.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of it, and a box would be an allocation"
)]
pub enum Message<'a> {
    /// Wants an answer.
    Request(Request<'a>),
    /// Wants none.
    Notification(Cow<'a, str>),
    /// Answers a request of ours.
    Response,
}

/// A request whose envelope is sound.
#[derive(Debug)]
pub struct Request<'a> {
    /// What the answer is marked with.
    pub id: Id<'a>,
    /// The method.
    pub method: Cow<'a, str>,
    /// The parameters.
    pub params: Params<'a>,
}

/// A message that is not acceptable, with its id if that could be read.
#[derive(Debug)]
pub struct Unacceptable<'a> {
    /// The id.
    pub id: Option<Id<'a>>,
    /// What is wrong.
    pub fault: Fault,
}

impl From<Fault> for Unacceptable<'_> {
    fn from(fault: Fault) -> Self {
        Self { id: None, fault }
    }
}

/// Parses a body. Never panics, never nests deeper than 64 levels.
pub fn parse(bytes: &[u8]) -> Result<Body<'_>, Unacceptable<'_>> {
    let not_json = || Fault::new(PARSE_ERROR, "the body is not valid JSON");
    let text = std::str::from_utf8(bytes).map_err(|_| not_json())?;
    if scan::too_deep(bytes) {
        return Err(Fault::invalid_request("the JSON nests deeper than 64 levels").into());
    }
    if !text.trim_start().starts_with('[') {
        return one(text).map(Body::One);
    }
    let batch: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| not_json())?;
    match batch.len() {
        1..=LARGEST_BATCH => Ok(Body::Batch(batch)),
        _ => Err(Fault::invalid_request("a batch has 1 to 32 messages").into()),
    }
}

/// Parses one message of a batch.
pub fn message(raw: &RawValue) -> Result<Message<'_>, Unacceptable<'_>> {
    one(raw.get())
}

/// Members that occur twice are refused: two readers could disagree about which one counts.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope<'a> {
    #[serde(borrow)]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

fn present<'de, D: Deserializer<'de>>(json: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(json).map(Some)
}

fn one(text: &str) -> Result<Message<'_>, Unacceptable<'_>> {
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|error| {
        if error.is_data() {
            Fault::invalid_request(format!("not a JSON-RPC message: {}", without_place(&error)))
        } else {
            Fault::new(PARSE_ERROR, "the body is not valid JSON")
        }
    })?;
    let id = envelope.id.map(read_id).transpose()?;
    sound(&envelope, id).map_err(|fault| Unacceptable { id, fault })
}

fn read_id(raw: &RawValue) -> Result<Id<'_>, Fault> {
    let json = raw.get();
    let is_string = json.starts_with('"');
    let is_integer = json
        .strip_prefix('-')
        .unwrap_or(json)
        .bytes()
        .all(|b| b.is_ascii_digit());
    if is_string || is_integer {
        Ok(Id(raw))
    } else {
        Err(Fault::invalid_request(
            "the id must be a string or an integer",
        ))
    }
}

fn sound<'a>(envelope: &Envelope<'a>, id: Option<Id<'a>>) -> Result<Message<'a>, Fault> {
    if envelope.jsonrpc.map(RawValue::get) != Some("\"2.0\"") {
        return Err(Fault::invalid_request("\"jsonrpc\" must be \"2.0\""));
    }
    let Some(method) = envelope.method else {
        return match envelope.result.or(envelope.error) {
            Some(_) => Ok(Message::Response),
            None => Err(Fault::invalid_request("\"method\" is missing")),
        };
    };
    let method =
        string(method).ok_or_else(|| Fault::invalid_request("\"method\" must be a string"))?;
    match id {
        Some(id) => Ok(Message::Request(Request {
            id,
            method,
            params: params(envelope.params)?,
        })),
        None => Ok(Message::Notification(method)),
    }
}

fn params(raw: Option<&RawValue>) -> Result<Params<'_>, Fault> {
    let Some(raw) = raw else {
        return Ok(Params::default());
    };
    if !raw.get().starts_with('{') {
        return Err(Fault::invalid_params("\"params\" must be an object"));
    }
    serde_json::from_str(raw.get()).map_err(|error| {
        Fault::invalid_params(format!("invalid params: {}", without_place(&error)))
    })
}

/// A JSON string, without copying where it has no escapes.
fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(raw.get()).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// What serde says, without a line and column that would be relative to a part of the body.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((start, _)) => start.to_owned(),
        None => text,
    }
}
