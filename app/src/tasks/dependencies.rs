//! What a task depends on: a list to take from, and a form to add to.

use super::{
    list::StatusBadge,
    server_fns::{SetDependencies, TaskDetail},
};
use crate::ui::{BareForm, Form, Icon, IconView, Look, Post, Submit, accepted};
use api_types::tasks::TaskView;
use leptos::{html, prelude::*};

#[component]
pub fn Dependencies(
    detail: StoredValue<TaskDetail>,
    tenant: Signal<String>,
    depend: Post<SetDependencies>,
) -> AnyView {
    let TaskDetail {
        task,
        depends_on,
        others,
        may_manage,
        ..
    } = detail.get_value();
    let may_manage = may_manage.allowed;
    let tenant = tenant.get_untracked();
    let now = task
        .depends_on
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(",");
    let hidden = StoredValue::new([tenant.clone(), task.id.to_string(), now]);
    let items: Vec<_> = depends_on
        .into_iter()
        .map(|other| view! { <Item other tenant=tenant.clone() hidden depend may_manage/> })
        .collect();
    let none = items.is_empty();
    view! {
        {if none {
            view! { <p class="muted">"Nothing."</p> }.into_any()
        } else {
            view! { <ul class="dependencies">{items}</ul> }.into_any()
        }}
        {(may_manage && !others.is_empty()).then(|| view! { <Add others hidden depend/> })}
    }
    .into_any()
}

/// What every form here sends: the tenant, the task, and what it depends on now.
#[component]
fn Hidden(hidden: StoredValue<[String; 3]>) -> AnyView {
    let [tenant, id, now] = hidden.get_value();
    view! {
        <input type="hidden" name="tenant" value=tenant/>
        <input type="hidden" name="id" value=id/>
        <input type="hidden" name="depends_on" value=now/>
    }
    .into_any()
}

#[component]
fn Item(
    other: TaskView,
    tenant: String,
    hidden: StoredValue<[String; 3]>,
    depend: Post<SetDependencies>,
    may_manage: bool,
) -> AnyView {
    let label = format!("No longer depend on {}", other.title);
    view! {
        <li>
            <a href=format!("/t/{tenant}/tasks/{}", other.id)>{other.title}</a>
            <StatusBadge status=other.status/>
            {may_manage.then(|| view! {
                <BareForm action=depend>
                    <Hidden hidden/>
                    <input type="hidden" name="without" value=other.id.to_string()/>
                    <button type="submit" class="button button-quiet button-icon" aria-label=label.clone() title=label>
                        <IconView icon=Icon::X/>
                    </button>
                </BareForm>
            })}
        </li>
    }
    .into_any()
}

#[component]
fn Add(
    others: Vec<TaskView>,
    hidden: StoredValue<[String; 3]>,
    depend: Post<SetDependencies>,
) -> AnyView {
    let select = NodeRef::<html::Select>::new();
    reset(select, accepted(depend));
    let options: Vec<AnyView> = others
        .into_iter()
        .map(|other| view! { <option value=other.id.to_string()>{other.title}</option> }.into_any())
        .collect();
    view! {
        <Form action=depend>
            <Hidden hidden/>
            <div class="field">
                <label for="with">"Add"</label>
                <select class="input" id="with" name="with" node_ref=select>
                    <option value="">"Choose a task…"</option>
                    {options}
                </select>
            </div>
            <div class="form-actions">
                <Submit label="Add dependency" look=Look::Secondary icon=Icon::Plus/>
            </div>
        </Form>
    }
    .into_any()
}

/// Chooses nothing again once a choice was accepted.
fn reset(select: NodeRef<html::Select>, added: Signal<usize>) {
    Effect::new(move |before: Option<usize>| {
        let now = added.get();
        if before.is_some_and(|before| before != now)
            && let Some(select) = select.get_untracked()
        {
            select.set_value("");
        }
        now
    });
}
