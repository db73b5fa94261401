//! The app by which people log in at a service: whose it is, and how a tenant sets up its own.

use super::{connect_page::Actions, inputs::hidden};
use crate::ui::{Card, CopyField, Denied, Field, Form, Look, Submit};
use api_types::{
    Decision,
    connections::{AppSource, ProviderView},
};
use leptos::prelude::*;

#[component]
pub fn AppCard(
    view: StoredValue<ProviderView>,
    tenant: StoredValue<String>,
    actions: Actions,
) -> AnyView {
    let ProviderView {
        card,
        setup,
        docs,
        redirect_uri,
        client_id,
        may_share,
        ..
    } = view.get_value();
    let form = move || app_form(tenant.get_value(), &view.get_value(), actions);
    let how = move || how(setup.clone(), docs.clone(), redirect_uri.clone());
    match card.app {
        AppSource::None => {
            let title = format!("First an app at {}", card.name);
            let about = "People log in there through an app that you register once. It is yours: Bulkhead has none of its own there.";
            let form = if may_share.allowed {
                view! { {how()} {form()} }.into_any()
            } else {
                ask_somebody(may_share)
            };
            view! { <Card title about>{form}</Card> }.into_any()
        }
        AppSource::Instance => {
            let form = may_share.allowed.then(|| {
                view! {
                    <details class="more">
                        <summary>"Use an app of your own"</summary>
                        <div class="stack">{how()} {form()}</div>
                    </details>
                }
            });
            view! {
                <Card title="The app">
                    <p>"People log in through the app that this instance has there."</p>
                    {form}
                </Card>
            }
            .into_any()
        }
        AppSource::Tenant => {
            let change = may_share.allowed.then(|| {
                view! {
                    <details class="more">
                        <summary>"Change or remove it"</summary>
                        <div class="stack">{how()} {form()} {remove(tenant.get_value(), card.id, actions)}</div>
                    </details>
                }
            });
            view! {
                <Card title="The app" about="People log in through your own app there.">
                    {client_id.map(|id| view! { <CopyField text=id label="Client ID"/> })}
                    {change}
                </Card>
            }
            .into_any()
        }
    }
}

/// Where an app is registered, and with which address.
fn how(setup: String, docs: String, redirect_uri: String) -> AnyView {
    let docs = (!docs.is_empty()).then(|| {
        view! {
            " " <a class="link" href=docs target="_blank" rel="noreferrer">"Its documentation"</a>
        }
    });
    view! {
        <p>{setup} {docs}</p>
        <div class="field">
            <span class="label">"Callback address to register there"</span>
            <CopyField text=redirect_uri label="Callback address"/>
        </div>
    }
    .into_any()
}

fn app_form(tenant: String, view: &ProviderView, actions: Actions) -> AnyView {
    let known = view.client_id.clone().unwrap_or_default();
    let provider = view.card.id.clone();
    view! {
        <Form action=actions.set_app done="The app is set up. Now connect.">
            {hidden("tenant", tenant)}
            {hidden("provider", provider)}
            <Field label="Client ID" name="client_id" value=known required=true maxlength=300 autocomplete="off"/>
            <Field
                label="Client secret"
                name="client_secret"
                kind="password"
                required=true
                autocomplete="off"
                hint="Kept sealed, and not shown again."
            />
            <Submit label="Save app" look=Look::Secondary/>
        </Form>
    }
    .into_any()
}

fn remove(tenant: String, provider: String, actions: Actions) -> AnyView {
    view! {
        <Form action=actions.remove_app done="The app is removed.">
            {hidden("tenant", tenant)}
            {hidden("provider", provider)}
            <p class="hint">
                "Without the app its connections work until their tokens end, and cannot be renewed then."
            </p>
            <Submit label="Remove app" look=Look::Danger/>
        </Form>
    }
    .into_any()
}

fn ask_somebody(may: Decision) -> AnyView {
    view! {
        <p>"Nobody has set one up yet. Please ask an administrator of this tenant to do so."</p>
        <Denied decision=may/>
    }
    .into_any()
}
