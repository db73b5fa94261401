//! What may be asked of a task, and what of it is refused.

use api_types::{
    Refusal, TaskId,
    input::{self, Assignee, Label, TaskTitle},
    tasks::{TaskPriority, TaskStatus, TaskView},
};
use time::Date;

/// Labels of a task at most.
const MOST_LABELS: usize = 20;

/// Tasks that one task may depend on directly.
const MOST_DEPENDENCIES: usize = 50;

/// A task as somebody asks for it.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// Title.
    pub title: TaskTitle,
    /// Several lines, at most 10,000 characters.
    pub description: String,
    /// Status.
    pub status: TaskStatus,
    /// Priority.
    pub priority: TaskPriority,
    /// Due day.
    pub due_on: Option<Date>,
    /// At most 20 labels.
    pub labels: Vec<Label>,
    /// Percent done, 0 to 100.
    pub progress: i16,
    /// Who it is given to.
    pub assignee: Option<Assignee>,
    /// At most 50 tasks that must be done before.
    pub depends_on: Vec<TaskId>,
}

impl NewTask {
    /// A task with this title and nothing else.
    pub fn titled(title: TaskTitle) -> Self {
        Self {
            title,
            description: String::new(),
            status: TaskStatus::Todo,
            priority: TaskPriority::Normal,
            due_on: None,
            labels: Vec::new(),
            progress: 0,
            assignee: None,
            depends_on: Vec::new(),
        }
    }

    pub(super) fn check(mut self) -> Result<Self, Refusal> {
        self.description = input::text("description", &self.description, 10_000)?;
        if !(0..=100).contains(&self.progress) {
            return Err(Refusal::invalid("progress", "0 to 100 percent"));
        }
        self.labels.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        self.labels.dedup();
        if self.labels.len() > MOST_LABELS {
            return Err(Refusal::invalid("labels", "at most 20 labels"));
        }
        self.depends_on.sort();
        self.depends_on.dedup();
        if self.depends_on.len() > MOST_DEPENDENCIES {
            return Err(Refusal::invalid("depends_on", "at most 50 tasks"));
        }
        Ok(self)
    }
}

/// What to change of a task: absent fields stay as they are.
#[derive(Clone, Debug, Default)]
pub struct TaskChange {
    /// New title.
    pub title: Option<TaskTitle>,
    /// New description.
    pub description: Option<String>,
    /// New status.
    pub status: Option<TaskStatus>,
    /// New priority.
    pub priority: Option<TaskPriority>,
    /// New due day, or none.
    pub due_on: Option<Option<Date>>,
    /// New labels, all of them.
    pub labels: Option<Vec<Label>>,
    /// New progress.
    pub progress: Option<i16>,
    /// New assignee, or none.
    pub assignee: Option<Option<Assignee>>,
    /// New dependencies, all of them.
    pub depends_on: Option<Vec<TaskId>>,
}

impl TaskChange {
    /// The task as it will be.
    pub(super) fn apply(self, old: TaskView) -> Result<NewTask, Refusal> {
        let old_labels = old
            .labels
            .iter()
            .map(|label| Label::parse(label))
            .collect::<Result<_, _>>()?;
        let old_assignee = old.assignee.as_deref().map(Assignee::parse).transpose()?;
        Ok(NewTask {
            title: match self.title {
                Some(title) => title,
                None => TaskTitle::parse(&old.title)?,
            },
            description: self.description.unwrap_or(old.description),
            status: self.status.unwrap_or(old.status),
            priority: self.priority.unwrap_or(old.priority),
            due_on: self.due_on.unwrap_or(old.due_on),
            labels: self.labels.unwrap_or(old_labels),
            progress: self.progress.unwrap_or(old.progress),
            assignee: self.assignee.unwrap_or(old_assignee),
            depends_on: self.depends_on.unwrap_or(old.depends_on),
        })
    }
}

/// Reads a cursor of [`super::list`].
pub(super) fn cursor(text: &str) -> Result<TaskId, Refusal> {
    text.parse()
        .map_err(|_| Refusal::invalid("cursor", "take it from next_cursor of the page before"))
}
