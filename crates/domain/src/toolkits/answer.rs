//! What a toolkit answers, in MCP's own shapes.

use super::Name;
use crate::Result;
use anyhow::Context as _;
use mcp_wire::Fault;
use serde::Serialize;
use serde_json::{Map, Value, value::RawValue};

/// The answer to a call that may need something more from the person first.
#[derive(Debug)]
pub enum Answer<T> {
    /// Done.
    Done(T),
    /// The client must ask its person or model, and call again (2026-07-28 only).
    InputRequired(InputRequired),
    /// A protocol error, for what the model cannot mend: a missing capability, a forged state.
    Fault(Fault),
}

impl<T> From<T> for Answer<T> {
    fn from(output: T) -> Self {
        Self::Done(output)
    }
}

/// What a tool gives back.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolOutput {
    /// What the model reads.
    pub content: Vec<Content>,
    /// What programs read; matches the tool's output schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub structured_content: Option<Box<RawValue>>,
    /// Whether the tool failed in a way that the model should know of.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_error: bool,
    /// How many rows it holds, for a tool that is counted by them.
    #[serde(skip)]
    pub rows: u64,
}

impl ToolOutput {
    /// Text alone.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            content: vec![Content::text(text)],
            ..Self::default()
        }
    }

    /// Readable text, and the same as data.
    pub fn structured(text: impl Into<String>, data: &impl Serialize) -> Result<Self> {
        let data = serde_json::value::to_raw_value(data).context("serialising a tool's answer")?;
        Ok(Self {
            structured_content: Some(data),
            ..Self::text(text)
        })
    }

    /// A failure that the model should know of.
    pub fn error(text: impl Into<String>) -> Self {
        Self {
            is_error: true,
            ..Self::text(text)
        }
    }
}

/// A piece of content.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    /// Text.
    Text {
        /// The text.
        text: String,
    },
    /// An image.
    #[serde(rename_all = "camelCase")]
    Image {
        /// In base64.
        data: String,
        /// Its media type.
        mime_type: &'static str,
    },
    /// A sound.
    #[serde(rename_all = "camelCase")]
    Audio {
        /// In base64.
        data: String,
        /// Its media type.
        mime_type: &'static str,
    },
    /// The contents of a resource.
    Resource {
        /// The contents.
        resource: ResourceContents,
    },
    /// The address of a resource.
    #[serde(rename_all = "camelCase")]
    ResourceLink {
        /// Its address.
        uri: String,
        /// Its name.
        name: String,
        /// Its media type.
        mime_type: Name,
        /// Its length in bytes.
        #[serde(skip_serializing_if = "Option::is_none")]
        size: Option<usize>,
    },
}

impl Content {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }
}

/// The contents of a resource.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceContents {
    /// Its address.
    pub uri: String,
    /// Its media type.
    pub mime_type: Name,
    /// The contents themselves.
    #[serde(flatten)]
    pub data: ResourceData,
}

impl ResourceContents {
    /// A resource of JSON.
    pub fn json(uri: impl Into<String>, data: &impl Serialize) -> Result<Self> {
        let text = serde_json::to_string(data).context("serialising a resource")?;
        let data = ResourceData::Text(text);
        Ok(Self {
            uri: uri.into(),
            mime_type: "application/json".into(),
            data,
        })
    }
}

/// Text or bytes.
#[derive(Clone, Debug, Serialize)]
pub enum ResourceData {
    /// Text.
    #[serde(rename = "text")]
    Text(String),
    /// Bytes in base64.
    #[serde(rename = "blob")]
    Blob(String),
}

/// What a prompt gives back.
#[derive(Debug, Serialize)]
pub struct PromptOutput {
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The conversation to begin with.
    pub messages: Vec<PromptMessage>,
}

/// One message of a prompt.
#[derive(Clone, Debug, Serialize)]
pub struct PromptMessage {
    /// `user` or `assistant`.
    pub role: &'static str,
    /// What is said.
    pub content: Content,
}

/// What the client must get before it calls again (2026-07-28, basic/patterns/mrtr).
#[derive(Debug, Default)]
pub struct InputRequired {
    /// Requests by the toolkit's own names: `method` and `params` of each.
    pub requests: Map<String, Value>,
    /// What the toolkit wants back with the next call. The server seals it and ties it to the key,
    /// the tool, its arguments and a time, so the toolkit may trust what comes back.
    pub state: Option<String>,
}

impl InputRequired {
    /// Asks for one more thing.
    #[must_use]
    pub fn ask(mut self, name: &str, method: &str, params: Value) -> Self {
        let members = [("method", method.into()), ("params", params)];
        let request: Map<String, Value> = members
            .into_iter()
            .map(|(name, value)| (name.into(), value))
            .collect();
        self.requests.insert(name.into(), request.into());
        self
    }

    /// Wants this back with the next call.
    #[must_use]
    pub fn remember(mut self, state: impl Into<String>) -> Self {
        self.state = Some(state.into());
        self
    }
}
