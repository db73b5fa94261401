//! What a browser can ask about tasks.

use crate::UiError;
use api_types::Decision;
use api_types::tasks::{TaskFilter, TaskPage, TaskView};
use leptos::{prelude::*, server_fn::codec::Json};
use serde::{Deserialize, Serialize};

/// What the list of tasks shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TasksView {
    pub page: TaskPage,
    /// Names to choose an assignee from.
    pub people: Vec<String>,
    pub may_manage: Decision,
}

/// What the page of one task shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskDetail {
    pub task: TaskView,
    /// The tasks it depends on.
    pub depends_on: Vec<TaskView>,
    /// Tasks that it could depend on: the newest.
    pub others: Vec<TaskView>,
    pub people: Vec<String>,
    pub may_manage: Decision,
}

#[server(endpoint = "list_tasks", input = Json)]
pub async fn list_tasks(tenant: String, filter: TaskFilter) -> Result<TasksView, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let people = domain::members::names(&s, &a, api_types::Permission::ViewTasks).await?;
    Ok(TasksView {
        page: domain::toolkits::tasks::list(&s, &a, filter).await?,
        people,
        may_manage: a.decide(api_types::Permission::ManageTasks),
    })
}

#[server(endpoint = "get_task")]
pub async fn get_task(tenant: String, id: String) -> Result<TaskDetail, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let task = domain::toolkits::tasks::get(&s, &a, super::form::id(&id)?).await?;
    let newest = TaskFilter {
        limit: Some(100),
        ..TaskFilter::default()
    };
    let mut others = domain::toolkits::tasks::list(&s, &a, newest).await?.tasks;
    let mut depends_on = Vec::new();
    for id in &task.depends_on {
        depends_on.push(domain::toolkits::tasks::get(&s, &a, *id).await?);
    }
    others.retain(|other| other.id != task.id && !task.depends_on.contains(&other.id));
    let people = domain::members::names(&s, &a, api_types::Permission::ViewTasks).await?;
    Ok(TaskDetail {
        task,
        depends_on,
        others,
        people,
        may_manage: a.decide(api_types::Permission::ManageTasks),
    })
}

/// Creates a task: the short form sends its title alone.
#[server(endpoint = "create_task")]
pub async fn create_task(
    tenant: String,
    title: String,
    #[server(default)] description: String,
    #[server(default)] priority: String,
    #[server(default)] due_on: String,
    #[server(default)] labels: String,
    #[server(default)] assignee: String,
) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    crate::request::keep(&[
        ("title", &title),
        ("description", &description),
        ("priority", &priority),
        ("due_on", &due_on),
        ("labels", &labels),
        ("assignee", &assignee),
    ]);
    let title = api_types::input::TaskTitle::parse(&title)?;
    let new = domain::toolkits::tasks::NewTask {
        description,
        priority: super::form::priority_or_normal(&priority)?,
        due_on: super::form::day(&due_on)?,
        labels: super::form::labels(&labels)?,
        assignee: super::form::assignee(&assignee)?,
        ..domain::toolkits::tasks::NewTask::titled(title)
    };
    domain::toolkits::tasks::create(&s, &a, new).await?;
    crate::request::notice("Task added.");
    leptos_axum::redirect(&format!("/t/{tenant}/tasks"));
    Ok(())
}

#[server(endpoint = "update_task")]
pub async fn update_task(
    tenant: String,
    id: String,
    title: String,
    #[server(default)] description: String,
    status: String,
    priority: String,
    #[server(default)] due_on: String,
    #[server(default)] labels: String,
    #[server(default)] progress: String,
    #[server(default)] assignee: String,
) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    crate::request::keep(&[
        ("title", &title),
        ("description", &description),
        ("status", &status),
        ("priority", &priority),
        ("due_on", &due_on),
        ("labels", &labels),
        ("progress", &progress),
        ("assignee", &assignee),
    ]);
    let change = domain::toolkits::tasks::TaskChange {
        title: Some(api_types::input::TaskTitle::parse(&title)?),
        description: Some(description),
        status: Some(super::form::status(&status)?),
        priority: Some(super::form::priority_or_normal(&priority)?),
        due_on: Some(super::form::day(&due_on)?),
        labels: Some(super::form::labels(&labels)?),
        progress: Some(super::form::progress(&progress)?),
        assignee: Some(super::form::assignee(&assignee)?),
        depends_on: None,
    };
    domain::toolkits::tasks::update(&s, &a, super::form::id(&id)?, change).await?;
    crate::request::notice("Task saved.");
    Ok(())
}

/// Replaces what a task depends on: those it has, without one and with another.
#[server(endpoint = "set_dependencies")]
pub async fn set_dependencies(
    tenant: String,
    id: String,
    #[server(default)] depends_on: String,
    #[server(default)] without: String,
    #[server(default)] with: String,
) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let depends_on = super::form::dependencies(&depends_on, &without, &with)?;
    let change = domain::toolkits::tasks::TaskChange {
        depends_on: Some(depends_on),
        ..domain::toolkits::tasks::TaskChange::default()
    };
    domain::toolkits::tasks::update(&s, &a, super::form::id(&id)?, change).await?;
    Ok(())
}

#[server(endpoint = "complete_task")]
pub async fn complete_task(tenant: String, id: String) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    domain::toolkits::tasks::complete(&s, &a, super::form::id(&id)?).await?;
    Ok(())
}

#[server(endpoint = "delete_task")]
pub async fn delete_task(tenant: String, id: String) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    domain::toolkits::tasks::delete(&s, &a, super::form::id(&id)?).await?;
    crate::request::notice("Task deleted.");
    leptos_axum::redirect(&format!("/t/{tenant}/tasks"));
    Ok(())
}
