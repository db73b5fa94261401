//! `/t/{slug}/webhooks`: the endpoints of the tenant, and the form that adds one.

use super::{
    form::EndpointFields,
    looks::{EndpointBadge, EventChips},
    secret::{Fresh, SecretDialog, forget, remember},
    server_fns::{CreateWebhook, WebhooksView, list_webhooks},
    teach::Nothing,
};
use crate::{
    error::sentence,
    oauth::load_beside,
    ui::{
        Card, Column, Denied, DialogButtons, Form, Icon, LinkButton, Live, Look, Modal, PageHeader,
        Post, Table, accepted, count, counted, data, load, query_is, use_param, use_path,
    },
};
use api_types::webhooks::{WebhookList, WebhookView};
use leptos::prelude::*;

/// What the page's form does, and what it made.
#[derive(Clone, Copy)]
struct Actions {
    create: Post<CreateWebhook>,
    fresh: Fresh,
}

#[component]
pub fn WebhooksPage() -> AnyView {
    let tenant = use_param("slug");
    let actions = Actions {
        create: Post::new(),
        fresh: RwSignal::new(None),
    };
    let created = accepted(actions.create);
    let list = data(
        move || (tenant.get(), created.get()),
        |(tenant, _)| list_webhooks(tenant),
    );
    remember(actions.create.value().into(), actions.fresh);
    forget(actions.fresh);
    let live = Signal::derive(move || format!("/t/{}/webhooks/live", tenant.get()));
    let path = use_path();
    let new = Signal::derive(move || format!("{}?dialog=new", path.get()));
    view! {
        <PageHeader title="Webhooks" about="Addresses of yours that are told what happens in this tenant.">
            <Live address=live changed=move || list.refetch()/>
            {load_beside(list, move |view| {
                view.list
                    .may_manage
                    .allowed
                    .then(|| view! {
                        <LinkButton href=new label="Add endpoint" look=Look::Primary icon=Icon::Plus/>
                    })
                    .into_any()
            })}
        </PageHeader>
        {load(list, move |view| page(view, tenant, new, actions))}
    }
    .into_any()
}

fn page(
    view: WebhooksView,
    tenant: Signal<String>,
    new: Signal<String>,
    actions: Actions,
) -> AnyView {
    let WebhooksView { list, fresh } = view;
    if let Some(fresh) = fresh {
        actions.fresh.set(Some(fresh));
    }
    let WebhookList {
        endpoints,
        types,
        may_manage,
    } = list;
    let (allowed, path) = (may_manage.allowed, use_path());
    let next = Signal::derive(move || {
        let made = actions.fresh.with(|made| made.as_ref().map(|made| made.id));
        made.map_or_else(|| path.get(), |id| format!("{}/{id}", path.get()))
    });
    let shown = if endpoints.is_empty() {
        view! { <Nothing new allowed/> }.into_any()
    } else {
        table(endpoints, &tenant.get_untracked())
    };
    let types = StoredValue::new(types);
    view! {
        <Denied decision=may_manage/>
        {shown}
        {allowed.then(|| view! {
            <Modal title="Add an endpoint" open=query_is("dialog", "new") close_to=path>
                <Form action=actions.create>
                    <input type="hidden" name="tenant" value=tenant.get_untracked()/>
                    <EndpointFields types=types.get_value()/>
                    <DialogButtons label="Add endpoint"/>
                </Form>
            </Modal>
            <SecretDialog fresh=actions.fresh close_to=path next label="Go to the endpoint"/>
        })}
    }
    .into_any()
}

fn table(endpoints: Vec<WebhookView>, tenant: &str) -> AnyView {
    let caption = counted(endpoints.len() as i64, "endpoint", "endpoints");
    let rows: Vec<AnyView> = endpoints
        .into_iter()
        .map(|endpoint| row(endpoint, tenant))
        .collect();
    view! {
        <Card flush=true>
            <Table
                label="Endpoints"
                caption
                columns=[
                    Column::text("Endpoint"),
                    Column::text("State"),
                    Column::text("Events").wide(),
                    Column::number("Delivered, 24 h"),
                    Column::number("Retrying"),
                    Column::number("Given up"),
                ]
                class="dense"
                rows
            />
        </Card>
    }
    .into_any()
}

fn row(endpoint: WebhookView, tenant: &str) -> AnyView {
    let href = format!("/t/{tenant}/webhooks/{}", endpoint.id);
    let about =
        (!endpoint.about.is_empty()).then(|| view! { <span class="note">{endpoint.about}</span> });
    let trouble = endpoint.trouble.map(|trouble| sentence(&trouble));
    let number = |number: i64| match number {
        0 => view! { <span class="muted">"0"</span> }.into_any(),
        number => count(number).into_any(),
    };
    view! {
        <tr>
            <th scope="row" class="endpoint-url">
                <a class="link long-word" href=href>{endpoint.url}</a>
                {about}
            </th>
            <td>
                <EndpointBadge state=endpoint.state/>
                {trouble.map(|trouble| view! { <span class="note">{trouble}</span> })}
            </td>
            <td class="wide-only"><EventChips events=endpoint.events few=true/></td>
            <td class="num">{number(endpoint.delivered)}</td>
            <td class="num">{number(endpoint.retrying)}</td>
            <td class="num">{number(endpoint.dead)}</td>
        </tr>
    }
    .into_any()
}
