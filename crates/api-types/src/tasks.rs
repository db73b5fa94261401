//! Tasks: what people see on the tasks page and tools see over MCP.

use crate::{TaskId, words::words};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

words! {
    /// Where a task stands.
    TaskStatus {
        /// Not begun.
        Todo = "todo", "To do";
        /// Being worked on.
        InProgress = "in_progress", "In progress";
        /// Waiting for something else.
        Blocked = "blocked", "Blocked";
        /// Finished.
        Done = "done", "Done";
        /// Given up.
        Cancelled = "cancelled", "Cancelled";
    }
}

words! {
    /// How urgent a task is.
    TaskPriority {
        /// Some day.
        Low = "low", "Low";
        /// As usual.
        Normal = "normal", "Normal";
        /// Soon.
        High = "high", "High";
        /// Now.
        Urgent = "urgent", "Urgent";
    }
}

/// One task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskView {
    /// Id.
    pub id: TaskId,
    /// Title.
    pub title: String,
    /// Description, several lines.
    pub description: String,
    /// Status.
    pub status: TaskStatus,
    /// Priority.
    pub priority: TaskPriority,
    /// Due day, `YYYY-MM-DD`.
    pub due_on: Option<Date>,
    /// Labels, sorted.
    pub labels: Vec<String>,
    /// Percent done, 0 to 100.
    pub progress: i16,
    /// Who it is given to.
    pub assignee: Option<String>,
    /// Tasks that must be done before.
    pub depends_on: Vec<TaskId>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it last changed.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// When it was completed.
    #[serde(with = "time::serde::rfc3339::option")]
    pub completed_at: Option<OffsetDateTime>,
}

/// One page of tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskPage {
    /// The tasks, newest first.
    pub tasks: Vec<TaskView>,
    /// Where the next page begins, if there is one.
    pub next_cursor: Option<String>,
}

/// Which tasks to list. Absent fields do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskFilter {
    /// Only this status.
    pub status: Option<TaskStatus>,
    /// Only this priority.
    pub priority: Option<TaskPriority>,
    /// Only with this label.
    pub label: Option<String>,
    /// Only given to this assignee.
    pub assignee: Option<String>,
    /// Only with these words in the title, case ignored.
    pub search: Option<String>,
    /// From `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// 1 to 100, default 50.
    pub limit: Option<i64>,
}
