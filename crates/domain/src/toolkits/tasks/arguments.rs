//! The arguments of the tasks tools: what a model writes, before it is checked.

use super::{NewTask, TaskChange};
use api_types::{
    Refusal, TaskId,
    input::{Assignee, Label, TaskTitle},
    tasks::{TaskFilter, TaskPriority, TaskStatus},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use time::{Date, macros::format_description};

/// Names one task.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TaskArguments {
    /// The task's id.
    #[schemars(schema_with = "id_schema")]
    id: String,
}

/// A new task.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateArguments {
    /// Title, at most 200 characters.
    title: String,
    /// Description, at most 10,000 characters.
    #[serde(default)]
    description: String,
    #[serde(default)]
    #[schemars(schema_with = "status_schema")]
    status: Option<String>,
    #[serde(default)]
    #[schemars(schema_with = "priority_schema")]
    priority: Option<String>,
    /// Due day, YYYY-MM-DD.
    #[serde(default)]
    #[schemars(schema_with = "day_schema")]
    due_on: Option<String>,
    /// At most 20 labels.
    #[serde(default)]
    labels: Vec<String>,
    /// Percent done, 0 to 100.
    #[serde(default)]
    progress: i16,
    /// Who the task is given to: a person or an agent, by name.
    #[serde(default)]
    #[schemars(schema_with = "text_schema")]
    assignee: Option<String>,
    /// Ids of tasks that must be done before.
    #[serde(default)]
    depends_on: Vec<String>,
}

/// Which tasks to list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListArguments {
    #[serde(default)]
    #[schemars(schema_with = "status_schema")]
    status: Option<String>,
    #[serde(default)]
    #[schemars(schema_with = "priority_schema")]
    priority: Option<String>,
    /// Only with this label.
    #[serde(default)]
    #[schemars(schema_with = "text_schema")]
    label: Option<String>,
    /// Only given to this assignee.
    #[serde(default)]
    #[schemars(schema_with = "text_schema")]
    assignee: Option<String>,
    /// Only with these words in the title.
    #[serde(default)]
    #[schemars(schema_with = "text_schema")]
    search: Option<String>,
    /// `next_cursor` of the page before.
    #[serde(default)]
    #[schemars(schema_with = "text_schema")]
    cursor: Option<String>,
    /// Tasks on the page, 1 to 100; 50 if absent.
    #[serde(default)]
    #[schemars(schema_with = "limit_schema")]
    limit: Option<i64>,
}

/// What to change of a task.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateArguments {
    /// The task's id.
    #[schemars(schema_with = "id_schema")]
    id: String,
    /// New title.
    #[serde(default)]
    #[schemars(schema_with = "text_schema")]
    title: Option<String>,
    /// New description.
    #[serde(default)]
    #[schemars(schema_with = "text_schema")]
    description: Option<String>,
    #[serde(default)]
    #[schemars(schema_with = "status_schema")]
    status: Option<String>,
    #[serde(default)]
    #[schemars(schema_with = "priority_schema")]
    priority: Option<String>,
    /// New due day, YYYY-MM-DD, or null for none.
    #[serde(default, deserialize_with = "given")]
    #[schemars(schema_with = "nullable_day_schema")]
    due_on: Option<Option<String>>,
    /// All labels that the task shall have.
    #[serde(default)]
    #[schemars(schema_with = "texts_schema")]
    labels: Option<Vec<String>>,
    /// Percent done, 0 to 100.
    #[serde(default)]
    #[schemars(schema_with = "progress_schema")]
    progress: Option<i16>,
    /// New assignee, or null for nobody.
    #[serde(default, deserialize_with = "given")]
    #[schemars(schema_with = "nullable_text_schema")]
    assignee: Option<Option<String>>,
    /// Ids of all tasks that it shall depend on.
    #[serde(default)]
    #[schemars(schema_with = "texts_schema")]
    depends_on: Option<Vec<String>>,
}

/// Tells null from absent.
fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

impl TaskArguments {
    pub(super) fn parse(&self) -> Result<TaskId, Refusal> {
        id("id", &self.id)
    }
}

impl CreateArguments {
    pub(super) fn parse(self) -> Result<NewTask, Refusal> {
        Ok(NewTask {
            title: TaskTitle::parse(&self.title)?,
            description: self.description,
            status: self
                .status
                .map_or(Ok(TaskStatus::Todo), |word| status(&word))?,
            priority: self
                .priority
                .map_or(Ok(TaskPriority::Normal), |word| priority(&word))?,
            due_on: self.due_on.as_deref().map(day).transpose()?,
            labels: labels(&self.labels)?,
            progress: self.progress,
            assignee: self.assignee.as_deref().map(Assignee::parse).transpose()?,
            depends_on: ids(&self.depends_on)?,
        })
    }
}

impl ListArguments {
    pub(super) fn parse(self) -> Result<TaskFilter, Refusal> {
        Ok(TaskFilter {
            status: self.status.as_deref().map(status).transpose()?,
            priority: self.priority.as_deref().map(priority).transpose()?,
            label: self.label,
            assignee: self.assignee,
            search: self.search,
            cursor: self.cursor,
            limit: self.limit,
        })
    }
}

impl UpdateArguments {
    pub(super) fn parse(self) -> Result<(TaskId, TaskChange), Refusal> {
        let change = TaskChange {
            title: self.title.as_deref().map(TaskTitle::parse).transpose()?,
            description: self.description,
            status: self.status.as_deref().map(status).transpose()?,
            priority: self.priority.as_deref().map(priority).transpose()?,
            due_on: self
                .due_on
                .map(|due| due.as_deref().map(day).transpose())
                .transpose()?,
            labels: self.labels.as_deref().map(labels).transpose()?,
            progress: self.progress,
            assignee: self
                .assignee
                .map(|name| name.as_deref().map(Assignee::parse).transpose())
                .transpose()?,
            depends_on: self.depends_on.as_deref().map(ids).transpose()?,
        };
        Ok((id("id", &self.id)?, change))
    }
}

fn id(field: &str, text: &str) -> Result<TaskId, Refusal> {
    text.parse()
        .map_err(|_| Refusal::invalid(field, "a task's id is a uuid, as list_tasks shows it"))
}

fn ids(texts: &[String]) -> Result<Vec<TaskId>, Refusal> {
    texts.iter().map(|text| id("depends_on", text)).collect()
}

fn labels(texts: &[String]) -> Result<Vec<Label>, Refusal> {
    texts.iter().map(|text| Label::parse(text)).collect()
}

fn status(word: &str) -> Result<TaskStatus, Refusal> {
    TaskStatus::parse(word)
        .ok_or_else(|| Refusal::invalid("status", "todo, in_progress, blocked, done or cancelled"))
}

fn priority(word: &str) -> Result<TaskPriority, Refusal> {
    TaskPriority::parse(word)
        .ok_or_else(|| Refusal::invalid("priority", "low, normal, high or urgent"))
}

fn day(text: &str) -> Result<Date, Refusal> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map_err(|_| Refusal::invalid("due_on", "a day such as 2026-12-24"))
}

fn words<T: Copy>(values: &[T], word: impl Fn(T) -> &'static str) -> Schema {
    let words: Vec<_> = values.iter().map(|value| word(*value)).collect();
    json_schema!({ "type": "string", "enum": words })
}

fn status_schema(_: &mut SchemaGenerator) -> Schema {
    words(TaskStatus::ALL, TaskStatus::as_str)
}

fn priority_schema(_: &mut SchemaGenerator) -> Schema {
    words(TaskPriority::ALL, TaskPriority::as_str)
}

fn id_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "uuid" })
}

fn day_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "date" })
}

fn nullable_day_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "format": "date" })
}

fn text_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string" })
}

fn nullable_text_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"] })
}

fn texts_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": { "type": "string" } })
}

fn limit_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "minimum": 1, "maximum": 100 })
}

fn progress_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "minimum": 0, "maximum": 100 })
}
