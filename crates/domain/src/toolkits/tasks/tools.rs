//! Tasks as MCP tools and resources: reads arguments, calls the use cases, writes answers.

use super::arguments::{CreateArguments, ListArguments, TaskArguments, UpdateArguments};
use super::words;
use crate::{
    Result,
    toolkits::{
        Access, Annotations, Answer, CallContext, Content, Name, ResourceContents, ResourceEntry,
        ResourcePage, ResourceTemplate, ToolCall, ToolOutput, ToolSpec, Toolkit, Unit, schema_of,
    },
};
use api_types::{
    Refusal, TaskId,
    tasks::{TaskFilter, TaskView},
};
use futures::future::BoxFuture;
use serde_json::{Value, json};

const SCHEME: &str = "bulkhead://tasks/";

/// The tasks toolkit.
pub struct Tasks {
    tools: Vec<ToolSpec>,
    templates: [ResourceTemplate; 1],
}

impl Tasks {
    /// The toolkit.
    pub fn new() -> Self {
        let templates = [ResourceTemplate {
            uri_template: "bulkhead://tasks/{id}".into(),
            name: "task",
            title: "Task",
            description: "One task as JSON.",
            mime_type: Some("application/json"),
        }];
        Self {
            tools: tools(),
            templates,
        }
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}

fn tools() -> Vec<ToolSpec> {
    let tool = |name: &'static str,
                title: &'static str,
                description: &'static str,
                access,
                input_schema,
                output_schema| ToolSpec {
        name: name.into(),
        title: title.into(),
        description: description.into(),
        access,
        input_schema,
        output_schema: Some(output_schema),
        annotations: Annotations {
            destructive: name == "delete_task",
            idempotent: name != "create_task",
            open_world: false,
        },
        unit: Unit::Call,
    };
    let (read, write) = (Access::Read, Access::Write);
    let one = schema_of::<TaskArguments>;
    vec![
        tool(
            "create_task",
            "Create task",
            "Creates a task.",
            write,
            schema_of::<CreateArguments>(),
            words::task_schema(),
        ),
        tool(
            "list_tasks",
            "List tasks",
            "Lists tasks, newest first. Filters combine; pass next_cursor back as cursor for the next page.",
            read,
            schema_of::<ListArguments>(),
            words::page_schema(),
        ),
        tool(
            "get_task",
            "Get task",
            "Shows one task with everything known of it.",
            read,
            one(),
            words::task_schema(),
        ),
        tool(
            "update_task",
            "Update task",
            "Changes the given fields of a task and leaves the others. Null clears due_on or assignee.",
            write,
            schema_of::<UpdateArguments>(),
            words::task_schema(),
        ),
        tool(
            "complete_task",
            "Complete task",
            "Marks a task done. Every task that it depends on must be done or cancelled before.",
            write,
            one(),
            words::task_schema(),
        ),
        tool(
            "delete_task",
            "Delete task",
            "Deletes a task for good.",
            write,
            one(),
            deleted_schema(),
        ),
    ]
}

fn deleted_schema() -> Value {
    json!({
        "type": "object",
        "properties": { "deleted": { "type": "string", "format": "uuid" } },
        "required": ["deleted"],
    })
}

impl Toolkit for Tasks {
    fn name(&self) -> Name {
        "tasks".into()
    }

    fn title(&self) -> &'static str {
        "Tasks"
    }

    fn description(&self) -> &'static str {
        "A task list that people and agents of the tenant share."
    }

    fn tools(&self) -> &[ToolSpec] {
        &self.tools
    }

    fn call<'a>(&'a self, call: ToolCall<'a>) -> BoxFuture<'a, Result<Answer<ToolOutput>>> {
        Box::pin(async move { Ok(run(&call).await?.into()) })
    }

    fn resources<'a>(
        &'a self,
        context: &'a CallContext,
        cursor: Option<&'a str>,
    ) -> BoxFuture<'a, Result<ResourcePage>> {
        Box::pin(async move {
            let filter = TaskFilter {
                cursor: cursor.map(Into::into),
                ..TaskFilter::default()
            };
            let page = super::list(&context.services, context.actor(), filter).await?;
            let resources = page.tasks.iter().map(entry).collect();
            Ok(ResourcePage {
                resources,
                next: page.next_cursor,
            })
        })
    }

    fn resource_templates(&self) -> &[ResourceTemplate] {
        &self.templates
    }

    fn resource_kind(&self, uri: &str) -> Option<Name> {
        uri.starts_with(SCHEME)
            .then_some("bulkhead://tasks/{id}".into())
    }

    fn read_resource<'a>(
        &'a self,
        context: &'a CallContext,
        uri: &'a str,
    ) -> BoxFuture<'a, Result<Vec<ResourceContents>>> {
        Box::pin(async move {
            let id = uri.strip_prefix(SCHEME).and_then(|id| id.parse().ok());
            let id: TaskId = id.ok_or(Refusal::NotFound)?;
            let task = super::get(&context.services, context.actor(), id).await?;
            Ok(vec![ResourceContents::json(uri, &task)?])
        })
    }
}

fn entry(task: &TaskView) -> ResourceEntry {
    ResourceEntry {
        uri: format!("{SCHEME}{}", task.id),
        name: task.title.clone(),
        title: None,
        description: Some(words::line(task)),
        mime_type: Some("application/json".into()),
    }
}

async fn run(call: &ToolCall<'_>) -> Result<ToolOutput> {
    let (s, a) = (&call.context.services, call.context.actor());
    match call.tool {
        "create_task" => {
            let new = call.arguments::<CreateArguments>()?.parse()?;
            one("Created", &super::create(s, a, new).await?)
        }
        "list_tasks" => {
            let filter = call.arguments::<ListArguments>()?.parse()?;
            let page = super::list(s, a, filter).await?;
            ToolOutput::structured(words::page(&page), &page)
        }
        "get_task" => {
            let id = call.arguments::<TaskArguments>()?.parse()?;
            one("Task", &super::get(s, a, id).await?)
        }
        "update_task" => {
            let (id, change) = call.arguments::<UpdateArguments>()?.parse()?;
            one("Updated", &super::update(s, a, id, change).await?)
        }
        "complete_task" => {
            let id = call.arguments::<TaskArguments>()?.parse()?;
            one("Completed", &super::complete(s, a, id).await?)
        }
        _ => {
            let id = call.arguments::<TaskArguments>()?.parse()?;
            super::delete(s, a, id).await?;
            ToolOutput::structured(format!("Deleted task {id}."), &json!({ "deleted": id }))
        }
    }
}

fn one(what: &str, task: &TaskView) -> Result<ToolOutput> {
    let mut output = ToolOutput::structured(words::task(what, task), task)?;
    output.content.push(Content::ResourceLink {
        uri: format!("{SCHEME}{}", task.id),
        name: task.title.clone(),
        mime_type: "application/json".into(),
        size: None,
    });
    Ok(output)
}
