//! What can be done at other services, as tools: the operations of `connector`'s catalogue, one toolkit a provider, and
//! those of APIs that tenants import ([`crate::apis`]). A call finds the account to use ([`crate::connections`]), goes
//! out by the one way out ([`crate::outbound`]), and comes back as data, a file or words that say what to do.

mod answer;
mod arguments;
mod files;
mod run;
mod specs;
mod try_it;

use crate::{
    Result,
    toolkits::{
        Answer, CallContext, Name, ResourceContents, ResourceTemplate, ToolCall, ToolOutput,
        ToolSpec, Toolkit,
    },
};
pub(crate) use arguments::Schemas;
use connector::{Operation, Provider, catalogue};
pub use files::delete_expired as delete_expired_files;
pub(crate) use files::{id as file_id, read as read_file, template as file_template};
use futures::future::BoxFuture;
pub(crate) use run::{Service, call};
pub(crate) use specs::{spec, view};
use std::sync::{Arc, LazyLock};
pub use try_it::{tools, try_tool};

/// The tools of one provider.
struct Connector {
    provider: &'static Provider,
    operations: &'static [Operation],
    tools: Vec<ToolSpec>,
    schemas: Schemas,
    templates: [ResourceTemplate; 1],
}

/// A toolkit for each provider of this build that has operations.
pub(crate) fn toolkits() -> impl Iterator<Item = Arc<dyn Toolkit>> {
    static ALL: LazyLock<Vec<Arc<Connector>>> = LazyLock::new(|| {
        let providers = catalogue().providers.iter();
        let with_tools = providers.filter(|one| !catalogue().operations(&one.id).is_empty());
        with_tools
            .map(|provider| Arc::new(Connector::new(provider)))
            .collect()
    });
    ALL.iter().map(|one| one.clone() as Arc<dyn Toolkit>)
}

impl Connector {
    fn new(provider: &'static Provider) -> Self {
        let operations = catalogue().operations(&provider.id);
        let tools = operations.iter();
        let tools = tools.map(|operation| spec(&provider.id, &provider.name, operation));
        Self {
            provider,
            operations,
            tools: tools.collect(),
            schemas: Schemas::default(),
            templates: [files::template(&provider.id)],
        }
    }
}

impl Toolkit for Connector {
    fn name(&self) -> Name {
        Name::Borrowed(&self.provider.id)
    }

    fn title(&self) -> &str {
        &self.provider.name
    }

    fn description(&self) -> &str {
        &self.provider.about
    }

    fn is_elsewhere(&self) -> bool {
        true
    }

    /// On from the first account that is connected there.
    fn is_on_at_first(&self) -> bool {
        false
    }

    fn tools(&self) -> &[ToolSpec] {
        &self.tools
    }

    fn call<'a>(&'a self, asked: ToolCall<'a>) -> BoxFuture<'a, Result<Answer<ToolOutput>>> {
        Box::pin(async move {
            let service = Service::of_provider(self.provider, &self.schemas);
            call(
                &service,
                operation(&self.provider.id, self.operations, asked.tool)?,
                &asked,
            )
            .await
        })
    }

    fn resource_templates(&self) -> &[ResourceTemplate] {
        &self.templates
    }

    fn resource_kind(&self, uri: &str) -> Option<Name> {
        files::id(&self.provider.id, uri)?;
        Some(self.templates[0].uri_template.clone())
    }

    fn read_resource<'a>(
        &'a self,
        context: &'a CallContext,
        uri: &'a str,
    ) -> BoxFuture<'a, Result<Vec<ResourceContents>>> {
        Box::pin(files::read(context, &self.provider.id, uri))
    }
}

/// The operation behind a tool's name.
pub(crate) fn operation<'a>(
    toolkit: &str,
    operations: &'a [Operation],
    tool: &str,
) -> Result<&'a Operation> {
    let named = tool
        .strip_prefix(toolkit)
        .and_then(|rest| rest.strip_prefix('_'));
    let found = operations.iter().find(|one| named == Some(&*one.name));
    Ok(found.ok_or(api_types::Refusal::NotFound)?)
}
