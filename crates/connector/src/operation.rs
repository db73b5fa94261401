//! What can be done at a provider: one `[[tool]]` of a file of `tools/`, or one operation of an imported API.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// One operation of an API, as a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// The tool is called `{provider}_{name}`: lower-case letters, digits and `_`.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// What it does, for the model that decides whether to call it.
    pub about: String,
    /// The page of the provider's documentation.
    #[serde(default)]
    pub docs: Option<String>,
    /// Of the request.
    pub method: Method,
    /// A path below the API's base with `{inputs}`, or a whole address at a host of the same provider.
    pub path: String,
    /// What it does to things there.
    pub access: Access,
    /// Whether it may destroy what cannot be brought back.
    #[serde(default)]
    pub destructive: bool,
    /// Whether doing it twice does no more than doing it once; it may then be tried again.
    #[serde(default)]
    pub idempotent: bool,
    /// The scopes at the provider of which the connection needs all.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// How the body is made.
    #[serde(default)]
    pub body: Body,
    /// The document of a GraphQL request. Inputs in the body are its variables.
    #[serde(default)]
    pub graphql: Option<String>,
    /// Members of the body or query that are always the same: dots between members, `query:` before those of the query.
    #[serde(default)]
    pub fixed: Vec<(String, Value)>,
    /// What it takes.
    #[serde(default, rename = "input")]
    pub inputs: Vec<Input>,
    /// How the next page is asked for.
    #[serde(default)]
    pub pagination: Option<Pagination>,
    /// Where the interesting part of the answer is (dots between members); empty: all of it.
    #[serde(default)]
    pub items: String,
    /// Which members of the answer, or of each of its items, are kept. Empty: all.
    #[serde(default)]
    pub keep: Vec<Field>,
    /// Whether the answer is a file, which becomes a resource.
    #[serde(default)]
    pub file: bool,
    /// The whole schema of the arguments, where inputs come from an imported API whose schemas refer to each other.
    #[serde(default)]
    pub input_schema: Option<Value>,
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
    /// HEAD.
    Head,
}

impl Method {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Head => "HEAD",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl Operation {
    /// Whether it may reach the service twice where once was meant (RFC 9110, section 9.2.2).
    pub fn is_repeatable(&self) -> bool {
        let is_safe = matches!(self.method, Method::Get | Method::Head);
        self.idempotent || (is_safe && self.access == Access::Read)
    }
}

/// What an operation does to things at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Only looks.
    Read,
    /// Changes something.
    Write,
}

/// How a body is made of the inputs that go into it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// A JSON object; none without inputs.
    #[default]
    Json,
    /// `application/x-www-form-urlencoded`, nested members as `a[b]`.
    Form,
    /// The one input in the body is the whole body, as JSON.
    Whole,
    /// The one input in the body is text that is sent as it is, of this media type.
    Text(String),
}

/// One argument.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// Where it goes.
    pub place: Place,
    /// Its name there, where it is another; in a body with dots between members.
    #[serde(default)]
    pub send: Option<String>,
    /// What it is, for the model.
    #[serde(default)]
    pub about: String,
    /// Whether it must be given.
    #[serde(default)]
    pub required: bool,
    /// `string`, `integer`, `number`, `boolean`, `array` (of strings) or `object`.
    #[serde(default = "string", rename = "type")]
    pub kind: String,
    /// The values that it can have.
    #[serde(default, rename = "enum")]
    pub one_of: Vec<String>,
    /// What is sent when it is not given.
    #[serde(default)]
    pub default: Option<Value>,
    /// The smallest number.
    #[serde(default)]
    pub minimum: Option<i64>,
    /// The largest number.
    #[serde(default)]
    pub maximum: Option<i64>,
    /// `date`, `date-time`, `email`, `uri`.
    #[serde(default)]
    pub format: Option<String>,
    /// How an array stands in a query: `comma` (one value with commas) or `repeat` (the default).
    #[serde(default)]
    pub array: Option<String>,
    /// Its JSON Schema as text, where the above does not say enough.
    #[serde(default)]
    pub schema: Option<String>,
}

fn string() -> String {
    "string".into()
}

/// Where an argument goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Into the path, as one segment, everything but unreserved characters escaped.
    Path,
    /// Into the query.
    Query,
    /// Into a header.
    Header,
    /// Into the body.
    Body,
}

/// How the next page is asked for. The tool takes `page`, an opaque text that the answer before gave as `next_page`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Pagination {
    /// By `Link: <…>; rel="next"` (RFC 8288), at the same host.
    Link,
    /// By a whole address in the answer, at the same host.
    NextUrl {
        /// Where in the answer.
        read: String,
    },
    /// By a cursor of the answer.
    Cursor {
        /// Where in the answer.
        read: String,
        /// The parameter that takes it: in the query, or with `body:` before it in the body.
        send: String,
    },
    /// By the number of the page, from `first`; there is a next one while pages are full.
    Page {
        /// The parameter.
        send: String,
        /// The number of the first page.
        first: u32,
        /// The input with the size of a page.
        size: String,
    },
    /// By how many come before; there is a next one while pages are full.
    Offset {
        /// The parameter.
        send: String,
        /// The input with the size of a page.
        size: String,
    },
    /// By the last item's id, while pages are full or `more` says so.
    After {
        /// Where the id is in an item.
        read: String,
        /// The parameter.
        send: String,
        /// A member that says whether there is more.
        #[serde(default)]
        more: Option<String>,
    },
}

/// A member that is kept: dots between members, `[]` after a list, and its type after a colon where it is not one of
/// the plain ones (text, number, boolean): `user.login`, `labels[].name`, `payload:object`, `tags:array`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Field(pub String);
