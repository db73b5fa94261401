//! A tenant's settings: its name, its toolkits, and another tenant beside it.

use super::server_fns::{ChangeSlug, CreateTenant, RenameTenant, SwitchToolkit};
use crate::ui::{Badge, Card, Denied, Field, Form, Look, Post, Submit, Switch, Tone};
use api_types::{
    Decision,
    toolkits::{ToolView, ToolkitView},
    users::Membership,
};
use leptos::prelude::*;

#[component]
pub fn TenantCard(tenant: Membership, rename: Post<RenameTenant>, may: Decision) -> AnyView {
    let Membership { slug, name, .. } = tenant;
    let allowed = may.allowed;
    let content = if allowed {
        let slug = slug.clone();
        view! {
            <Form action=rename done="Tenant renamed.">
                <input type="hidden" name="tenant" value=slug/>
                <Field label="Name" name="tenant_name" value=name required=true maxlength=80/>
                <Submit label="Save name" look=Look::Secondary/>
            </Form>
        }
        .into_any()
    } else {
        view! { <p>{name}</p> <Denied decision=may/> }.into_any()
    };
    let address = if allowed {
        view! { <AddressForm slug/> }.into_any()
    } else {
        view! {
            <div class="field">
                <span class="label">"Address"</span>
                <p><code>"/t/"{slug}</code></p>
            </div>
        }
        .into_any()
    };
    view! {
        <Card title="Tenant" about="Its name for people, and its address.">
            <div class="form">
                {content}
                {address}
            </div>
        </Card>
    }
    .into_any()
}

#[component]
fn AddressForm(slug: String) -> AnyView {
    let action = Post::<ChangeSlug>::new();
    go_there(action.value().into());
    view! {
        <Form action>
            <input type="hidden" name="tenant" value=slug.clone()/>
            <Field
                label="Address"
                name="slug"
                value=slug
                required=true
                maxlength=40
                hint="What follows /t/. Links to the old one lead here, and clients that are configured \
                      with it go on working; nobody else can have it."
            />
            <Submit label="Save address" look=Look::Secondary/>
        </Form>
    }
    .into_any()
}

/// Goes to the page that a form answers: a whole new one, so that nothing of this tenant is left.
pub(crate) fn go_there(answer: Signal<Option<Result<String, crate::UiError>>>) {
    Effect::new(move |_| {
        if let Some(Ok(page)) = answer.get() {
            _ = window().location().set_href(&page);
        }
    });
}

#[component]
pub fn NewTenantCard() -> AnyView {
    let action = Post::<CreateTenant>::new();
    go_there(action.value().into());
    view! {
        <div id="new-tenant">
        <Card
            title="Another tenant"
            about="Separate clients, keys, data and usage. You become its owner."
        >
            <Form action>
                <Field label="Name" name="tenant_name" required=true maxlength=80/>
                <Field
                    label="Address"
                    name="slug"
                    maxlength=40
                    placeholder="from the name"
                    hint="Lower-case letters, digits and hyphens. Leave empty to derive it from the name."
                />
                <Submit label="Create tenant" look=Look::Secondary/>
            </Form>
        </Card>
        </div>
    }
    .into_any()
}

#[component]
pub fn ToolkitsCard(
    tenant: String,
    toolkits: Vec<ToolkitView>,
    switch: Post<SwitchToolkit>,
    may: Decision,
) -> AnyView {
    let rows: Vec<AnyView> = toolkits
        .into_iter()
        .map(|toolkit| row(&tenant, toolkit, switch, may.allowed))
        .collect();
    view! {
        <Card title="Toolkits" about="What the tenant's clients find at the endpoint." flush=true>
            <ul class="rows">{rows}</ul>
            <div class="card-note"><Denied decision=may/></div>
        </Card>
    }
    .into_any()
}

fn row(tenant: &str, toolkit: ToolkitView, switch: Post<SwitchToolkit>, may: bool) -> AnyView {
    let state = if toolkit.enabled {
        (Tone::Good, "On")
    } else {
        (Tone::Neutral, "Off")
    };
    let tenant = tenant.to_string();
    let (name, title, enabled) = (toolkit.name, toolkit.title, toolkit.enabled);
    let label = format!("{title} toolkit");
    let control = if may {
        view! {
            <Form action=switch class="form-inline">
                <input type="hidden" name="tenant" value=tenant/>
                <input type="hidden" name="toolkit" value=name/>
                <Switch label name="enabled" on=enabled/>
            </Form>
        }
        .into_any()
    } else {
        view! { <Badge tone=state.0 text=state.1/> }.into_any()
    };
    let tools: Vec<AnyView> = toolkit.tools.into_iter().map(tool).collect();
    view! {
        <li class="row">
            <div class="row-words">
                <strong>{title}</strong>
                <span class="muted">{toolkit.description}</span>
                <details class="disclosure">
                    <summary>{crate::ui::counted(tools.len() as i64, "tool", "tools")}</summary>
                    <ul class="tools">{tools}</ul>
                </details>
            </div>
            {control}
        </li>
    }
    .into_any()
}

fn tool(tool: ToolView) -> AnyView {
    let (tone, word) = if tool.writes {
        (Tone::Warning, "writes")
    } else {
        (Tone::Neutral, "reads")
    };
    view! {
        <li>
            <span class="badges"><code>{tool.name}</code><Badge tone text=word/></span>
            <span class="muted">{tool.description}</span>
        </li>
    }
    .into_any()
}
