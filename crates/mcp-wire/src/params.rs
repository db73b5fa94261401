//! The parameters of a request: those the envelope needs are read, the rest stays raw JSON.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt, ops::Deref};

/// A JSON string, borrowed from the body unless it has escapes.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, out)
    }
}

/// The parameters of all methods in one: what a method does not know is ignored, as MCP asks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Params<'a> {
    /// Metadata of the request.
    #[serde(rename = "_meta", borrow)]
    pub meta: Option<Meta<'a>>,
    /// `tools/call`, `prompts/get`.
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    /// `resources/*`.
    #[serde(borrow)]
    pub uri: Option<Text<'a>>,
    /// `tools/call`, `prompts/get`.
    #[serde(borrow)]
    pub arguments: Option<&'a RawValue>,
    /// `*/list`.
    #[serde(borrow)]
    pub cursor: Option<Text<'a>>,
    /// A client's answers to an input-required result; `null` counts as present.
    #[serde(borrow, deserialize_with = "present")]
    pub input_responses: Option<&'a RawValue>,
    /// What an input-required result asked to be repeated.
    #[serde(borrow)]
    pub request_state: Option<Text<'a>>,
    /// `subscriptions/listen`.
    #[serde(borrow)]
    pub notifications: Option<&'a RawValue>,
    /// `completion/complete`.
    #[serde(rename = "ref", borrow)]
    pub reference: Option<&'a RawValue>,
    /// `completion/complete`.
    #[serde(borrow)]
    pub argument: Option<&'a RawValue>,
    /// `logging/setLevel`.
    #[serde(borrow)]
    pub level: Option<Text<'a>>,
    /// `initialize`.
    #[serde(borrow)]
    pub protocol_version: Option<Text<'a>>,
    /// `initialize`.
    #[serde(borrow)]
    pub client_info: Option<&'a RawValue>,
}

/// What `_meta` says that a server acts on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Meta<'a> {
    /// The protocol version of this request; its presence is what makes a request a modern one.
    #[serde(rename = "io.modelcontextprotocol/protocolVersion", borrow)]
    pub protocol_version: Option<Text<'a>>,
    /// What the client can do.
    #[serde(rename = "io.modelcontextprotocol/clientCapabilities", borrow)]
    pub client_capabilities: Option<&'a RawValue>,
    /// The client's name and version, by its own word.
    #[serde(rename = "io.modelcontextprotocol/clientInfo", borrow)]
    pub client_info: Option<&'a RawValue>,
    /// From which level on the client wants log messages.
    #[serde(rename = "io.modelcontextprotocol/logLevel", borrow)]
    pub log_level: Option<Text<'a>>,
    /// What progress notifications are to be marked with.
    #[serde(rename = "progressToken", borrow)]
    pub progress_token: Option<&'a RawValue>,
    /// By which calls that are sent again are known for the same one. MCP has no field of its own for it.
    #[serde(rename = "bulkhead/idempotencyKey", borrow)]
    pub idempotency_key: Option<&'a RawValue>,
}

/// Tells `null` from absent.
fn present<'de, D: Deserializer<'de>>(json: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(json).map(Some)
}
