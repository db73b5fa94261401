//! `/t/{slug}/connections`: the connections of the tenant, and below them what can be connected.

use super::{
    catalogue::{Catalogue, Search},
    looks::{StateBadge, Tile, address, whose},
    server_fns::list_connections,
};
use crate::{
    oauth::load_beside,
    ui::{
        Card, Column, EmptyState, Icon, LinkButton, Live, PageHeader, RelativeTime, Table, counted,
        data, load, use_param,
    },
};
use api_types::connections::{ConnectionList, ConnectionView};
use leptos::prelude::*;

#[component]
pub fn ConnectionsPage() -> AnyView {
    let tenant = use_param("slug");
    let list = data(move || tenant.get(), list_connections);
    let below =
        move |page: &'static str| Signal::derive(move || format!("/t/{}/{page}", tenant.get()));
    let search = Search::of_address();
    view! {
        <PageHeader
            title="Connections"
            about="Accounts at other services, which the tools of your clients use."
        >
            <Live address=below("connections/live") changed=move || list.refetch()/>
            <LinkButton href=below("apis") label="Import an API" icon=Icon::Plus/>
            <LinkButton href=below("connections/describe") label="Describe a provider" icon=Icon::Pencil/>
        </PageHeader>
        {load(list, move |list| connections(list, &tenant.get_untracked()))}
        // The search field stands outside of what is loaded again, so that nobody is interrupted.
        <section class="stack" aria-labelledby="catalogue-title">
            <div class="catalogue-header">
                <h2 id="catalogue-title">"Catalogue"</h2>
                {search.field(tenant)}
            </div>
            {load_beside(list, move |list| {
                let (providers, may_describe) = (list.providers, list.may_describe);
                view! { <Catalogue providers may_describe tenant search/> }.into_any()
            })}
        </section>
    }
    .into_any()
}

fn connections(list: ConnectionList, tenant: &str) -> AnyView {
    if list.connections.is_empty() {
        return view! {
            <Card>
                <EmptyState
                    icon=Icon::Link
                    title="No connection yet"
                    about="Connect GitHub once; your clients call its tools; no client ever sees its token."
                />
            </Card>
        }
        .into_any();
    }
    let number = counted(list.connections.len() as i64, "connection", "connections");
    let rows: Vec<AnyView> = list
        .connections
        .into_iter()
        .map(|connection| row(connection, tenant))
        .collect();
    view! {
        <Card flush=true>
            <Table
                label="Connections"
                caption=number
                columns=[
                    Column::text("Connection"),
                    Column::text("Account"),
                    Column::text("State"),
                    Column::text("Whose").wide(),
                    Column::text("Last used").wide(),
                ]
                class="dense"
                rows
            />
        </Card>
    }
    .into_any()
}

fn row(connection: ConnectionView, tenant: &str) -> AnyView {
    let (href, whose) = (address(tenant, &connection), whose(&connection));
    let used = match connection.last_used_at {
        Some(at) => view! { <RelativeTime at/> }.into_any(),
        None => view! { <span class="muted">"never"</span> }.into_any(),
    };
    let account = match connection.account {
        Some(account) => account.into_any(),
        None => view! { <span class="muted">"not known"</span> }.into_any(),
    };
    let (icon, provider) = (connection.icon, connection.provider_name);
    view! {
        <tr>
            <th scope="row">
                <span class="tiled">
                    <Tile icon name=provider.clone()/>
                    <span class="tiled-words">
                        <a href=href>{connection.label}</a>
                        <span class="note">{provider}</span>
                    </span>
                </span>
            </th>
            <td class="long-word">{account}</td>
            <td>
                <StateBadge state=connection.state/>
                {connection.trouble.map(|trouble| view! { <span class="note">{trouble}</span> })}
            </td>
            <td class="wide-only">{whose}</td>
            <td class="wide-only">{used}</td>
        </tr>
    }
    .into_any()
}
