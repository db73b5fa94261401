//! Toolkits: the MCP tools, resources and prompts that a tenant switches on, behind one trait.
//!
//! A toolkit knows nothing of HTTP or JSON-RPC: the server parses, checks key, scope and switch, and
//! asks the toolkit. [`Registry`] holds the toolkits of this build; [`settings`] and [`switch`] are
//! what the settings page does.

pub mod account;
mod answer;
mod call;
mod registry;
mod spec;
mod store;
mod switches;
pub mod tasks;

use crate::{Error, Result};
use api_types::Refusal;
use futures::future::BoxFuture;
use std::borrow::Cow;

/// A name: of this build, or of what a tenant has made.
pub type Name = Cow<'static, str>;

/// The word in scopes that open every toolkit which acts at another service.
pub const CONNECTIONS: &str = "connections";

pub use answer::{
    Answer, Content, InputRequired, PromptMessage, PromptOutput, ResourceContents, ResourceData,
    ToolOutput,
};
pub use call::{CallContext, ClientInput, Level, Notifier, PromptCall, ToolCall};
pub use registry::{Registry, Tool};
pub use spec::{
    Access, Annotations, Completion, ListChanged, PromptArgument, PromptSpec, ResourceEntry,
    ResourcePage, ResourceTemplate, ToolSpec, Unit, schema_of,
};
pub use switches::{choices, settings, switch};
pub(crate) use switches::{switch_on, switched};

/// One subject's tools. Only the first five methods are needed; the rest default to "none".
///
/// The caller has established that the tenant has the toolkit on and that the key opens it: for
/// reading, and for a tool of [`Access::Write`] also for writing.
pub trait Toolkit: Send + Sync + 'static {
    /// The name in scopes: lower-case letters and digits.
    fn name(&self) -> Name;

    /// The name for people.
    fn title(&self) -> &str;

    /// What it is for, one sentence.
    fn description(&self) -> &str;

    /// Whether its tools act at another service: the scopes of [`CONNECTIONS`] open it as well as its own.
    fn is_elsewhere(&self) -> bool {
        false
    }

    /// Whether it is on in a tenant that has never switched it.
    fn is_on_at_first(&self) -> bool {
        true
    }

    /// Its tools, in the order in which clients see them.
    fn tools(&self) -> &[ToolSpec];

    /// Calls the tool named `call.tool`, which is one of [`tools`](Self::tools).
    ///
    /// A refusal becomes a tool error (`isError`) that the model can read and act on.
    /// Dropping the future cancels the call.
    fn call<'a>(&'a self, call: ToolCall<'a>) -> BoxFuture<'a, Result<Answer<ToolOutput>>>;

    /// Whether its tools tell of progress or log; only then is a way to the client kept open.
    fn notifies(&self) -> bool {
        false
    }

    /// One page of its resources. The cursor is the toolkit's own, from the page before.
    fn resources<'a>(
        &'a self,
        _context: &'a CallContext,
        _cursor: Option<&'a str>,
    ) -> BoxFuture<'a, Result<ResourcePage>> {
        ready(Ok(ResourcePage::default()))
    }

    /// The templates of its resources' URIs.
    fn resource_templates(&self) -> &[ResourceTemplate] {
        &[]
    }

    /// What usage rows call this resource, if the URI is one of this toolkit's: its kind, such as
    /// `bulkhead://tasks/{id}`, never the URI itself. Says nothing about whether it exists.
    fn resource_kind(&self, _uri: &str) -> Option<Name> {
        None
    }

    /// The contents of a resource of this toolkit; [`Refusal::NotFound`] if there is none.
    fn read_resource<'a>(
        &'a self,
        _context: &'a CallContext,
        _uri: &'a str,
    ) -> BoxFuture<'a, Result<Vec<ResourceContents>>> {
        ready(Err(Refusal::NotFound.into()))
    }

    /// Its prompts.
    fn prompts(&self) -> &[PromptSpec] {
        &[]
    }

    /// Fills in a prompt, which is one of [`prompts`](Self::prompts).
    fn prompt<'a>(&'a self, _call: PromptCall<'a>) -> BoxFuture<'a, Result<Answer<PromptOutput>>> {
        ready(Err(Refusal::NotFound.into()))
    }

    /// Proposes values for an argument of one of its prompts or resource templates.
    fn complete<'a>(
        &'a self,
        _context: &'a CallContext,
        _completion: Completion<'a>,
    ) -> BoxFuture<'a, Result<Vec<String>>> {
        ready(Ok(Vec::new()))
    }

    /// Tells when a list changes by itself. Switching toolkits and changing keys is told anyway.
    fn list_changes(&self) -> Option<tokio::sync::broadcast::Receiver<ListChanged>> {
        None
    }
}

/// The scopes that cover this build: reading each toolkit, and writing where something can be written. Toolkits that
/// act elsewhere have one pair of scopes together, as there are many; each has its own pair besides.
pub fn scopes(toolkits: &Registry) -> Vec<String> {
    let mut scopes = Vec::new();
    if toolkits.iter().any(Toolkit::is_elsewhere) {
        scopes.extend(["read", "write"].map(|access| format!("{CONNECTIONS}:{access}")));
    }
    for toolkit in toolkits.iter().filter(|toolkit| !toolkit.is_elsewhere()) {
        scopes.push(format!("{}:read", toolkit.name()));
        let writes = |tool: &ToolSpec| tool.access == Access::Write;
        if toolkit.tools().iter().any(writes) {
            scopes.push(format!("{}:write", toolkit.name()));
        }
    }
    scopes
}

fn ready<'a, T: Send + 'a>(answer: std::result::Result<T, Error>) -> BoxFuture<'a, Result<T>> {
    Box::pin(std::future::ready(answer))
}
