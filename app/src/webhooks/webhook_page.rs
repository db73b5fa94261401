//! `/t/{slug}/webhooks/{id}`: one endpoint, how it is, what one does with it, and its deliveries.

use super::{
    deliveries::Deliveries,
    delivery_fns::{ResendDeliveries, list_deliveries},
    dialogs::{Dialogs, TESTED, sent_again},
    looks::{EndpointBadge, EventChips},
    query::Shown,
    secret::{Fresh, SecretDialog, forget, remember},
    server_fns::{
        ChangeWebhook, DeleteWebhook, DisableWebhook, EnableWebhook, RotateWebhookSecret,
        TestWebhook, WebhookPageView, get_webhook,
    },
    teach::Verify,
};
use crate::{
    oauth::load_beside,
    ui::{
        Alert, Card, Denied, Form, Icon, LinkButton, Live, Look, PageHeader, Post, RelativeTime,
        Stat, Submit, Tone, accepted, count, data, load, moment, toast::toast, use_param, use_path,
    },
};
use api_types::webhooks::{EndpointState, WebhookView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// What the page's forms do. They outlive the view, which is made anew when data is.
#[derive(Clone, Copy)]
pub(super) struct Actions {
    pub(super) change: Post<ChangeWebhook>,
    pub(super) rotate: Post<RotateWebhookSecret>,
    pub(super) disable: Post<DisableWebhook>,
    pub(super) delete: Post<DeleteWebhook>,
    pub(super) again: Post<ResendDeliveries>,
    enable: Post<EnableWebhook>,
    test: Post<TestWebhook>,
    fresh: Fresh,
}

impl Actions {
    fn new() -> Self {
        Self {
            change: Post::new(),
            rotate: Post::new(),
            disable: Post::new(),
            delete: Post::new(),
            again: Post::new(),
            enable: Post::new(),
            test: Post::new(),
            fresh: RwSignal::new(None),
        }
    }
}

#[component]
pub fn WebhookPage() -> AnyView {
    let (tenant, id, path) = (use_param("slug"), use_param("id"), use_path());
    let query = use_query_map();
    let shown = Memo::new(move |_| query.with(Shown::read));
    let all = Actions::new();
    let (actions, fresh) = (StoredValue::new(all), all.fresh);
    let sent = [accepted(all.test), accepted(all.again)];
    let changes = [
        accepted(all.change),
        accepted(all.rotate),
        accepted(all.disable),
        accepted(all.enable),
    ];
    let detail = data(
        move || (tenant.get(), id.get(), changes.map(|change| change.get())),
        |(tenant, id, _)| get_webhook(tenant, id),
    );
    let deliveries = data(
        move || {
            let sent = sent.map(|sent| sent.get());
            (tenant.get(), id.get(), shown.get(), sent)
        },
        |(tenant, id, shown, _)| list_deliveries(tenant, id, shown.word().into(), shown.after),
    );
    remember(all.rotate.value().into(), fresh);
    forget(fresh);
    Effect::new(move |_| {
        if let Some(Ok(number)) = all.again.value().get() {
            toast(&sent_again(number));
        }
    });
    let list = move || format!("/t/{}/webhooks", tenant.get());
    let live = Signal::derive(move || format!("/t/{}/webhooks/live", tenant.get()));
    let changed = move || {
        deliveries.refetch();
        detail.refetch();
    };
    view! {
        <div class="back-line">
            <a class="back-link" href=list>"All endpoints"</a>
            <Live address=live changed/>
        </div>
        {load(detail, move |view| page(view, tenant.get_untracked(), shown, actions))}
        {load_beside(deliveries, move |view| {
            let shown = shown.get_untracked();
            view! { <Deliveries view shown path=path.get_untracked()/> }.into_any()
        })}
    }
    .into_any()
}

fn page(
    view: WebhookPageView,
    tenant: String,
    shown: Memo<Shown>,
    actions: StoredValue<Actions>,
) -> AnyView {
    let Actions {
        enable,
        test,
        fresh,
        ..
    } = actions.get_value();
    let detail = view.detail;
    if let Some(made) = view.fresh {
        fresh.set(Some(made));
    }
    let endpoint = detail.endpoint.clone();
    let may_manage = detail.may_manage.clone();
    let allowed = may_manage.allowed;
    let path = use_path();
    // What is shown below stays as it is while a dialog is open.
    let back = Signal::derive(move || shown.get().address(&path.get(), None));
    let dialog = move |name: &'static str| {
        Signal::derive(move || shown.get().address(&path.get(), Some(name)))
    };
    let id = endpoint.id.to_string();
    let about = Some(endpoint.about.clone()).filter(|about| !about.is_empty());
    let about = about.unwrap_or_else(|| "Webhook endpoint".into());
    let is_disabled = endpoint.state == EndpointState::Disabled;
    let which = which(&tenant, &id);
    let send_test = (allowed && !is_disabled).then(|| {
        view! {
            <Form action=test done=TESTED class="form-inline">
                {which}
                <Submit label="Send a test event" look=Look::Secondary icon=Icon::Activity/>
            </Form>
        }
    });
    let switch = allowed.then(|| switch(&endpoint, &tenant, dialog("disable"), enable));
    let detail = StoredValue::new(detail);
    view! {
        <PageHeader title=endpoint.url.clone() about>
            {send_test}
            {allowed.then(|| view! { <LinkButton href=dialog("edit") label="Edit" icon=Icon::Pencil/> })}
        </PageHeader>
        <Denied decision=may_manage/>
        {numbers(&endpoint)}
        <div class="columns">
            {state(endpoint.clone(), switch)}
            {facts(endpoint, allowed, dialog("rotate"), dialog("delete"))}
        </div>
        {allowed.then(|| view! {
            <Dialogs detail tenant back shown actions/>
            <SecretDialog fresh close_to=back next=back label="Done"/>
        })}
    }
    .into_any()
}

/// Which endpoint a form is about.
pub(super) fn which(tenant: &str, id: &str) -> AnyView {
    let (tenant, id) = (tenant.to_owned(), id.to_owned());
    view! {
        <input type="hidden" name="tenant" value=tenant/>
        <input type="hidden" name="id" value=id/>
    }
    .into_any()
}

/// Disabling is asked about once more, enabling is not.
fn switch(
    endpoint: &WebhookView,
    tenant: &str,
    disable: Signal<String>,
    enable: Post<EnableWebhook>,
) -> AnyView {
    if endpoint.state != EndpointState::Disabled {
        return view! { <LinkButton href=disable label="Disable" icon=Icon::X/> }.into_any();
    }
    let which = which(tenant, &endpoint.id.to_string());
    view! {
        <Form action=enable done="Enabled." class="form-inline">
            {which}
            <Submit label="Enable"/>
        </Form>
    }
    .into_any()
}

fn numbers(endpoint: &WebhookView) -> AnyView {
    let of = "24 h";
    view! {
        <dl class="stats">
            <Stat label="Delivered" value=count(endpoint.delivered) note=of/>
            <Stat label="Retrying" value=count(endpoint.retrying) note=of/>
            <Stat label="Given up" value=count(endpoint.dead) note=of/>
        </dl>
    }
    .into_any()
}

/// How it is, and what is wrong.
fn state(endpoint: WebhookView, switch: Option<AnyView>) -> AnyView {
    let words = match endpoint.state {
        EndpointState::Enabled => "It is told what happens.",
        EndpointState::Failing => "Deliveries fail, and are tried again for three days.",
        EndpointState::Disabled => {
            "Nothing is sent to it, and what happens meanwhile is not kept for it."
        }
    };
    let tone = match endpoint.state {
        EndpointState::Disabled => Tone::Bad,
        _ => Tone::Warning,
    };
    let trouble = endpoint.trouble.clone();
    let trouble = trouble.map(|text| view! { <Alert tone text=crate::error::sentence(&text)/> });
    let since = endpoint.failing_since.map(|at| {
        view! { <p class="muted">"Nothing has arrived since " {moment(at)} "."</p> }
    });
    view! {
        <Card title="State">
            <p class="badges"><EndpointBadge state=endpoint.state/> <span>{words}</span></p>
            {trouble}
            {since}
            {switch.map(|switch| view! { <div class="form-actions">{switch}</div> })}
            <details class="more">
                <summary>"How to verify deliveries"</summary>
                <div class="stack"><Verify at="page"/></div>
            </details>
        </Card>
    }
    .into_any()
}

fn facts(
    endpoint: WebhookView,
    allowed: bool,
    rotate: Signal<String>,
    delete: Signal<String>,
) -> AnyView {
    let until = endpoint.previous_secret_until.map(|at| {
        view! {
            <dt>"Former secret"</dt>
            <dd>"signs too until " {moment(at)}</dd>
        }
    });
    let events = endpoint.events.clone();
    view! {
        <Card title="About">
            <dl class="facts">
                <dt>"Events"</dt>
                <dd><EventChips events/></dd>
                {until}
                <dt>"Added"</dt>
                <dd><RelativeTime at=endpoint.created_at/></dd>
            </dl>
            {allowed.then(|| view! {
                <div class="form-actions">
                    <LinkButton href=rotate label="Rotate secret" icon=Icon::Refresh/>
                    <LinkButton href=delete label="Delete" look=Look::Danger icon=Icon::Trash/>
                </div>
            })}
        </Card>
    }
    .into_any()
}
