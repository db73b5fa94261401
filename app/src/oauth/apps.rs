//! The apps that a person has connected, over all tenants, on their account.

use super::{
    load_beside,
    server_fns::{DisconnectApp, EndOwnGrant, connected_apps},
};
use crate::ui::{
    Alert, Badge, BareForm, Card, Column, DialogButtons, EmptyState, Form, Icon, Look, Modal, Post,
    RelativeTime, RowLink, Table, Tone, accepted, counted, data, query_is, toast::toast, use_path,
};
use api_types::oauth::{ConnectedApp, GrantView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn ConnectedApps() -> AnyView {
    let (disconnect, end) = (Post::<DisconnectApp>::new(), Post::<EndOwnGrant>::new());
    let changes = [accepted(disconnect), accepted(end)];
    let apps = data(
        move || changes.map(|change| change.get()),
        |_| connected_apps(),
    );
    say_once(changes[1]);
    load_beside(apps, move |apps| {
        view! { <Apps apps disconnect end/> }.into_any()
    })
}

/// Every log-in has its own form; each of them would say it.
fn say_once(ended: Signal<usize>) {
    Effect::new(move |before: Option<usize>| {
        let now = ended.get();
        if before.is_some_and(|before| before != now) {
            toast("The log-in has ended.");
        }
        now
    });
}

#[component]
fn Apps(
    apps: Vec<ConnectedApp>,
    disconnect: Post<DisconnectApp>,
    end: Post<EndOwnGrant>,
) -> AnyView {
    let path = use_path().get_untracked();
    let stored = StoredValue::new(apps.clone());
    let content = if apps.is_empty() {
        nothing()
    } else {
        let number = counted(apps.len() as i64, "app", "apps");
        let rows: Vec<AnyView> = apps.into_iter().map(|app| row(app, &path, end)).collect();
        view! {
            <Table
                label="Connected apps"
                caption=number
                columns=[
                    Column::text("App"),
                    Column::text("Scopes").wide(),
                    Column::text("Connected").wide(),
                    Column::text("Last used").wide(),
                    Column::unseen("Actions"),
                ]
                rows
            />
        }
        .into_any()
    };
    let problem = move || {
        let refused = end.value().get().and_then(Result::err);
        refused.map(|error| view! { <Alert tone=Tone::Bad text=error.to_string()/> })
    };
    view! {
        <div class="stack settings" id="connected-apps">
            <Card
                title="Connected apps"
                about="Apps that you have let in by logging in, in all your tenants."
                flush=true
            >
                <div class="list-problem" aria-live="polite">{problem}</div>
                {content}
            </Card>
            <Disconnect apps=stored disconnect/>
        </div>
    }
    .into_any()
}

fn nothing() -> AnyView {
    view! {
        <EmptyState
            icon=Icon::Plug
            title="No app yet"
            about="Paste the URL of a tenant's MCP endpoint, which is on its overview, into Claude, \
                   Cursor or another app that talks MCP. It leads you here to log in, and then it is \
                   in this list."
        />
    }
    .into_any()
}

fn row(app: ConnectedApp, path: &str, end: Post<EndOwnGrant>) -> AnyView {
    let scopes: Vec<AnyView> = scopes(&app)
        .into_iter()
        .map(|scope| view! { <li><Badge text=scope/></li> }.into_any())
        .collect();
    let connected = time(app.grants.iter().map(|grant| grant.created_at).min());
    let used = time(
        app.grants
            .iter()
            .filter_map(|grant| grant.last_used_at)
            .max(),
    );
    let href = format!("{path}?dialog=disconnect&app={}", app.client);
    let name = app.client_name.clone();
    view! {
        <tr>
            <th scope="row">
                <span class="block">{app.client_name.clone()}</span>
                <span class="note">{app.tenant_name.clone()}</span>
                {log_ins(app, end)}
            </th>
            <td class="wide-only"><ul class="badges">{scopes}</ul></td>
            <td class="wide-only">{connected}</td>
            <td class="wide-only">{used}</td>
            <td>
                <div class="key-actions">
                    <RowLink href word="Disconnect" icon=Icon::X of=name/>
                </div>
            </td>
        </tr>
    }
    .into_any()
}

/// What its log-ins open; without one, what it would be given without being asked about.
fn scopes(app: &ConnectedApp) -> Vec<String> {
    let mut scopes: Vec<String> = app
        .grants
        .iter()
        .flat_map(|grant| grant.scopes.iter().cloned())
        .collect();
    if scopes.is_empty() {
        scopes = app.remembered.clone().unwrap_or_default();
    }
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

fn time(at: Option<time::OffsetDateTime>) -> AnyView {
    match at {
        Some(at) => view! { <RelativeTime at/> }.into_any(),
        None => view! { <span class="muted">"never"</span> }.into_any(),
    }
}

/// Each log-in, which can be ended by itself.
fn log_ins(app: ConnectedApp, end: Post<EndOwnGrant>) -> AnyView {
    if app.grants.is_empty() {
        let words = "No log-in now; it gets in again without asking you.";
        return view! { <span class="note">{words}</span> }.into_any();
    }
    let number = counted(app.grants.len() as i64, "log-in", "log-ins");
    let of = format!(" of {}", app.client_name);
    let tenant = app.tenant;
    let items: Vec<AnyView> = app
        .grants
        .into_iter()
        .map(|grant| log_in(grant, &tenant, end))
        .collect();
    view! {
        <details class="disclosure">
            <summary>{number}<span class="visually-hidden">{of}</span></summary>
            <ul class="tools">{items}</ul>
        </details>
    }
    .into_any()
}

fn log_in(grant: GrantView, tenant: &str, end: Post<EndOwnGrant>) -> AnyView {
    let from = grant
        .created_address
        .map(|address| format!(" from {address}"));
    let agent = grant.last_used_agent;
    let label = format!("End this log-in of {}", grant.client_name);
    let (tenant, id) = (tenant.to_string(), grant.id.to_string());
    let scopes = grant.scopes.join(", ");
    view! {
        <li>
            <span>"Logged in " <RelativeTime at=grant.created_at/> {from}</span>
            <span class="note">{scopes}</span>
            {grant.last_used_at.map(|at| view! {
                <span class="note">"Last used " <RelativeTime at/></span>
            })}
            {agent.map(|agent| view! { <span class="note long-word">{agent}</span> })}
            <BareForm action=end>
                <input type="hidden" name="tenant" value=tenant/>
                <input type="hidden" name="id" value=id/>
                <button type="submit" class=Look::Quiet.class() aria-label=label>"End"</button>
            </BareForm>
        </li>
    }
    .into_any()
}

/// The app that the address names, while its dialog is asked for.
#[component]
fn Disconnect(apps: StoredValue<Vec<ConnectedApp>>, disconnect: Post<DisconnectApp>) -> AnyView {
    let (query, asked, path) = (
        use_query_map(),
        query_is("dialog", "disconnect"),
        use_path(),
    );
    let app = Memo::new(move |_| {
        let id = query
            .with(|query| query.get("app"))
            .filter(|_| asked.get())?;
        apps.with_value(|apps| {
            apps.iter()
                .find(|app| app.client.to_string() == id)
                .cloned()
        })
    });
    let open = Signal::derive(move || app.with(Option::is_some));
    view! {
        <Modal title="Disconnect app" open close_to=path>
            {move || app.get().map(|app| view! {
                <Form action=disconnect done="The app is disconnected.">
                    <p>
                        <strong>{app.client_name}</strong> " loses all its log-ins in "
                        <strong>{app.tenant_name}</strong>
                        " that are yours, and you are asked again before it gets in the next time. \
                         What it did stays."
                    </p>
                    <input type="hidden" name="tenant" value=app.tenant/>
                    <input type="hidden" name="client" value=app.client.to_string()/>
                    <DialogButtons label="Disconnect" look=Look::Danger/>
                </Form>
            })}
        </Modal>
    }
    .into_any()
}
