//! `/t/{slug}/tasks/{id}`: every field of one task.

use super::{
    dependencies::Dependencies,
    list::StatusBadge,
    page::{known, priorities, statuses},
    server_fns::{CompleteTask, DeleteTask, SetDependencies, TaskDetail, UpdateTask, get_task},
};
use crate::ui::{
    Card, CopyField, Denied, DialogButtons, Field, Form, Icon, LinkButton, Look, Modal, PageHeader,
    Post, Select, Submit, TextArea, accepted, data, load, moment, query_is, use_param, use_path,
};
use api_types::tasks::TaskStatus;
use leptos::prelude::*;

/// What the page's forms do.
#[derive(Clone, Copy)]
struct Actions {
    update: Post<UpdateTask>,
    complete: Post<CompleteTask>,
    depend: Post<SetDependencies>,
    delete: Post<DeleteTask>,
}

#[component]
pub fn TaskPage() -> AnyView {
    let (tenant, id) = (use_param("slug"), use_param("id"));
    let actions = Actions {
        update: Post::new(),
        complete: Post::new(),
        depend: Post::new(),
        delete: Post::new(),
    };
    let changes = [
        accepted(actions.update),
        accepted(actions.complete),
        accepted(actions.depend),
    ];
    let task = data(
        move || (tenant.get(), id.get(), changes.map(|change| change.get())),
        |(tenant, id, _)| get_task(tenant, id),
    );
    load(task, move |detail| {
        view! { <Task detail=StoredValue::new(detail) tenant actions/> }.into_any()
    })
}

#[component]
fn Task(detail: StoredValue<TaskDetail>, tenant: Signal<String>, actions: Actions) -> AnyView {
    let title = detail.with_value(|detail| detail.task.title.clone());
    let list = move || format!("/t/{}/tasks", tenant.get());
    view! {
        <a class="back-link" href=list>"All tasks"</a>
        <PageHeader title>
            <Buttons detail tenant complete=actions.complete/>
        </PageHeader>
        <div class="columns">
            <Card><Edit detail tenant update=actions.update/></Card>
            <div class="stack">
                <Card title="Depends on" about="What must be done before this task can be completed.">
                    <Dependencies detail tenant depend=actions.depend/>
                </Card>
                <Facts detail/>
            </div>
        </div>
        <Modal title="Delete task" open=query_is("dialog", "delete") close_to=use_path()>
            <Delete detail tenant delete=actions.delete/>
        </Modal>
    }
    .into_any()
}

#[component]
fn Buttons(
    detail: StoredValue<TaskDetail>,
    tenant: Signal<String>,
    complete: Post<CompleteTask>,
) -> AnyView {
    let TaskDetail {
        task, may_manage, ..
    } = detail.get_value();
    let may_manage = may_manage.allowed;
    let path = use_path();
    let delete = Signal::derive(move || format!("{}?dialog=delete", path.get()));
    let open = !matches!(task.status, TaskStatus::Done | TaskStatus::Cancelled);
    view! {
        <StatusBadge status=task.status/>
        {(may_manage && open).then(|| view! {
            <Form action=complete done="Task completed." class="inline-form">
                <input type="hidden" name="tenant" value=tenant.get_untracked()/>
                <input type="hidden" name="id" value=task.id.to_string()/>
                <Submit label="Complete" icon=Icon::Check look=Look::Secondary/>
            </Form>
        })}
        {may_manage.then(|| view! {
            <LinkButton href=delete label="Delete" icon=Icon::Trash look=Look::Quiet/>
        })}
    }
    .into_any()
}

#[component]
fn Edit(
    detail: StoredValue<TaskDetail>,
    tenant: Signal<String>,
    update: Post<UpdateTask>,
) -> AnyView {
    let TaskDetail {
        task,
        people,
        may_manage: decision,
        ..
    } = detail.get_value();
    let may_manage = decision.allowed;
    let due = task.due_on.map(|day| day.to_string()).unwrap_or_default();
    view! {
        <Form action=update done="Task saved.">
            <input type="hidden" name="tenant" value=tenant.get_untracked()/>
            <input type="hidden" name="id" value=task.id.to_string()/>
            <Denied decision/>
            <fieldset class="form" disabled=!may_manage>
                <legend class="visually-hidden">"The task"</legend>
                <Field label="Title" name="title" value=task.title required=true maxlength=200/>
                <TextArea label="Description" name="description" value=task.description rows=8 maxlength=10_000/>
                <div class="form-row">
                    <Select label="Status" name="status" options=statuses() value=task.status.as_str()/>
                    <Select label="Priority" name="priority" options=priorities() value=task.priority.as_str()/>
                </div>
                <div class="form-row">
                    <Field label="Due" name="due_on" kind="date" value=due/>
                    <Field label="Progress, percent" name="progress" kind="number" min="0" max="100" value=task.progress.to_string()/>
                </div>
                <div class="form-row">
                    <Field label="Labels" name="labels" value=task.labels.join(", ") hint="Separated by commas, at most 20."/>
                    <Field label="Assignee" name="assignee" value=task.assignee.unwrap_or_default() maxlength=100 hint=known(&people)/>
                </div>
                {may_manage.then(|| view! { <div class="form-actions"><Submit label="Save"/></div> })}
            </fieldset>
        </Form>
    }
    .into_any()
}

#[component]
fn Facts(detail: StoredValue<TaskDetail>) -> AnyView {
    let task = detail.with_value(|detail| detail.task.clone());
    view! {
        <Card title="About">
            <dl class="facts">
                <dt>"Created"</dt>
                <dd>{moment(task.created_at)}</dd>
                <dt>"Changed"</dt>
                <dd>{moment(task.updated_at)}</dd>
                {task.completed_at.map(|at| view! { <dt>"Completed"</dt> <dd>{moment(at)}</dd> })}
                <dt>"Over MCP"</dt>
                <dd><CopyField text=format!("bulkhead://tasks/{}", task.id) label="Resource"/></dd>
            </dl>
        </Card>
    }
    .into_any()
}

#[component]
fn Delete(
    detail: StoredValue<TaskDetail>,
    tenant: Signal<String>,
    delete: Post<DeleteTask>,
) -> AnyView {
    let task = detail.with_value(|detail| detail.task.clone());
    view! {
        <Form action=delete done="Task deleted.">
            <p>
                <strong>{task.title}</strong>
                " is deleted, and tasks that depend on it no longer do. This cannot be undone."
            </p>
            <input type="hidden" name="tenant" value=tenant.get_untracked()/>
            <input type="hidden" name="id" value=task.id.to_string()/>
            <DialogButtons label="Delete task" look=Look::Danger/>
        </Form>
    }
    .into_any()
}
