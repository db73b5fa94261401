//! An imported API as a toolkit.

use super::store::Called;
use crate::{
    Result,
    connectors::{self, Schemas, Service, call, operation, spec},
    toolkits::{
        Answer, CallContext, Name, ResourceContents, ResourceTemplate, ToolCall, ToolOutput,
        ToolSpec, Toolkit,
    },
};
use anyhow::Context as _;
use connector::{Api, Operation};
use futures::future::BoxFuture;
use url::Url;

/// An API of a tenant, ready to be called.
pub(crate) struct Imported {
    word: String,
    name: String,
    provider: Option<String>,
    base: Url,
    api: Api,
    operations: Vec<Operation>,
    tools: Vec<ToolSpec>,
    schemas: Schemas,
    templates: [ResourceTemplate; 1],
}

impl Imported {
    pub(super) fn new(row: Called) -> Result<Self> {
        let base = Url::parse(&row.base).context("the base of an API")?;
        let tools = row.tools.iter().map(|one| spec(&row.word, &row.name, one));
        Ok(Self {
            tools: tools.collect(),
            schemas: Schemas::default(),
            templates: [connectors::file_template(&row.word)],
            api: Api::at(&row.base),
            base,
            word: row.word,
            name: row.name,
            provider: row.provider,
            operations: row.tools,
        })
    }

    /// The word in names of tools and in scopes.
    pub(crate) fn word(&self) -> &str {
        &self.word
    }

    /// What it can do.
    pub(crate) fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// How it is called.
    pub(crate) fn service(&self) -> Service<'_> {
        Service {
            toolkit: &self.word,
            name: &self.name,
            provider: self.provider.as_deref(),
            api: &self.api,
            base: Some(&self.base),
            schemas: &self.schemas,
        }
    }
}

impl Toolkit for Imported {
    fn name(&self) -> Name {
        self.word.clone().into()
    }

    fn title(&self) -> &str {
        &self.name
    }

    fn description(&self) -> &'static str {
        "An API that this tenant has imported."
    }

    fn is_elsewhere(&self) -> bool {
        true
    }

    fn tools(&self) -> &[ToolSpec] {
        &self.tools
    }

    fn call<'a>(&'a self, asked: ToolCall<'a>) -> BoxFuture<'a, Result<Answer<ToolOutput>>> {
        Box::pin(async move {
            let operation = operation(&self.word, &self.operations, asked.tool)?;
            call(&self.service(), operation, &asked).await
        })
    }

    fn resource_templates(&self) -> &[ResourceTemplate] {
        &self.templates
    }

    fn resource_kind(&self, uri: &str) -> Option<Name> {
        connectors::file_id(&self.word, uri)?;
        Some(self.templates[0].uri_template.clone())
    }

    fn read_resource<'a>(
        &'a self,
        context: &'a CallContext,
        uri: &'a str,
    ) -> BoxFuture<'a, Result<Vec<ResourceContents>>> {
        Box::pin(connectors::read_file(context, &self.word, uri))
    }
}
