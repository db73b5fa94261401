//! The tasks of one page of the list, dense, each with a button that completes it.

use super::{query, server_fns::CompleteTask};
use crate::ui::{Badge, BareForm, Column, Icon, IconView, Post, Table, Tone, figures::day};
use api_types::tasks::{TaskFilter, TaskPriority, TaskStatus, TaskView};
use leptos::prelude::*;

#[component]
pub fn List(
    tasks: Vec<TaskView>,
    tenant: String,
    filter: TaskFilter,
    complete: Post<CompleteTask>,
    may_manage: bool,
) -> AnyView {
    let rows: Vec<_> = tasks
        .into_iter()
        .map(|task| {
            view! { <Row task tenant=tenant.clone() filter=filter.clone() complete may_manage/> }
                .into_any()
        })
        .collect();
    view! {
        <Table
            label="Tasks"
            caption="Tasks, newest first"
            columns=[
                Column::unseen("Done"),
                Column::text("Task"),
                Column::text("Status"),
                Column::text("Priority").wide(),
                Column::text("Due").wide(),
                Column::text("Assignee").wide(),
                Column::text("Progress").wide(),
            ]
            class="dense"
            rows
        />
    }
    .into_any()
}

#[component]
fn Row(
    task: TaskView,
    tenant: String,
    filter: TaskFilter,
    complete: Post<CompleteTask>,
    may_manage: bool,
) -> AnyView {
    let closed = matches!(task.status, TaskStatus::Done | TaskStatus::Cancelled);
    let label_link = |label: &String| {
        let narrow = TaskFilter {
            label: Some(label.clone()),
            cursor: None,
            ..filter.clone()
        };
        let href = format!("/t/{tenant}/tasks{}", query::write(&narrow));
        view! { <a class="badge" href=href data-noscroll="true">{label.clone()}</a> }.into_any()
    };
    let labels: Vec<AnyView> = task.labels.iter().map(label_link).collect();
    let waits = task.depends_on.len();
    view! {
        <tr class:faded=closed>
            <td class="tight"><Tick task=task.clone() tenant=tenant.clone() complete may_manage/></td>
            <th scope="row">
                <span class="task-title">
                    <a href=format!("/t/{tenant}/tasks/{}", task.id)>{task.title}</a>
                    {labels}
                    // A narrow screen has no room for its column.
                    {task.due_on.map(|due| view! { <span class="muted narrow-only">"due " {day(due)}</span> })}
                    {(waits > 0).then(|| view! { <span class="muted">{format!("depends on {waits}")}</span> })}
                </span>
            </th>
            <td><StatusBadge status=task.status/></td>
            <td class="wide-only"><PriorityBadge priority=task.priority/></td>
            <td class="wide-only whitespace-nowrap">{task.due_on.map(day)}</td>
            <td class="wide-only">{task.assignee}</td>
            <td class="wide-only"><Progress percent=task.progress/></td>
        </tr>
    }
    .into_any()
}

/// A circle that completes the task, or the mark that it is done.
#[component]
fn Tick(task: TaskView, tenant: String, complete: Post<CompleteTask>, may_manage: bool) -> AnyView {
    if task.status == TaskStatus::Done {
        return view! { <span class="tick tick-done" title="Done"><IconView icon=Icon::CircleCheck/></span> }
            .into_any();
    }
    if !may_manage || task.status == TaskStatus::Cancelled {
        return ().into_any();
    }
    let label = format!("Complete {}", task.title);
    view! {
        <BareForm action=complete>
            <input type="hidden" name="tenant" value=tenant/>
            <input type="hidden" name="id" value=task.id.to_string()/>
            <button type="submit" class="tick" aria-label=label.clone() title=label>
                <IconView icon=Icon::Circle/>
            </button>
        </BareForm>
    }
    .into_any()
}

#[component]
pub fn StatusBadge(status: TaskStatus) -> AnyView {
    let tone = match status {
        TaskStatus::Todo | TaskStatus::Cancelled => Tone::Neutral,
        TaskStatus::InProgress => Tone::Accent,
        TaskStatus::Blocked => Tone::Warning,
        TaskStatus::Done => Tone::Good,
    };
    view! { <Badge tone text=status.label()/> }.into_any()
}

/// Only what is not as usual stands out.
#[component]
fn PriorityBadge(priority: TaskPriority) -> AnyView {
    let tone = match priority {
        TaskPriority::Low | TaskPriority::Normal => {
            return view! { <span class="muted">{priority.label()}</span> }.into_any();
        }
        TaskPriority::High => Tone::Warning,
        TaskPriority::Urgent => Tone::Bad,
    };
    view! { <Badge tone text=priority.label()/> }.into_any()
}

#[component]
fn Progress(percent: i16) -> AnyView {
    view! {
        <span class="progress">
            <svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
                <rect class="share-rest" width="100" height="4"></rect>
                <rect class="share-part" width=percent height="4"></rect>
            </svg>
            {format!("{percent}%")}
        </span>
    }
    .into_any()
}

/// Links to the first and the next page of the list.
#[component]
pub fn Pager(filter: TaskFilter, path: Signal<String>, next: Option<String>) -> AnyView {
    let link = |cursor: Option<String>, words: &'static str| {
        let query = query::write(&TaskFilter {
            cursor,
            ..filter.clone()
        });
        let href = move || format!("{}{query}", path.get());
        view! { <a class="button" href=href>{words}</a> }
    };
    let first = filter.cursor.is_some().then(|| link(None, "Newest"));
    let next = next.map(|cursor| link(Some(cursor), "Older"));
    if first.is_none() && next.is_none() {
        return ().into_any();
    }
    view! { <nav class="pager" aria-label="Pages">{first} {next}</nav> }.into_any()
}
