//! How tasks are told to models: in words and as a schema.

use api_types::tasks::{TaskPage, TaskPriority, TaskStatus, TaskView};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// One line that says the most important of a task.
pub(super) fn line(task: &TaskView) -> String {
    let mut text = format!(
        "{}, {} priority",
        task.status.label(),
        task.priority.as_str()
    );
    if let Some(due) = task.due_on {
        let _ = write!(text, ", due {due}");
    }
    if let Some(assignee) = &task.assignee {
        let _ = write!(text, ", assigned to {assignee}");
    }
    text
}

/// A task in full.
pub(super) fn task(what: &str, task: &TaskView) -> String {
    let mut text = format!("{what}: {} ({})\nid: {}", task.title, line(task), task.id);
    let _ = write!(text, "\nprogress: {} %", task.progress);
    if !task.labels.is_empty() {
        let _ = write!(text, "\nlabels: {}", task.labels.join(", "));
    }
    for id in &task.depends_on {
        let _ = write!(text, "\ndepends on: {id}");
    }
    if !task.description.is_empty() {
        let _ = write!(text, "\n\n{}", task.description);
    }
    text
}

/// A page of tasks, one line each.
pub(super) fn page(page: &TaskPage) -> String {
    if page.tasks.is_empty() {
        return "No tasks.".into();
    }
    let mut text = String::new();
    for task in &page.tasks {
        let _ = writeln!(text, "- {} ({}) [{}]", task.title, line(task), task.id);
    }
    match &page.next_cursor {
        Some(cursor) => text + "More with cursor " + cursor + ".",
        None => text.trim_end().into(),
    }
}

/// The schema of a task as data.
pub(super) fn task_schema() -> Value {
    let words = |values: Vec<&str>| json!({ "type": "string", "enum": values });
    json!({
        "type": "object",
        "properties": {
            "id": { "type": "string", "format": "uuid" },
            "title": { "type": "string" },
            "description": { "type": "string" },
            "status": words(TaskStatus::ALL.iter().map(|status| status.as_str()).collect()),
            "priority": words(TaskPriority::ALL.iter().map(|priority| priority.as_str()).collect()),
            "due_on": { "type": ["string", "null"], "format": "date" },
            "labels": { "type": "array", "items": { "type": "string" } },
            "progress": { "type": "integer", "minimum": 0, "maximum": 100 },
            "assignee": { "type": ["string", "null"] },
            "depends_on": { "type": "array", "items": { "type": "string", "format": "uuid" } },
            "created_at": { "type": "string", "format": "date-time" },
            "updated_at": { "type": "string", "format": "date-time" },
            "completed_at": { "type": ["string", "null"], "format": "date-time" },
        },
        "required": ["id", "title", "description", "status", "priority", "due_on", "labels",
            "progress", "assignee", "depends_on", "created_at", "updated_at", "completed_at"],
    })
}

/// The schema of a page of tasks as data.
pub(super) fn page_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "tasks": { "type": "array", "items": task_schema() },
            "next_cursor": { "type": ["string", "null"] },
        },
        "required": ["tasks", "next_cursor"],
    })
}
