//! `/t/{slug}/roles`: what every role may do, and the tenant's own roles.

use super::server_fns::{CreateRole, DeleteRole, RolesView, UpdateRole, list_roles};
use crate::ui::{
    Badge, Card, Checkbox, Denied, DialogButtons, EmptyState, Field, Form, Icon, IconView,
    LinkButton, Look, Modal, PageHeader, Post, RowLink, TableFrame, accepted, counted, data, load,
    query_is, use_param, use_path,
};
use api_types::{CustomRole, Permission, Role, members::RoleView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// What the page's forms do.
#[derive(Clone, Copy)]
struct Actions {
    create: Post<CreateRole>,
    update: Post<UpdateRole>,
    delete: Post<DeleteRole>,
}

#[component]
pub fn RolesPage() -> AnyView {
    let tenant = use_param("slug");
    let actions = Actions {
        create: Post::new(),
        update: Post::new(),
        delete: Post::new(),
    };
    let changes = [
        accepted(actions.create),
        accepted(actions.update),
        accepted(actions.delete),
    ];
    let roles = data(
        move || (tenant.get(), changes.map(|change| change.get())),
        |(tenant, _)| list_roles(tenant),
    );
    load(roles, move |view| {
        view! { <Roles view tenant actions/> }.into_any()
    })
}

#[component]
fn Roles(view: RolesView, tenant: Signal<String>, actions: Actions) -> AnyView {
    let RolesView { roles, may_manage } = view;
    let (allowed, path) = (may_manage.allowed, use_path());
    let new = Signal::derive(move || format!("{}?dialog=new", path.get()));
    let own = if roles.is_empty() {
        view! {
            <EmptyState
                icon=Icon::Shield
                title="No role of your own"
                about="Where none of the five roles fits, make one of exactly the permissions that \
                       somebody needs. It can hold anything but what only owners have, and nobody \
                       can put into it what they may not do themselves."
            />
        }
        .into_any()
    } else {
        own_roles(&roles, allowed, path)
    };
    let roles = StoredValue::new(roles);
    view! {
        <PageHeader title="Roles" about="What members may do, by their role.">
            {allowed.then(|| view! {
                <LinkButton href=new label="New role" look=Look::Primary icon=Icon::Plus/>
            })}
        </PageHeader>
        <Denied decision=may_manage/>
        <div class="stack">
            <Card title="Your own roles" flush=true>{own}</Card>
            <Card title="Every tenant's roles" flush=true>{table()}</Card>
        </div>
        {allowed.then(|| view! { <Dialogs roles tenant actions/> })}
    }
    .into_any()
}

fn own_roles(roles: &[RoleView], allowed: bool, path: Signal<String>) -> AnyView {
    let rows: Vec<AnyView> = roles
        .iter()
        .map(|view| own_role(view, allowed, path))
        .collect();
    view! { <ul class="rows">{rows}</ul> }.into_any()
}

fn own_role(view: &RoleView, allowed: bool, path: Signal<String>) -> AnyView {
    let RoleView { role, members } = view;
    let permissions: Vec<AnyView> = role
        .permissions
        .iter()
        .map(|one| view! { <li><Badge text=one.about()/></li> }.into_any())
        .collect();
    let link = |dialog: &'static str, word: &'static str, icon: Icon| {
        let href = format!("{}?dialog={dialog}&role={}", path.get_untracked(), role.id);
        view! { <RowLink href word icon of=role.name.as_str()/> }
    };
    view! {
        <li class="row">
            <div class="row-words">
                <strong>{role.name.clone()}</strong>
                <span class="muted">{counted(*members, "member", "members")}</span>
                <ul class="badges">{permissions}</ul>
            </div>
            {allowed.then(|| view! {
                <div class="key-actions">
                    {link("edit", "Edit", Icon::Pencil)}
                    {link("delete", "Delete", Icon::Trash)}
                </div>
            })}
        </li>
    }
    .into_any()
}

/// The one table, as everything else reads it.
fn table() -> AnyView {
    let heads: Vec<AnyView> = Role::ALL
        .into_iter()
        .map(|role| view! { <th scope="col" title=role.about()>{role.as_str()}</th> }.into_any())
        .collect();
    let rows: Vec<AnyView> = Permission::ALL.iter().map(|one| table_row(*one)).collect();
    view! {
        <TableFrame label="Roles and permissions">
            <table>
                <caption class="visually-hidden">"What each role may do"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Action"</th>
                        {heads}
                        <th scope="col">"Keys with"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableFrame>
    }
    .into_any()
}

fn table_row(permission: Permission) -> AnyView {
    let cells: Vec<AnyView> = Role::ALL
        .into_iter()
        .map(|role| {
            if role.allows(permission) {
                view! { <td><IconView icon=Icon::Check/><span class="visually-hidden">"yes"</span></td> }
                    .into_any()
            } else {
                view! { <td class="muted">"–"<span class="visually-hidden">"no"</span></td> }.into_any()
            }
        })
        .collect();
    let scope = match permission.scope() {
        Some(scope) => view! { <code>{scope}</code> }.into_any(),
        None => view! { <span class="muted">"never"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{permission.about()}</th>
            {cells}
            <td>{scope}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn Dialogs(roles: StoredValue<Vec<RoleView>>, tenant: Signal<String>, actions: Actions) -> AnyView {
    let path = use_path();
    let (edited, deleted) = (asked("edit", roles), asked("delete", roles));
    view! {
        <Modal title="New role" open=query_is("dialog", "new") close_to=path>
            <Form action=actions.create done="Role made.">
                <input type="hidden" name="tenant" value=tenant.get_untracked()/>
                <RoleFields/>
                <DialogButtons label="Make role"/>
            </Form>
        </Modal>
        <Modal title="Edit role" open=Signal::derive(move || edited.with(Option::is_some)) close_to=path>
            {move || edited.get().map(|role| view! {
                <Form action=actions.update done="Role changed.">
                    <input type="hidden" name="tenant" value=tenant.get_untracked()/>
                    <input type="hidden" name="id" value=role.id.to_string()/>
                    <RoleFields role/>
                    <DialogButtons label="Save"/>
                </Form>
            })}
        </Modal>
        <Modal title="Delete role" open=Signal::derive(move || deleted.with(Option::is_some)) close_to=path>
            {move || deleted.get().map(|role| view! {
                <Form action=actions.delete done="Role deleted.">
                    <p>"Only a role that nobody holds can be deleted: " <strong>{role.name}</strong> "."</p>
                    <input type="hidden" name="tenant" value=tenant.get_untracked()/>
                    <input type="hidden" name="id" value=role.id.to_string()/>
                    <DialogButtons label="Delete role"/>
                </Form>
            })}
        </Modal>
    }
    .into_any()
}

/// The role that the address names, while its dialog is asked for.
fn asked(dialog: &'static str, roles: StoredValue<Vec<RoleView>>) -> Memo<Option<CustomRole>> {
    let (query, open) = (use_query_map(), query_is("dialog", dialog));
    Memo::new(move |_| {
        let id = query
            .with(|query| query.get("role"))
            .filter(|_| open.get())?;
        roles.with_value(|roles| {
            let found = roles.iter().find(|view| view.role.id.to_string() == id);
            found.map(|view| view.role.clone())
        })
    })
}

#[component]
fn RoleFields(#[prop(optional, into)] role: Option<CustomRole>) -> AnyView {
    let (name, held) = role.map_or_else(Default::default, |role| (role.name, role.permissions));
    let boxes: Vec<AnyView> = Permission::ALL
        .iter()
        .filter(|one| !one.is_owners_alone() && **one != Permission::ViewTenant)
        .map(|one| {
            view! {
                <Checkbox label=one.about() name="permissions[]" value=one.as_str() checked=held.contains(one)/>
            }
            .into_any()
        })
        .collect();
    view! {
        <Field label="Name" name="name" value=name required=true maxlength=40 placeholder="on call"/>
        <fieldset class="field">
            <legend class="label">"What its members may do"</legend>
            {boxes}
        </fieldset>
    }
    .into_any()
}
