//! `/t/{slug}/tasks`: the list with its filter, and two forms that add a task.

use super::{
    list::{List, Pager},
    query,
    server_fns::{CompleteTask, CreateTask, TasksView, list_tasks},
};
use crate::ui::{
    Alert, Card, Denied, DialogButtons, EmptyState, Field, FilterForm, FilterSelect, FilterText,
    Form, Icon, LinkButton, Look, Modal, PageHeader, Post, Select, Submit, TextArea, Tone,
    accepted, data, load, query_is, use_param, use_path,
};
use api_types::tasks::{TaskFilter, TaskPriority, TaskStatus};
use leptos::{html, prelude::*};
use leptos_router::hooks::use_query_map;

/// What the page's forms do.
#[derive(Clone, Copy)]
struct Actions {
    /// The short form, which needs a title alone.
    add: Post<CreateTask>,
    create: Post<CreateTask>,
    complete: Post<CompleteTask>,
}

#[component]
pub fn TasksPage() -> AnyView {
    let tenant = use_param("slug");
    let query = use_query_map();
    let filter = Memo::new(move |_| query.with(query::read));
    let actions = Actions {
        add: Post::new(),
        create: Post::new(),
        complete: Post::new(),
    };
    let changes = [
        accepted(actions.add),
        accepted(actions.create),
        accepted(actions.complete),
    ];
    let tasks = data(
        move || {
            (
                tenant.get(),
                filter.get(),
                changes.map(|change| change.get()),
            )
        },
        |(tenant, filter, _)| list_tasks(tenant, filter),
    );
    load(tasks, move |view| {
        view! { <Tasks view tenant filter=filter.get_untracked() actions/> }.into_any()
    })
}

#[component]
fn Tasks(view: TasksView, tenant: Signal<String>, filter: TaskFilter, actions: Actions) -> AnyView {
    let Actions {
        add,
        create,
        complete,
    } = actions;
    let TasksView {
        page,
        people,
        may_manage,
    } = view;
    let (allowed, path) = (may_manage.allowed, use_path());
    let query = StoredValue::new(query::write(&filter));
    let back = Signal::derive(move || format!("{}{}", path.get(), query.get_value()));
    let new = Signal::derive(move || {
        let joint = if query.with_value(String::is_empty) {
            "?"
        } else {
            "&"
        };
        format!("{}{joint}dialog=new", back.get())
    });
    let narrow = query::is_narrow(&filter);
    let list = if page.tasks.is_empty() {
        view! { <Nothing narrow/> }.into_any()
    } else {
        let (tenant, filter) = (tenant.get_untracked(), filter.clone());
        view! { <List tasks=page.tasks tenant filter complete may_manage=allowed/> }.into_any()
    };
    let people = StoredValue::new(people);
    view! {
        <PageHeader
            title="Tasks"
            about="Work that people and agents share: the tools of the tasks toolkit see the same list."
        >
            {allowed.then(|| view! {
                <LinkButton href=new label="New task" look=Look::Primary icon=Icon::Plus/>
            })}
        </PageHeader>
        <Denied decision=may_manage/>
        <Filters tenant filter=filter.clone() people=people.get_value() narrow/>
        <Card flush=true>
            {allowed.then(|| view! { <QuickAdd tenant add/> })}
            <Problem complete/>
            {list}
        </Card>
        <Pager filter path next=page.next_cursor/>
        <Modal title="New task" open=query_is("dialog", "new") close_to=back>
            <NewTask tenant people create back/>
        </Modal>
    }
    .into_any()
}

/// Why a task could not be completed.
#[component]
fn Problem(complete: Post<CompleteTask>) -> AnyView {
    let value = complete.value();
    let text = move || value.with(|value| value.as_ref()?.as_ref().err().map(ToString::to_string));
    view! {
        <div class="list-problem" aria-live="polite">
            {move || text().map(|text| view! { <Alert tone=Tone::Bad text/> })}
        </div>
    }
    .into_any()
}

/// A title is enough.
#[component]
fn QuickAdd(tenant: Signal<String>, add: Post<CreateTask>) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let added = accepted(add);
    Effect::new(move |before: Option<usize>| {
        let now = added.get();
        if before.is_some_and(|before| before != now)
            && let Some(input) = input.get_untracked()
        {
            input.set_value("");
        }
        now
    });
    view! {
        <Form action=add class="quick-add">
            <input type="hidden" name="tenant" value=tenant.get_untracked()/>
            <label class="visually-hidden" for="quick-title">"Title of a new task"</label>
            <input
                class="input"
                id="quick-title"
                name="title"
                node_ref=input
                required=true
                maxlength="200"
                autocomplete="off"
                placeholder="Add a task…"
            />
            <Submit label="Add" look=Look::Secondary/>
        </Form>
    }
    .into_any()
}

#[component]
fn NewTask(
    tenant: Signal<String>,
    people: StoredValue<Vec<String>>,
    create: Post<CreateTask>,
    back: Signal<String>,
) -> AnyView {
    view! {
        <Form action=create done="Task added.">
            <input type="hidden" name="tenant" value=tenant.get_untracked()/>
            <Field label="Title" name="title" required=true maxlength=200/>
            <TextArea label="Description" name="description" maxlength=10_000/>
            <div class="form-row">
                <Select label="Priority" name="priority" options=priorities() value="normal"/>
                <Field label="Due" name="due_on" kind="date"/>
            </div>
            <div class="form-row">
                <Field label="Labels" name="labels" hint="Separated by commas."/>
                <Field label="Assignee" name="assignee" maxlength=100 hint=people.with_value(|people| known(people))/>
            </div>
            <DialogButtons label="Add task" back/>
        </Form>
    }
    .into_any()
}

/// Whom one could mean.
pub(super) fn known(people: &[String]) -> String {
    let first: Vec<&str> = people.iter().take(3).map(String::as_str).collect();
    format!("Any name, such as {} or an agent's.", first.join(", "))
}

pub(super) fn priorities() -> Vec<(String, String)> {
    let option = |priority: &TaskPriority| (priority.as_str().into(), priority.label().into());
    TaskPriority::ALL.iter().map(option).collect()
}

pub(super) fn statuses() -> Vec<(String, String)> {
    let option = |status: &TaskStatus| (status.as_str().into(), status.label().into());
    TaskStatus::ALL.iter().map(option).collect()
}

/// Sent by GET, so that a filtered list has an address.
#[component]
fn Filters(
    tenant: Signal<String>,
    filter: TaskFilter,
    people: Vec<String>,
    narrow: bool,
) -> AnyView {
    let action = format!("/t/{}/tasks", tenant.get_untracked());
    let clear = narrow.then(|| action.clone());
    let status = filter.status.map(TaskStatus::as_str).unwrap_or_default();
    let priority = filter
        .priority
        .map(TaskPriority::as_str)
        .unwrap_or_default();
    view! {
        <FilterForm action clear>
            <FilterText label="Search titles" name="search" value=filter.search/>
            <FilterSelect label="Status" name="status" all="Any status" options=statuses() chosen=status.to_string()/>
            <FilterSelect label="Priority" name="priority" all="Any priority" options=priorities() chosen=priority.to_string()/>
            <FilterText label="Label" name="label" value=filter.label/>
            <FilterText label="Assignee" name="assignee" value=filter.assignee list="people"/>
            <datalist id="people">
                {people.into_iter().map(|name| view! { <option value=name></option> }).collect_view()}
            </datalist>
        </FilterForm>
    }
    .into_any()
}

#[component]
fn Nothing(narrow: bool) -> AnyView {
    if narrow {
        return view! {
            <EmptyState icon=Icon::Search title="No task matches" about="Try fewer or other words in the filter."/>
        }
        .into_any();
    }
    view! {
        <EmptyState
            icon=Icon::ListChecks
            title="No task yet"
            about="Add one here, or let an agent do it: with the scope tasks:write its tools create, \
                   list, change and complete the tasks of this page."
        />
    }
    .into_any()
}
