//! The SQL of tasks.

use super::NewTask;
use crate::Result;
use anyhow::anyhow;
use api_types::{
    TaskId, TenantId,
    tasks::{TaskFilter, TaskPriority, TaskStatus, TaskView},
};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// A task as stored, with what it depends on.
struct Row {
    id: TaskId,
    title: String,
    description: String,
    status: String,
    priority: String,
    due_on: Option<Date>,
    labels: Vec<String>,
    progress: i16,
    assignee: Option<String>,
    depends_on: Vec<Uuid>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    completed_at: Option<OffsetDateTime>,
}

impl Row {
    fn view(self) -> Result<TaskView> {
        let unknown = |word: &str| anyhow!("task {}: unknown word {word} in the database", self.id);
        Ok(TaskView {
            id: self.id,
            status: TaskStatus::parse(&self.status).ok_or_else(|| unknown(&self.status))?,
            priority: TaskPriority::parse(&self.priority).ok_or_else(|| unknown(&self.priority))?,
            title: self.title,
            description: self.description,
            due_on: self.due_on,
            labels: self.labels,
            progress: self.progress,
            assignee: self.assignee,
            depends_on: self.depends_on.into_iter().map(TaskId).collect(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            completed_at: self.completed_at,
        })
    }
}

pub(super) async fn list(
    db: &mut PgConnection,
    tenant: TenantId,
    filter: &TaskFilter,
    before: Option<TaskId>,
    limit: i64,
) -> Result<Vec<TaskView>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select t.task_id as "id: TaskId", t.title, t.description, t.status, t.priority,
            t.due_on, t.labels, t.progress, t.assignee, t.created_at, t.updated_at, t.completed_at,
            array(select d.depends_on from task_dependencies d
                where d.tenant_id = $1 and d.task_id = t.task_id order by 1) as "depends_on!"
        from tasks t
        where t.tenant_id = $1
            and ($2::text is null or t.status = $2)
            and ($3::text is null or t.priority = $3)
            and ($4::text is null or $4 = any (t.labels))
            and ($5::text is null or t.assignee = $5)
            and ($6::text is null or strpos(lower(t.title), lower($6)) > 0)
            and ($7::uuid is null or t.task_id < $7)
        order by t.task_id desc limit $8"#,
        tenant.0,
        filter.status.map(TaskStatus::as_str),
        filter.priority.map(TaskPriority::as_str),
        filter.label.as_deref().map(storable),
        filter.assignee.as_deref().map(storable),
        filter.search.as_deref().map(storable),
        before.map(|id| id.0),
        limit
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Row::view).collect()
}

/// The database holds no NUL, so text up to one finds what the whole would.
fn storable(text: &str) -> &str {
    text.split('\0').next().unwrap_or_default()
}

pub(super) async fn get(
    db: &mut PgConnection,
    tenant: TenantId,
    id: TaskId,
) -> Result<Option<TaskView>> {
    let row = sqlx::query_as!(
        Row,
        r#"select t.task_id as "id: TaskId", t.title, t.description, t.status, t.priority,
            t.due_on, t.labels, t.progress, t.assignee, t.created_at, t.updated_at, t.completed_at,
            array(select d.depends_on from task_dependencies d
                where d.tenant_id = $1 and d.task_id = t.task_id order by 1) as "depends_on!"
        from tasks t where t.tenant_id = $1 and t.task_id = $2"#,
        tenant.0,
        id.0
    )
    .fetch_optional(db)
    .await?;
    row.map(Row::view).transpose()
}

/// One task, held until the transaction ends. Its key is not: others may begin to depend on it meanwhile.
pub(super) async fn lock(
    db: &mut PgConnection,
    tenant: TenantId,
    id: TaskId,
) -> Result<Option<TaskView>> {
    sqlx::query!(
        "select task_id from tasks where tenant_id = $1 and task_id = $2 for no key update",
        tenant.0,
        id.0
    )
    .fetch_optional(&mut *db)
    .await?;
    get(db, tenant, id).await
}

fn labels(task: &NewTask) -> Vec<String> {
    task.labels.iter().map(ToString::to_string).collect()
}

pub(super) async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    id: TaskId,
    task: &NewTask,
) -> Result<()> {
    sqlx::query!(
        "insert into tasks (tenant_id, task_id, title, description, status, priority, due_on,
            labels, progress, assignee, completed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
            case when $5::text = 'done' then now() end)",
        tenant.0,
        id.0,
        task.title.as_str(),
        task.description,
        task.status.as_str(),
        task.priority.as_str(),
        task.due_on,
        &labels(task),
        task.progress,
        task.assignee
            .as_ref()
            .map(api_types::input::Assignee::as_str)
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn update(
    db: &mut PgConnection,
    tenant: TenantId,
    id: TaskId,
    task: &NewTask,
) -> Result<()> {
    sqlx::query!(
        "update tasks set title = $3, description = $4, status = $5, priority = $6, due_on = $7,
            labels = $8, progress = $9, assignee = $10, updated_at = now(),
            completed_at = case when $5::text = 'done' then coalesce(completed_at, now()) end
        where tenant_id = $1 and task_id = $2",
        tenant.0,
        id.0,
        task.title.as_str(),
        task.description,
        task.status.as_str(),
        task.priority.as_str(),
        task.due_on,
        &labels(task),
        task.progress,
        task.assignee
            .as_ref()
            .map(api_types::input::Assignee::as_str)
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn delete(db: &mut PgConnection, tenant: TenantId, id: TaskId) -> Result<bool> {
    let done = sqlx::query!(
        "delete from tasks where tenant_id = $1 and task_id = $2",
        tenant.0,
        id.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Serialises changes of dependencies within a tenant until the transaction ends.
pub(super) async fn take_turns(db: &mut PgConnection, tenant: TenantId) -> Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('tasks ' || $1::uuid::text, 0))",
        tenant.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What a task depends on, sorted.
pub(super) async fn dependencies(
    db: &mut PgConnection,
    tenant: TenantId,
    id: TaskId,
) -> Result<Vec<TaskId>> {
    Ok(sqlx::query_scalar!(
        r#"select depends_on as "id: TaskId" from task_dependencies
        where tenant_id = $1 and task_id = $2 order by depends_on"#,
        tenant.0,
        id.0
    )
    .fetch_all(db)
    .await?)
}

fn uuids(ids: &[TaskId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}

/// Those of the ids that are tasks of this tenant.
pub(super) async fn known(
    db: &mut PgConnection,
    tenant: TenantId,
    ids: &[TaskId],
) -> Result<Vec<TaskId>> {
    Ok(sqlx::query_scalar!(
        r#"select task_id as "id: TaskId" from tasks where tenant_id = $1 and task_id = any ($2)"#,
        tenant.0,
        &uuids(ids)
    )
    .fetch_all(db)
    .await?)
}

/// Whether following dependencies from any of `from` leads to `target`.
pub(super) async fn reaches(
    db: &mut PgConnection,
    tenant: TenantId,
    from: &[TaskId],
    target: TaskId,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"with recursive reached (task_id) as (
            select unnest($2::uuid[])
            union
            select d.depends_on from task_dependencies d
            join reached r on d.tenant_id = $1 and d.task_id = r.task_id
        )
        select exists (select from reached where task_id = $3) as "reached!""#,
        tenant.0,
        &uuids(from),
        target.0
    )
    .fetch_one(db)
    .await?)
}

pub(super) async fn set_dependencies(
    db: &mut PgConnection,
    tenant: TenantId,
    id: TaskId,
    depends_on: &[TaskId],
) -> Result<()> {
    sqlx::query!(
        "delete from task_dependencies where tenant_id = $1 and task_id = $2",
        tenant.0,
        id.0
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "insert into task_dependencies (tenant_id, task_id, depends_on)
        select $1, $2, unnest($3::uuid[])",
        tenant.0,
        id.0,
        &uuids(depends_on)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The titles of dependencies that are neither done nor cancelled.
pub(super) async fn open_dependencies(
    db: &mut PgConnection,
    tenant: TenantId,
    id: TaskId,
) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        "select t.title from task_dependencies d
        join tasks t on t.tenant_id = d.tenant_id and t.task_id = d.depends_on
        where d.tenant_id = $1 and d.task_id = $2 and t.status not in ('done', 'cancelled')
        order by t.title limit 10",
        tenant.0,
        id.0
    )
    .fetch_all(db)
    .await?)
}
