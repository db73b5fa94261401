//! The end of a tenant and its return: the card that deletes it, and the page where it can be
//! restored or another one made.

use super::{
    server_fns::{DeleteTenant, RestoreTenant, deleted_tenants},
    settings::{NewTenantCard, go_there},
};
use crate::{
    ui::{
        Card, Denied, DialogButtons, Field, Form, LinkButton, Look, Modal, Post, RelativeTime,
        Submit, data, load, query_is, use_path,
    },
    users::Doorway,
};
use api_types::{Decision, tenants::DeletedTenant};
use leptos::prelude::*;

/// Deletes the tenant, in the settings.
#[component]
pub fn DeleteTenantCard(slug: String, may: Decision) -> AnyView {
    let action = Post::<DeleteTenant>::new();
    go_there(action.value().into());
    let path = use_path();
    let open = Signal::derive(move || format!("{}?dialog=delete-tenant", path.get()));
    let allowed = may.allowed;
    let slug = StoredValue::new(slug);
    view! {
        <Card title="Delete this tenant" about="It is gone at once, and can be restored for 7 days.">
            <Denied decision=may/>
            {allowed.then(|| view! { <LinkButton href=open label="Delete tenant" look=Look::Danger/> })}
        </Card>
        <Modal title="Delete tenant" open=query_is("dialog", "delete-tenant") close_to=path>
            <Form action>
                <p>
                    "Every member loses it and every key stops working now. An owner can restore it for \
                     7 days; after that every row is deleted: clients, usage, tasks, the audit log."
                </p>
                <input type="hidden" name="tenant" value=slug.get_value()/>
                <Field
                    label="Type the tenant's address to confirm"
                    name="confirm"
                    required=true
                    autocomplete="off"
                    placeholder=slug.get_value()
                />
                <DialogButtons label="Delete tenant" look=Look::Danger/>
            </Form>
        </Modal>
    }
    .into_any()
}

/// `/new-tenant`: for whoever belongs to no tenant, wants another, or wants a deleted one back.
#[component]
pub fn NewTenantPage() -> AnyView {
    let restore = Post::<RestoreTenant>::new();
    go_there(restore.value().into());
    let deleted = data(|| (), |()| deleted_tenants());
    view! {
        <Doorway title="Tenants" about="Create one, or restore what you have deleted.">
            {load(deleted, move |tenants| list(tenants, restore))}
            <NewTenantCard/>
            <p class="doorway-other"><a class="link" href="/">"Back to your tenants"</a></p>
        </Doorway>
    }
    .into_any()
}

fn list(tenants: Vec<DeletedTenant>, restore: Post<RestoreTenant>) -> AnyView {
    if tenants.is_empty() {
        return ().into_any();
    }
    let rows: Vec<AnyView> = tenants
        .into_iter()
        .map(|tenant| row(tenant, restore))
        .collect();
    view! { <ul class="rows">{rows}</ul> }.into_any()
}

fn row(tenant: DeletedTenant, restore: Post<RestoreTenant>) -> AnyView {
    view! {
        <li class="row">
            <div class="row-words">
                <strong>{tenant.name}</strong>
                <span class="muted">"gone for good " <RelativeTime at=tenant.delete_after/></span>
            </div>
            <Form action=restore class="inline-form">
                <input type="hidden" name="slug" value=tenant.slug/>
                <Submit label="Restore" look=Look::Secondary/>
            </Form>
        </li>
    }
    .into_any()
}
