//! `/t/{slug}/clients`: every client of the tenant, and the form that registers one.

use super::{
    client_form::ClientFields,
    server_fns::{ClientsView, RegisterClient, list_clients},
};
use crate::ui::{
    Badge, Card, Column, Denied, DialogButtons, EmptyState, Form, Icon, LinkButton, Look, Modal,
    PageHeader, Post, RelativeTime, Table, Tone, accepted, counted, data, load, query_is,
    use_param, use_path,
};
use api_types::mcp_clients::ClientView;
use leptos::prelude::*;

#[component]
pub fn ClientsPage() -> AnyView {
    let tenant = use_param("slug");
    let register = Post::<RegisterClient>::new();
    let registered = accepted(register);
    let clients = data(
        move || (tenant.get(), registered.get()),
        |(tenant, _)| list_clients(tenant),
    );
    load(clients, move |view| {
        view! { <Clients view tenant register/> }.into_any()
    })
}

#[component]
fn Clients(view: ClientsView, tenant: Signal<String>, register: Post<RegisterClient>) -> AnyView {
    let ClientsView {
        clients,
        members,
        may_manage,
    } = view;
    let path = use_path();
    let open = query_is("dialog", "new");
    let new = Signal::derive(move || format!("{}?dialog=new", path.get()));
    let allowed = may_manage.allowed;
    let button = move || {
        allowed.then(|| {
            view! { <LinkButton href=new label="Register client" look=Look::Primary icon=Icon::Plus/> }
        })
    };
    let below =
        move |page: &'static str| Signal::derive(move || format!("/t/{}/{page}", tenant.get()));
    let list = if clients.is_empty() {
        view! { <Nothing allowed/> }.into_any()
    } else {
        view! { <ClientTable clients tenant/> }.into_any()
    };
    let members = StoredValue::new(members);
    view! {
        <PageHeader
            title="MCP clients"
            about="The programs that may use this tenant's MCP endpoint."
        >
            <LinkButton href=below("grants") label="All log-ins" icon=Icon::User/>
            <LinkButton href=below("oauth") label="Log-in debugger" icon=Icon::Activity/>
            {button()}
        </PageHeader>
        <Denied decision=may_manage/>
        <Card flush=true>{list}</Card>
        <Modal title="Register a client" open close_to=path>
            <Form action=register>
                <input type="hidden" name="tenant" value=tenant.get_untracked()/>
                <ClientFields members=members.get_value()/>
                <DialogButtons label="Register"/>
            </Form>
        </Modal>
    }
    .into_any()
}

#[component]
fn ClientTable(clients: Vec<ClientView>, tenant: Signal<String>) -> AnyView {
    let number = counted(clients.len() as i64, "client", "clients");
    let tenant = tenant.get_untracked();
    let rows: Vec<AnyView> = clients
        .into_iter()
        .map(|client| row(client, &tenant))
        .collect();
    view! {
        <Table
            label="Clients"
            caption=number
            columns=[
                Column::text("Name"),
                Column::text("Kind"),
                Column::text("Owner"),
                Column::number("Live keys"),
                Column::number("Log-ins"),
                Column::text("Last used"),
            ]
            rows
        />
    }
    .into_any()
}

fn row(client: ClientView, tenant: &str) -> AnyView {
    let number = |number: i64| match number {
        0 => view! { <span class="muted">"none"</span> }.into_any(),
        number => number.into_any(),
    };
    let used = match client.last_used_at {
        Some(at) => view! { <RelativeTime at/> }.into_any(),
        None => view! { <span class="muted">"never"</span> }.into_any(),
    };
    let app = client
        .is_app
        .then(|| view! { " " <Badge tone=Tone::Accent text="log-in"/> });
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/t/{tenant}/clients/{}", client.id)>{client.name}</a>
            </th>
            <td>{client.kind.label()} {app}</td>
            <td>{client.owner}</td>
            <td class="num">{number(client.live_keys)}</td>
            <td class="num">{number(client.live_grants)}</td>
            <td>{used}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn Nothing(allowed: bool) -> AnyView {
    let path = use_path();
    let new = Signal::derive(move || format!("{}?dialog=new", path.get()));
    view! {
        <EmptyState
            icon=Icon::Plug
            title="No client yet"
            about="A client is one program that talks MCP: Claude Desktop on somebody's laptop, Cursor, an \
                   agent of your own. Paste the endpoint's URL, which is on the overview, into it and \
                   log in: it then stands here by itself. Or register it, issue it a key, and paste \
                   the configuration that Bulkhead writes for it. Either can be taken away at any \
                   time without touching the others."
        >
            {allowed.then(|| view! {
                <LinkButton href=new label="Register the first client" icon=Icon::Plus/>
            })}
        </EmptyState>
    }
    .into_any()
}
