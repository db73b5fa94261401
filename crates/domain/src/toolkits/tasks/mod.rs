//! Tasks: work that people and agents of a tenant share. The page and the MCP tools call the same
//! use cases; [`tools`] is the MCP side.

mod arguments;
mod input;
mod store;
mod tools;
mod words;

use crate::{Actor, Result, Services, TenantTx};
use api_types::{
    Permission, Refusal, TaskId, TenantId,
    tasks::{TaskFilter, TaskPage, TaskStatus, TaskView},
};
pub use input::{NewTask, TaskChange};
pub use tools::Tasks;
use uuid::Uuid;

/// Tasks on a page when nothing else is asked.
const PAGE: i64 = 50;

/// Tasks on a page at most.
const LONGEST_PAGE: i64 = 100;

/// Tasks newest first. The cursor is the id of the last task of the page before.
pub async fn list(s: &Services, a: &Actor, filter: TaskFilter) -> Result<TaskPage> {
    a.require(Permission::ViewTasks)?;
    let limit @ 1..=LONGEST_PAGE = filter.limit.unwrap_or(PAGE) else {
        return Err(Refusal::invalid("limit", "1 to 100").into());
    };
    let before = filter.cursor.as_deref().map(input::cursor).transpose()?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let mut tasks = store::list(&mut tx, a.tenant(), &filter, before, limit + 1).await?;
    tx.commit().await?;
    let more = tasks.len() as i64 > limit;
    tasks.truncate(limit.unsigned_abs() as usize);
    let next_cursor = tasks
        .last()
        .filter(|_| more)
        .map(|task| task.id.to_string());
    Ok(TaskPage { tasks, next_cursor })
}

/// One task.
pub async fn get(s: &Services, a: &Actor, id: TaskId) -> Result<TaskView> {
    a.require(Permission::ViewTasks)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let task = store::get(&mut tx, a.tenant(), id).await?;
    tx.commit().await?;
    Ok(task.ok_or(Refusal::NotFound)?)
}

/// Creates a task.
pub async fn create(s: &Services, a: &Actor, new: NewTask) -> Result<TaskView> {
    a.require(Permission::ManageTasks)?;
    let new = new.check()?;
    let id = TaskId(Uuid::now_v7());
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    store::insert(&mut tx, a.tenant(), id, &new).await?;
    depend(&mut tx, a.tenant(), id, &new.depends_on).await?;
    answer(tx, a.tenant(), id).await
}

/// Changes what `change` names and leaves the rest.
pub async fn update(s: &Services, a: &Actor, id: TaskId, change: TaskChange) -> Result<TaskView> {
    a.require(Permission::ManageTasks)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let old = store::lock(&mut tx, a.tenant(), id)
        .await?
        .ok_or(Refusal::NotFound)?;
    let new = change.apply(old)?.check()?;
    store::update(&mut tx, a.tenant(), id, &new).await?;
    depend(&mut tx, a.tenant(), id, &new.depends_on).await?;
    answer(tx, a.tenant(), id).await
}

/// Marks a task done, which needs every task it depends on to be done or cancelled.
pub async fn complete(s: &Services, a: &Actor, id: TaskId) -> Result<TaskView> {
    a.require(Permission::ManageTasks)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let old = store::lock(&mut tx, a.tenant(), id)
        .await?
        .ok_or(Refusal::NotFound)?;
    let open = store::open_dependencies(&mut tx, a.tenant(), id).await?;
    if !open.is_empty() {
        let message = format!(
            "first complete what this task depends on: {}",
            open.join(", ")
        );
        return Err(Refusal::conflict(message).into());
    }
    let done = TaskChange {
        status: Some(TaskStatus::Done),
        progress: Some(100),
        ..TaskChange::default()
    };
    store::update(&mut tx, a.tenant(), id, &done.apply(old)?.check()?).await?;
    answer(tx, a.tenant(), id).await
}

/// Deletes a task. Tasks that depended on it no longer do.
pub async fn delete(s: &Services, a: &Actor, id: TaskId) -> Result<()> {
    a.require(Permission::ManageTasks)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    if !store::delete(&mut tx, a.tenant(), id).await? {
        return Err(Refusal::NotFound.into());
    }
    tx.commit().await
}

/// Commits, and answers the task as it is now.
async fn answer(mut tx: TenantTx, tenant: TenantId, id: TaskId) -> Result<TaskView> {
    let task = store::get(&mut tx, tenant, id)
        .await?
        .ok_or(Refusal::NotFound)?;
    tx.commit().await?;
    Ok(task)
}

/// Sets what a task depends on. Two changes at once could close a circle that neither sees, so
/// they take turns within a tenant.
async fn depend(
    tx: &mut TenantTx,
    tenant: TenantId,
    id: TaskId,
    depends_on: &[TaskId],
) -> Result<()> {
    if store::dependencies(tx, tenant, id).await? == depends_on {
        return Ok(());
    }
    store::take_turns(tx, tenant).await?;
    let known = store::known(tx, tenant, depends_on).await?;
    if let Some(missing) = depends_on.iter().find(|wanted| !known.contains(wanted)) {
        return Err(Refusal::invalid("depends_on", format!("there is no task {missing}")).into());
    }
    if depends_on.contains(&id) || store::reaches(tx, tenant, depends_on, id).await? {
        let message = "a task cannot depend on itself, directly or through others";
        return Err(Refusal::invalid("depends_on", message).into());
    }
    store::set_dependencies(tx, tenant, id, depends_on).await
}
