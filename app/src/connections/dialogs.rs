//! What opens over the page of a connection: another name, another key, more scopes, the end.

use super::{
    connect_form::{scopes, secrets},
    connection_page::{Actions, again, start},
    inputs::hidden,
};
use crate::ui::{DialogButtons, Field, Form, LinkButton, Look, Modal, counted, query_is, use_path};
use api_types::connections::{AuthKind, ConnectionDetail};
use leptos::prelude::*;

#[component]
pub fn Dialogs(detail: StoredValue<ConnectionDetail>, tenant: String, actions: Actions) -> AnyView {
    let path = use_path();
    let tenant = StoredValue::new(tenant);
    let by_login = detail.with_value(|detail| detail.auth == AuthKind::Oauth2);
    view! {
        <Modal title="Rename" open=query_is("dialog", "rename") close_to=path>
            {move || rename(detail, tenant, actions)}
        </Modal>
        <Modal title="Disconnect" open=query_is("dialog", "disconnect") close_to=path>
            {move || disconnect(detail, tenant, actions)}
        </Modal>
        {by_login.then(|| view! {
            <Modal title="Widen" open=query_is("dialog", "widen") close_to=path>
                {move || widen(detail, tenant)}
            </Modal>
        })}
        {(!by_login).then(|| view! {
            <Modal title="Change the key" open=query_is("dialog", "key") close_to=path>
                {move || change(detail, tenant, actions)}
            </Modal>
        })}
    }
    .into_any()
}

fn which(detail: StoredValue<ConnectionDetail>, tenant: StoredValue<String>) -> AnyView {
    let id = detail.with_value(|detail| detail.connection.id.to_string());
    view! {
        {hidden("tenant", tenant.get_value())}
        {hidden("id", id)}
    }
    .into_any()
}

fn rename(
    detail: StoredValue<ConnectionDetail>,
    tenant: StoredValue<String>,
    actions: Actions,
) -> AnyView {
    let label = detail.with_value(|detail| detail.connection.label.clone());
    view! {
        <Form action=actions.rename done="Renamed.">
            {which(detail, tenant)}
            <Field
                label="Label"
                name="label"
                value=label
                required=true
                maxlength=80
                hint="Clients that name the connection have to use the new label."
            />
            <DialogButtons label="Rename"/>
        </Form>
    }
    .into_any()
}

fn change(
    detail: StoredValue<ConnectionDetail>,
    tenant: StoredValue<String>,
    actions: Actions,
) -> AnyView {
    let secrets = detail.with_value(|detail| secrets(&detail.secrets));
    view! {
        <Form action=actions.change done="Changed. It works.">
            {which(detail, tenant)}
            <p>"The new one is tried first. The present one stays if it is refused."</p>
            {secrets}
            <DialogButtons label="Change"/>
        </Form>
    }
    .into_any()
}

fn widen(detail: StoredValue<ConnectionDetail>, tenant: StoredValue<String>) -> AnyView {
    let ConnectionDetail {
        connection,
        scopes: offered,
        ..
    } = detail.get_value();
    let action = start(&tenant.get_value(), &connection);
    let button = format!("Go on to {}", connection.provider_name);
    view! {
        <form action=action method="post">
            <div class="form">
                <p>"Choose what it may do there. You go there once more and allow it."</p>
                {again(&connection)}
                {scopes(offered)}
                <div class="form-actions">
                    <button type="submit" class=Look::Primary.class()>{button}</button>
                    <LinkButton href=use_path() label="Cancel" look=Look::Quiet/>
                </div>
            </div>
        </form>
    }
    .into_any()
}

fn disconnect(
    detail: StoredValue<ConnectionDetail>,
    tenant: StoredValue<String>,
    actions: Actions,
) -> AnyView {
    let (connection, users) =
        detail.with_value(|detail| (detail.connection.clone(), detail.users.len()));
    let used = match users {
        0 => "No client has used it in the last 30 days.".to_string(),
        number => format!(
            "{} used it in the last 30 days: calls of its tools fail from now on.",
            counted(number as i64, "client", "clients")
        ),
    };
    let name = connection.provider_name;
    view! {
        <Form action=actions.disconnect>
            <p>
                <strong>{connection.label}</strong> " ends at once. " {used}
            </p>
            <p>
                {format!("What is kept of it here is erased, and {name} is told to take the access back, where it can be told.")}
                " This cannot be undone; the account can be connected again."
            </p>
            {which(detail, tenant)}
            <DialogButtons label="Disconnect" look=Look::Danger/>
        </Form>
    }
    .into_any()
}

/// What is said once a connection has ended.
pub(super) fn farewell(told: bool) -> &'static str {
    if told {
        "Disconnected. The service was told to take the access back."
    } else {
        "Disconnected here. The service was not told: take the access or the key back there too."
    }
}
