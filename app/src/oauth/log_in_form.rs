//! The forms that say how a client logs in, and that it does no more.

use super::server_fns::{LogInDetail, RemoveLogIn, SetLogIn};
use crate::{
    clients::ScopeFields,
    ui::{DialogButtons, Form, Look, Post, Select, TextArea},
};
use api_types::oauth::{ClientAuth, OauthClientView};
use leptos::prelude::*;

#[component]
pub fn LogInForm(
    detail: StoredValue<LogInDetail>,
    tenant: Signal<String>,
    id: StoredValue<String>,
    set: Post<SetLogIn>,
) -> AnyView {
    let LogInDetail {
        log_in, toolkits, ..
    } = detail.get_value();
    let (auth, addresses, keys, scopes) = log_in.map_or_else(
        || (ClientAuth::Public, String::new(), String::new(), Vec::new()),
        now,
    );
    let ways = ClientAuth::ALL
        .iter()
        .map(|way| (way.as_str().into(), way.label().into()))
        .collect();
    view! {
        <Form action=set>
            <input type="hidden" name="tenant" value=tenant.get_untracked()/>
            <input type="hidden" name="id" value=id.get_value()/>
            <Select
                label="How it shows that it is itself"
                name="auth"
                options=ways
                value=auth.as_str()
                hint="A program on people's machines can keep no secret: it is public."
            />
            <TextArea
                label="Redirect URIs"
                name="redirect_uris"
                value=addresses
                rows=3
                placeholder="https://app.example.com/callback"
                hint="Where people are led back to, one a line. Empty for a client that only logs in by itself."
            />
            <TextArea
                label="Public keys (JWKS)"
                name="jwks"
                value=keys
                rows=3
                hint="Only of a client with its own key: a JSON Web Key Set."
            />
            <ScopeFields
                toolkits
                legend="What it may use by itself, without a person"
                chosen=scopes
            />
            <p class="hint">
                "By itself means the client_credentials grant. It works only if a service account owns \
                 the client, within what that account's role allows."
            </p>
            <DialogButtons label="Save"/>
        </Form>
    }
    .into_any()
}

/// What the fields hold of a client that logs in already.
fn now(log_in: OauthClientView) -> (ClientAuth, String, String, Vec<String>) {
    (
        log_in.auth,
        log_in.redirect_uris.join("\n"),
        log_in.jwks.unwrap_or_default(),
        log_in.scopes,
    )
}

#[component]
pub fn RemoveForm(
    tenant: Signal<String>,
    id: StoredValue<String>,
    remove: Post<RemoveLogIn>,
) -> AnyView {
    view! {
        <Form action=remove done="The client can no longer log in.">
            <p>
                "Its client ID and its secrets are gone, and its log-ins end at once. Its keys work as \
                 before. This cannot be undone."
            </p>
            <input type="hidden" name="tenant" value=tenant.get_untracked()/>
            <input type="hidden" name="id" value=id.get_value()/>
            <DialogButtons label="Remove log-in" look=Look::Danger/>
        </Form>
    }
    .into_any()
}
