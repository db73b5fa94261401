//! What opens over the page of members.

use super::{page::Actions, server_fns::MembersView};
use crate::ui::{DialogButtons, Field, Form, Look, Modal, Select, query_is, use_path};
use api_types::{MemberRole, Role, members::MemberRow};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn Dialogs(
    view: StoredValue<MembersView>,
    tenant: Signal<String>,
    actions: StoredValue<Actions>,
) -> AnyView {
    let path = use_path();
    let (may_manage, may_transfer) =
        view.with_value(|view| (view.may_manage.allowed, view.may_transfer.allowed));
    view! {
        {may_transfer.then(|| view! {
            <Modal title="Hand the tenant over" open=query_is("dialog", "transfer") close_to=path>
                <Form action=actions.with_value(|actions| actions.transfer) done="The tenant has another owner. You are an admin now.">
                    <p>"The new owner can do everything, also remove you. You stay as an admin."</p>
                    <Tenant tenant/>
                    <Select label="New owner" name="member" options=others(view)/>
                    <DialogButtons label="Hand over" look=Look::Danger/>
                </Form>
            </Modal>
        })}
        {may_manage.then(|| view! { <ManageDialogs view tenant actions/> })}
    }
    .into_any()
}

#[component]
fn ManageDialogs(
    view: StoredValue<MembersView>,
    tenant: Signal<String>,
    actions: StoredValue<Actions>,
) -> AnyView {
    let path = use_path();
    let (changed, removed) = (asked("role", view), asked("remove", view));
    view! {
        <Modal title="Invite somebody" open=query_is("dialog", "invite") close_to=path>
            <Form action=actions.with_value(|actions| actions.invite) done="Invitation sent.">
                <p>"A link goes to the address. It works once, for 7 days, and for that address alone."</p>
                <Tenant tenant/>
                <Field label="Email" name="email" kind="email" required=true maxlength=254/>
                <Select label="Role" name="role" options=roles(view) value=Role::Viewer.as_str()/>
                <DialogButtons label="Invite"/>
            </Form>
        </Modal>
        <Modal title="New service account" open=query_is("dialog", "service") close_to=path>
            <Form action=actions.with_value(|actions| actions.service) done="Service account made.">
                <p>
                    "A member that nobody signs in as. Give it clients whose keys must go on working \
                     when the person who set them up has left."
                </p>
                <Tenant tenant/>
                <Field label="Name" name="name" required=true maxlength=100 placeholder="nightly jobs"/>
                <DialogButtons label="Make service account"/>
            </Form>
        </Modal>
        <Modal title="Change role" open=Signal::derive(move || changed.with(Option::is_some)) close_to=path>
            {move || changed.get().map(|member| view! {
                <Form action=actions.with_value(|actions| actions.change) done="Role changed.">
                    <p>"The role of " <strong>{member.name}</strong> " from their next request on."</p>
                    <Tenant tenant/>
                    <input type="hidden" name="member" value=member.id.to_string()/>
                    <Select label="Role" name="role" options=roles(view) value=member.role.choice()/>
                    <DialogButtons label="Change role"/>
                </Form>
            })}
        </Modal>
        <Modal title="Remove member" open=Signal::derive(move || removed.with(Option::is_some)) close_to=path>
            {move || removed.get().map(|member| view! {
                <Form action=actions.with_value(|actions| actions.remove) done="Member removed. Their keys no longer work.">
                    <p>
                        <strong>{member.name}</strong>
                        " loses this tenant at once. The keys of their clients, and those that they \
                         issued for other people's, are refused within a second. Clients of service \
                         accounts go on: rotate those of their keys that this person has seen. What \
                         they made stays."
                    </p>
                    <Tenant tenant/>
                    <input type="hidden" name="member" value=member.id.to_string()/>
                    <DialogButtons label="Remove" look=Look::Danger/>
                </Form>
            })}
        </Modal>
    }
    .into_any()
}

/// The member that the address names, while that dialog is asked for.
fn asked(dialog: &'static str, view: StoredValue<MembersView>) -> Memo<Option<MemberRow>> {
    let (query, open) = (use_query_map(), query_is("dialog", dialog));
    Memo::new(move |_| {
        let id = query
            .with(|query| query.get("member"))
            .filter(|_| open.get())?;
        view.with_value(|view| {
            let found = view.members.iter().find(|one| one.id.to_string() == id);
            found.cloned()
        })
    })
}

/// The roles that the viewer can give: those that hold no more than their own.
fn roles(view: StoredValue<MembersView>) -> Vec<(String, String)> {
    view.with_value(|view| {
        let own = view
            .roles
            .iter()
            .map(|one| MemberRole::Custom(one.role.clone()));
        let all = Role::ALL.into_iter().map(MemberRole::from).chain(own);
        all.filter(|role| view.role.covers(role))
            .map(|role| {
                let words = match &role {
                    MemberRole::BuiltIn(role) => format!("{role}: {}", role.about()),
                    MemberRole::Custom(role) => role.name.clone(),
                };
                (role.choice(), words)
            })
            .collect()
    })
}

/// The people who are not the viewer.
fn others(view: StoredValue<MembersView>) -> Vec<(String, String)> {
    view.with_value(|view| {
        let others = view.members.iter().filter(|one| one.id != view.user);
        others
            .filter_map(|one| {
                let email = one.email.as_ref()?;
                Some((one.id.to_string(), format!("{} ({email})", one.name)))
            })
            .collect()
    })
}

#[component]
fn Tenant(tenant: Signal<String>) -> AnyView {
    view! { <input type="hidden" name="tenant" value=tenant.get_untracked()/> }.into_any()
}
