//! `/t/{slug}/oauth`: what each client asked of the authorization server and was told, live.

use super::{
    conversation::conversation,
    server_fns::{DebuggerView, list_conversations},
};
use crate::ui::{Card, CopyField, EmptyState, Icon, Live, PageHeader, data, load, use_param};
use leptos::prelude::*;

#[component]
pub fn DebuggerPage() -> AnyView {
    let tenant = use_param("slug");
    let told = data(move || tenant.get(), list_conversations);
    let clients = move || format!("/t/{}/clients", tenant.get());
    let live = Signal::derive(move || format!("/t/{}/oauth/live", tenant.get()));
    view! {
        <a class="back-link" href=clients>"All clients"</a>
        <PageHeader
            title="Log-in debugger"
            about="Every step of every client's way in: what it sent, what it was told, and how to mend it. Secrets are left out."
        >
            <Live address=live changed=move || told.refetch()/>
        </PageHeader>
        {load(told, |view| view! { <Told view/> }.into_any())}
    }
    .into_any()
}

#[component]
fn Told(view: DebuggerView) -> AnyView {
    let DebuggerView {
        conversations,
        endpoint,
    } = view;
    let list = if conversations.is_empty() {
        view! {
            <EmptyState
                icon=Icon::Activity
                title="No client has come yet"
                about="Add the URL above in your client, and watch it log in here, step by step. A client \
                       that stops half-way is marked, with what it takes to go on."
            />
        }
        .into_any()
    } else {
        // The newest is open, and whoever waits for help.
        let marked: Vec<_> = conversations
            .into_iter()
            .enumerate()
            .map(|(place, one)| (place == 0 || one.is_stuck(), one))
            .collect();
        // What somebody has unfolded stays so while other conversations come and go.
        view! {
            <For
                each=move || marked.clone()
                key=|(_, one)| (one.steps.first().map(|step| step.id), one.steps.len())
                children=|(open, one)| conversation(one, open)
            />
        }
        .into_any()
    };
    view! {
        <div class="stack">
            <Card title="Endpoint" about="Add this URL in your client and watch it log in here.">
                <CopyField text=endpoint label="MCP endpoint"/>
            </Card>
            <Card flush=true>{list}</Card>
        </div>
    }
    .into_any()
}
