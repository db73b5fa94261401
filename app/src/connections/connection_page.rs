//! `/t/{slug}/connections/{id}`: one connection, how it is, and what one can do about it.

use super::{
    dialogs::{Dialogs, farewell},
    inputs::hidden,
    looks::{StateBadge, Tile},
    record::{Calls, Users},
    server_fns::{
        ChangeSecret, ConnectionPageView, DisconnectAccount, RenameConnection, TestConnection,
        get_connection,
    },
};
use crate::ui::{
    Alert, Badge, Card, Denied, Form, Icon, LinkButton, Live, Look, PageHeader, Post, Submit, Tone,
    accepted, data, figures::milliseconds, load, moment, query_is, toast::toast, use_param,
    use_path,
};
use api_types::connections::{
    AuthKind, ConnectionDetail, ConnectionState, ConnectionView, TestResult,
};
use leptos::prelude::*;
use time::OffsetDateTime;

/// What the page's forms do. They outlive the view, which is made anew when data is.
#[derive(Clone, Copy)]
pub(super) struct Actions {
    pub(super) rename: Post<RenameConnection>,
    pub(super) change: Post<ChangeSecret>,
    pub(super) disconnect: Post<DisconnectAccount>,
    test: Post<TestConnection>,
}

#[component]
pub fn ConnectionPage() -> AnyView {
    let (tenant, id) = (use_param("slug"), use_param("id"));
    let actions = Actions {
        rename: Post::new(),
        change: Post::new(),
        disconnect: Post::new(),
        test: Post::new(),
    };
    let changes = [
        accepted(actions.rename),
        accepted(actions.change),
        accepted(actions.test),
    ];
    let detail = data(
        move || (tenant.get(), id.get(), changes.map(|change| change.get())),
        |(tenant, id, _)| get_connection(tenant, id),
    );
    Effect::new(move |_| {
        if let Some(Ok(told)) = actions.disconnect.value().get() {
            toast(farewell(told));
        }
    });
    let list = move || format!("/t/{}/connections", tenant.get());
    let live = Signal::derive(move || format!("/t/{}/connections/live", tenant.get()));
    view! {
        <div class="back-line">
            <a class="back-link" href=list>"All connections"</a>
            <Live address=live changed=move || detail.refetch()/>
        </div>
        {load(detail, move |view| page(view, tenant.get_untracked(), actions))}
    }
    .into_any()
}

fn page(view: ConnectionPageView, tenant: String, actions: Actions) -> AnyView {
    let ConnectionPageView { detail, tested } = view;
    let connection = detail.connection.clone();
    let allowed = connection.may_change.allowed;
    let is_live = allowed && connection.state != ConnectionState::Disconnected;
    let about = match &connection.account {
        Some(account) => format!("{}, {account}", connection.provider_name),
        None => connection.provider_name.clone(),
    };
    let path = use_path();
    let dialog =
        move |name: &'static str| Signal::derive(move || format!("{}?dialog={name}", path.get()));
    let tools = Signal::stored(format!(
        "/t/{tenant}/connections/tools/{}",
        connection.provider
    ));
    let state = state(&connection);
    let test = test(&connection, tenant.clone(), actions.test);
    let found = found(actions.test, tested);
    let key = dialog("key");
    let (users, calls) = (detail.users.clone(), detail.calls.clone());
    let mend = allowed.then(|| mend(&detail, &tenant, key));
    let granted = granted(&detail, allowed, dialog("widen"));
    let (name, may_change) = (
        connection.provider_name.clone(),
        connection.may_change.clone(),
    );
    let (slug, has_tokens) = (tenant.clone(), detail.auth == AuthKind::Oauth2);
    let detail = StoredValue::new(detail);
    view! {
        <PageHeader title=connection.label.clone() about>
            <LinkButton href=tools label="Tools" icon=Icon::Terminal/>
            {is_live.then(|| view! {
                <LinkButton href=dialog("rename") label="Rename" icon=Icon::Pencil/>
                <LinkButton href=dialog("disconnect") label="Disconnect" look=Look::Danger icon=Icon::X/>
            })}
        </PageHeader>
        <Done name/>
        <Denied decision=may_change/>
        <div class="columns">
            <div class="stack">
                <Card title="State">
                    {state}
                    <div class="form-actions">{mend} {test}</div>
                    {found}
                </Card>
                {granted}
                <Users users/>
                <Calls calls tenant=slug/>
            </div>
            {facts(connection, has_tokens)}
        </div>
        {allowed.then(|| view! { <Dialogs detail tenant actions/> })}
    }
    .into_any()
}

/// That one has just come back from the service with a connection.
#[component]
fn Done(name: String) -> AnyView {
    let done = query_is("done", "connected");
    let words = move || {
        let text = format!("Connected. Your clients can use {name} from now on.");
        done.get().then(|| view! { <Alert tone=Tone::Good text/> })
    };
    view! { <div class="announced" aria-live="polite">{words}</div> }.into_any()
}

/// How it is, and what is wrong.
fn state(connection: &ConnectionView) -> AnyView {
    let words = match connection.state {
        ConnectionState::Healthy => "It works.",
        ConnectionState::Expiring => {
            "It still works, but could not be renewed yet. That is tried again by itself."
        }
        ConnectionState::NeedsAttention => {
            "Calls of its tools fail until somebody connects it again."
        }
        ConnectionState::Disconnected => "It has ended. Its tools do nothing with it any more.",
    };
    let tone = match connection.state {
        ConnectionState::Expiring => Tone::Warning,
        _ => Tone::Bad,
    };
    let trouble = connection
        .trouble
        .clone()
        .map(|text| view! { <Alert tone text/> });
    view! {
        <p class="badges"><StateBadge state=connection.state/> <span>{words}</span></p>
        {trouble}
    }
    .into_any()
}

/// The way to make it whole again: going to the service, or another key.
fn mend(detail: &ConnectionDetail, tenant: &str, key: Signal<String>) -> AnyView {
    if detail.auth != AuthKind::Oauth2 {
        let label = if detail.auth == AuthKind::Basic {
            "Change the password"
        } else {
            "Change the key"
        };
        return view! { <LinkButton href=key label icon=Icon::Key/> }.into_any();
    }
    let look = match detail.connection.state {
        ConnectionState::Healthy => Look::Secondary,
        _ => Look::Primary,
    };
    let granted = detail.scopes.iter().filter(|scope| scope.chosen);
    let scopes: Vec<AnyView> = granted
        .map(|scope| hidden("scope", scope.name.clone()))
        .collect();
    view! {
        <form action=start(tenant, &detail.connection) method="post">
            {again(&detail.connection)}
            {scopes}
            <button type="submit" class=look.class()>"Reconnect"</button>
        </form>
    }
    .into_any()
}

/// Where one sets out for the service.
pub(super) fn start(tenant: &str, connection: &ConnectionView) -> String {
    format!("/t/{tenant}/connections/{}/start", connection.provider)
}

/// What says that this connection is meant, and no new one.
pub(super) fn again(connection: &ConnectionView) -> AnyView {
    view! {
        {hidden("renewing", connection.id.to_string())}
        {hidden("label", connection.label.clone())}
        {hidden("sharing", connection.sharing.as_str())}
    }
    .into_any()
}

/// The button that asks the service whose account it is.
fn test(connection: &ConnectionView, tenant: String, test: Post<TestConnection>) -> AnyView {
    if connection.state == ConnectionState::Disconnected {
        return ().into_any();
    }
    let id = connection.id.to_string();
    view! {
        <Form action=test class="form-inline">
            {hidden("tenant", tenant)}
            {hidden("id", id)}
            <Submit label="Test" look=Look::Secondary icon=Icon::Activity/>
        </Form>
    }
    .into_any()
}

/// What came of that.
fn found(test: Post<TestConnection>, before: Option<TestResult>) -> AnyView {
    let value = test.value();
    let found = move || {
        let now = value.with(|value| value.as_ref()?.as_ref().ok().cloned());
        now.or_else(|| before.clone()).map(test_result)
    };
    view! { <div class="announced" role="status">{found}</div> }.into_any()
}

fn test_result(found: TestResult) -> AnyView {
    let took = milliseconds(found.duration_ms as f64);
    let (tone, text) = if found.is_good {
        (
            Tone::Good,
            format!("{} It took {took}.", crate::error::sentence(&found.told)),
        )
    } else {
        (Tone::Bad, crate::error::sentence(&found.told))
    };
    view! { <Alert tone text/> }.into_any()
}

/// What the service has granted, in plain words.
fn granted(detail: &ConnectionDetail, allowed: bool, widen: Signal<String>) -> AnyView {
    if detail.auth != AuthKind::Oauth2 {
        return ().into_any();
    }
    let known = |name: &String| detail.scopes.iter().find(|scope| scope.name == *name);
    let rows: Vec<AnyView> = detail
        .connection
        .scopes
        .iter()
        .map(|name| {
            let about = known(name).map(|scope| scope.about.clone());
            view! {
                <li>
                    {about.map(|about| view! { <span>{about}</span> " " })}
                    <code class="muted long-word">{name.clone()}</code>
                </li>
            }
            .into_any()
        })
        .collect();
    let rows = if rows.is_empty() {
        view! { <p class="muted">"The service does not say."</p> }.into_any()
    } else {
        view! { <ul class="plain-list">{rows}</ul> }.into_any()
    };
    let more = detail.scopes.iter().any(|scope| !scope.chosen);
    view! {
        <Card title="What it may do there">
            {rows}
            {(allowed && more).then(|| view! {
                <div class="form-actions"><LinkButton href=widen label="Widen" icon=Icon::Plus/></div>
            })}
        </Card>
    }
    .into_any()
}

fn facts(connection: ConnectionView, has_tokens: bool) -> AnyView {
    let when = |at: Option<OffsetDateTime>, never: &'static str| match at {
        Some(at) => moment(at).into_any(),
        None => view! { <span class="muted">{never}</span> }.into_any(),
    };
    let (name, icon) = (connection.provider_name, connection.icon);
    view! {
        <Card title="About">
            <p class="tiled"><Tile icon name=name.clone()/><strong>{name}</strong></p>
            <dl class="facts">
                <dt>"Account"</dt>
                <dd>{connection.account.unwrap_or_else(|| "Not known".into())}</dd>
                <dt>"Who may use it"</dt>
                <dd><Badge text=connection.sharing.label()/></dd>
                <dt>"Connected by"</dt>
                <dd>{connection.owner}</dd>
                <dt>"Connected"</dt>
                <dd>{moment(connection.connected_at)}</dd>
                {has_tokens.then(|| view! {
                    <dt>"Last refreshed"</dt>
                    <dd>{when(connection.refreshed_at, "Not yet")}</dd>
                    <dt>"Token ends"</dt>
                    <dd>{when(connection.expires_at, "Never")}</dd>
                })}
                <dt>"Last used"</dt>
                <dd>{when(connection.last_used_at, "Never")}</dd>
            </dl>
        </Card>
    }
    .into_any()
}
