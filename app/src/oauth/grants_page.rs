//! `/t/{slug}/grants`: every log-in of the tenant, client by client.

use super::{
    grant::{EndDialog, tree},
    server_fns::{EndGrant, GrantsView, list_grants},
};
use crate::ui::{
    Card, Denied, EmptyState, Icon, LinkButton, PageHeader, Post, accepted, counted, data, load,
    use_param,
};
use api_types::{McpClientId, oauth::GrantView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Which log-ins to look at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Live,
    Ended,
    All,
}

impl Which {
    /// Each with its word in the address and its words for people.
    const TABS: [(Self, &'static str, &'static str); 3] = [
        (Self::Live, "live", "Live"),
        (Self::Ended, "ended", "Ended"),
        (Self::All, "all", "All"),
    ];

    fn read(word: &str) -> Self {
        let known = Self::TABS.iter().find(|(_, known, _)| *known == word);
        known.map_or(Self::Live, |(which, ..)| *which)
    }

    fn shows(self, grant: &GrantView) -> bool {
        match self {
            Self::Live => grant.ended_at.is_none(),
            Self::Ended => grant.ended_at.is_some(),
            Self::All => true,
        }
    }
}

#[component]
pub fn GrantsPage() -> AnyView {
    let tenant = use_param("slug");
    let end = Post::<EndGrant>::new();
    let ended = accepted(end);
    let grants = data(
        move || (tenant.get(), ended.get()),
        |(tenant, _)| list_grants(tenant),
    );
    let query = use_query_map();
    let which = Memo::new(move |_| {
        query.with(|query| Which::read(query.get_str("state").unwrap_or_default()))
    });
    let clients = move || format!("/t/{}/clients", tenant.get());
    view! {
        <a class="back-link" href=clients>"All clients"</a>
        <PageHeader
            title="Log-ins"
            about="Who has let which client in, and what it may use. Each can be ended by itself."
        >
            <LinkButton
                href=Signal::derive(move || format!("/t/{}/oauth", tenant.get()))
                label="Log-in debugger"
                icon=Icon::Activity
            />
        </PageHeader>
        {load(grants, move |view| view! { <Grants view tenant which end/> }.into_any())}
    }
    .into_any()
}

#[component]
fn Grants(
    view: GrantsView,
    tenant: Signal<String>,
    which: Memo<Which>,
    end: Post<EndGrant>,
) -> AnyView {
    let GrantsView { grants, may_manage } = view;
    let may_end = may_manage.allowed;
    let grants = StoredValue::new(grants);
    let path = move || format!("/t/{}/grants", tenant.get_untracked());
    let shown = move || {
        let which = which.get();
        let shown: Vec<GrantView> = grants.with_value(|grants| {
            grants
                .iter()
                .filter(|grant| which.shows(grant))
                .cloned()
                .collect()
        });
        if shown.is_empty() {
            return nothing(grants.with_value(Vec::is_empty));
        }
        by_client(shown)
            .into_iter()
            .map(|(client, grants)| {
                of_client(client, grants, &tenant.get_untracked(), &path(), may_end)
            })
            .collect::<Vec<_>>()
            .into_any()
    };
    view! {
        <div class="stack">
            <Tabs tenant which/>
            <Denied decision=may_manage/>
            {shown}
        </div>
        <EndDialog grants tenant end/>
    }
    .into_any()
}

#[component]
fn Tabs(tenant: Signal<String>, which: Memo<Which>) -> AnyView {
    let tabs: Vec<AnyView> = Which::TABS
        .into_iter()
        .map(|(tab, word, label)| {
            let href = move || format!("/t/{}/grants?state={word}", tenant.get());
            let current = move || (which.get() == tab).then_some("true");
            view! { <a href=href aria-current=current data-noscroll="true">{label}</a> }.into_any()
        })
        .collect();
    view! { <nav class="segments" aria-label="State">{tabs}</nav> }.into_any()
}

/// The log-ins of each client, in the order in which clients first appear.
fn by_client(grants: Vec<GrantView>) -> Vec<(McpClientId, Vec<GrantView>)> {
    let mut clients: Vec<(McpClientId, Vec<GrantView>)> = Vec::new();
    for grant in grants {
        match clients
            .iter_mut()
            .find(|(client, _)| *client == grant.client)
        {
            Some((_, own)) => own.push(grant),
            None => clients.push((grant.client, vec![grant])),
        }
    }
    clients
}

fn of_client(
    client: McpClientId,
    grants: Vec<GrantView>,
    tenant: &str,
    path: &str,
    may_end: bool,
) -> AnyView {
    let name = grants.first().map(|grant| grant.client_name.clone());
    let number = counted(grants.len() as i64, "log-in", "log-ins");
    let href = format!("/t/{tenant}/clients/{client}");
    view! {
        <section class="card">
            <div class="card-header card-header-row">
                <h2 class="long-word"><a class="link" href=href>{name}</a></h2>
                <span class="muted">{number}</span>
            </div>
            <div class="card-body card-flush">{tree(grants, path, may_end)}</div>
        </section>
    }
    .into_any()
}

fn nothing(none_at_all: bool) -> AnyView {
    if none_at_all {
        return view! {
            <Card>
                <EmptyState
                    icon=Icon::Plug
                    title="Nobody has logged in yet"
                    about="Paste the URL of this tenant's MCP endpoint, which is on the overview, into \
                           Claude, Cursor or another app that talks MCP, and log in. No key is needed."
                />
            </Card>
        }
        .into_any();
    }
    view! {
        <Card>
            <EmptyState
                icon=Icon::Search
                title="None of these"
                about="There are log-ins of the other kind."
            />
        </Card>
    }
    .into_any()
}
