//! What toolkits say about themselves: tools, prompts and resources as clients see them listed.

use super::Name;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// What a tool does to the tenant's data, and so which scope it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only looks.
    Read,
    /// Changes something.
    Write,
}

impl Access {
    /// The word in scopes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// One tool.
#[derive(Clone, Debug)]
pub struct ToolSpec {
    /// The name that clients call: 1 to 64 of `a-z`, `0-9` and `_`, unique over all toolkits.
    pub name: Name,
    /// The name for people.
    pub title: Name,
    /// What it does, for the model that decides whether to call it.
    pub description: Name,
    /// Which scope it needs.
    pub access: Access,
    /// JSON Schema 2020-12 of the arguments, an object.
    pub input_schema: Value,
    /// JSON Schema 2020-12 of the structured content, if there is any.
    pub output_schema: Option<Value>,
    /// Hints beyond [`Access`].
    pub annotations: Annotations,
    /// What the plan's meter counts of a call.
    pub unit: Unit,
}

impl ToolSpec {
    /// Whether calling it twice does no more than calling it once.
    pub fn is_repeatable(&self) -> bool {
        self.access == Access::Read || self.annotations.idempotent
    }
}

/// What a call of a tool is counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// A call is one.
    #[default]
    Call,
    /// As many as it gave rows ([`ToolOutput::rows`](super::ToolOutput::rows)).
    Row,
    /// As many as it took seconds, rounded up.
    Second,
}

impl Unit {
    /// The units of a call that gave so many rows and took so long.
    pub fn count(self, rows: u64, took: Duration) -> i64 {
        let units = match self {
            Self::Call => 1,
            Self::Row => rows,
            Self::Second => took.as_secs() + u64::from(took.subsec_nanos() > 0),
        };
        i64::try_from(units).unwrap_or(i64::MAX)
    }
}

/// Hints about what a call does; whether it only reads is known from [`Access`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Annotations {
    /// It may destroy something that cannot be brought back.
    pub destructive: bool,
    /// Calling it twice does no more than calling it once.
    pub idempotent: bool,
    /// It reaches things outside Bulkhead.
    pub open_world: bool,
}

/// The JSON Schema of a type, without references, as many clients cannot follow them.
pub fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

/// One resource in a list.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceEntry {
    /// Its address.
    pub uri: String,
    /// Its name.
    pub name: String,
    /// The name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its media type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<Name>,
}

/// One page of resources.
#[derive(Clone, Debug, Default)]
pub struct ResourcePage {
    /// The resources.
    pub resources: Vec<ResourceEntry>,
    /// What to ask for the next page with, if there is one.
    pub next: Option<String>,
}

/// A pattern of resource addresses (RFC 6570).
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceTemplate {
    /// The pattern.
    pub uri_template: Name,
    /// Its name.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// What it yields.
    pub description: &'static str,
    /// The media type, where all have the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<&'static str>,
}

/// One prompt.
#[derive(Clone, Debug, Serialize)]
pub struct PromptSpec {
    /// The name that clients ask for, unique over all toolkits.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// What it takes.
    pub arguments: Vec<PromptArgument>,
}

/// One argument of a prompt.
#[derive(Clone, Debug, Serialize)]
pub struct PromptArgument {
    /// Its name.
    pub name: &'static str,
    /// What to write.
    pub description: &'static str,
    /// Whether it must be given.
    pub required: bool,
}

/// What a client wants proposals for.
#[derive(Clone, Copy, Debug)]
pub struct Completion<'a> {
    /// The prompt's name or the template's pattern.
    pub of: &'a str,
    /// The argument.
    pub argument: &'a str,
    /// What has been typed so far.
    pub value: &'a str,
}

/// A list that clients may have cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListChanged {
    /// Tools.
    Tools,
    /// Prompts.
    Prompts,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_begun_second_is_a_second() {
        let seconds = |millis| Unit::Second.count(7, Duration::from_millis(millis));
        assert_eq!([0, 1, 1000, 1001].map(seconds), [0, 1, 1, 2]);
        assert_eq!(Unit::Row.count(7, Duration::from_secs(9)), 7);
        assert_eq!(Unit::Call.count(7, Duration::from_secs(9)), 1);
    }
}
