//! `/t/{slug}/connections/tools/{provider}` and `/t/{slug}/apis/{id}/tools`: every tool, what it asks of the service, and
//! a dialog to try it.

use super::{
    inputs::{finds, hidden, search},
    tool_fns::{ToolsPageView, TryTool, list_api_tools, list_provider_tools},
    try_dialog::TryDialog,
};
use crate::{
    tenants::server_fns::SwitchToolkit,
    ui::{
        Badge, Card, Data, Denied, EmptyState, Form, Icon, PageHeader, Post, RowLink, Switch, Tone,
        accepted, counted, data, load, use_param, use_path,
    },
};
use api_types::connections::{OperationView, ToolsView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Whose tools they are, as the forms say it.
#[derive(Clone)]
pub struct Whose {
    pub provider: String,
    pub api: String,
}

/// What the page's forms do.
#[derive(Clone, Copy)]
struct Actions {
    switch: Post<SwitchToolkit>,
    try_it: Post<TryTool>,
}

impl Actions {
    fn new() -> Self {
        Self {
            switch: Post::new(),
            try_it: Post::new(),
        }
    }
}

#[component]
pub fn ToolsPage() -> AnyView {
    let (tenant, provider) = (use_param("slug"), use_param("provider"));
    let actions = Actions::new();
    let switched = accepted(actions.switch);
    let tools = data(
        move || (tenant.get(), provider.get(), switched.get()),
        |(tenant, provider, _)| list_provider_tools(tenant, provider),
    );
    let back =
        Signal::derive(move || format!("/t/{}/connections/new/{}", tenant.get(), provider.get()));
    let whose = Signal::derive(move || Whose {
        provider: provider.get(),
        api: String::new(),
    });
    page(tools, tenant, (back, "Connect"), whose, actions)
}

#[component]
pub fn ApiToolsPage() -> AnyView {
    let (tenant, api) = (use_param("slug"), use_param("id"));
    let actions = Actions::new();
    let switched = accepted(actions.switch);
    let tools = data(
        move || (tenant.get(), api.get(), switched.get()),
        |(tenant, api, _)| list_api_tools(tenant, api),
    );
    let back = Signal::derive(move || format!("/t/{}/apis/{}", tenant.get(), api.get()));
    let whose = Signal::derive(move || Whose {
        provider: String::new(),
        api: api.get(),
    });
    page(tools, tenant, (back, "The API"), whose, actions)
}

fn page(
    tools: Data<ToolsPageView>,
    tenant: Signal<String>,
    back: (Signal<String>, &'static str),
    whose: Signal<Whose>,
    actions: Actions,
) -> AnyView {
    let (href, label) = back;
    let asked = use_query_map().with_untracked(|query| query.get("q").unwrap_or_default());
    let words = RwSignal::new(asked);
    view! {
        <a class="back-link" href=move || href.get()>{label}</a>
        {load(tools, move |view| {
            all(view, tenant.get_untracked(), words, whose.get_untracked(), actions)
        })}
    }
    .into_any()
}

fn all(
    view: ToolsPageView,
    tenant: String,
    words: RwSignal<String>,
    whose: Whose,
    actions: Actions,
) -> AnyView {
    let ToolsPageView { tools: view, tried } = view;
    let title = format!("Tools of {}", view.name);
    let number = counted(view.tools.len() as i64, "tool", "tools");
    let offer = (!view.tools.is_empty()).then(|| offer(&view, &tenant, actions.switch));
    let path = use_path().get_untracked();
    let is_long = view.tools.len() > 5;
    let list = list(view.tools.clone(), words, &path);
    let tools = StoredValue::new(view);
    view! {
        <PageHeader title about=number/>
        {offer}
        {is_long.then(|| search("Search tools", path, words, ().into_any()))}
        {list}
        <TryDialog tools tenant whose try_it=actions.try_it before=tried/>
    }
    .into_any()
}

/// The switch that shows them to clients.
fn offer(view: &ToolsView, tenant: &str, switch: Post<SwitchToolkit>) -> AnyView {
    let on = view.is_offered;
    let which = view! {
        {hidden("tenant", tenant)}
        {hidden("toolkit", view.toolkit.clone())}
    };
    let may_switch = view.may_switch.clone();
    let control = if view.may_switch.allowed {
        view! {
            <Form action=switch class="form-inline">
                {which}
                <Switch label="Offer these tools to clients" name="enabled" on/>
            </Form>
        }
        .into_any()
    } else if on {
        view! { <Badge tone=Tone::Good text="On"/> }.into_any()
    } else {
        view! { <Badge text="Off"/> }.into_any()
    };
    let scopes = format!("{0}:read or {0}:write", view.toolkit);
    view! {
        <Card flush=true>
            <ul class="rows">
                <li class="row">
                    <div class="row-words">
                        <strong>"Offer these tools to clients"</strong>
                        <span class="muted">
                            "Clients find them at the endpoint if their key or their log-in has the scope "
                            <code>{scopes}</code> "."
                        </span>
                    </div>
                    {control}
                </li>
            </ul>
            <div class="card-note"><Denied decision=may_switch/></div>
        </Card>
    }
    .into_any()
}

fn list(tools: Vec<OperationView>, words: RwSignal<String>, path: &str) -> AnyView {
    if tools.is_empty() {
        return view! {
            <Card>
                <EmptyState
                    icon=Icon::Terminal
                    title="No tool yet"
                    about="An account can be connected all the same. Import the service's API, choose its operations, and call them with this connection."
                />
            </Card>
        }
        .into_any();
    }
    let texts: Vec<String> = tools.iter().map(searched).collect();
    let found = Memo::new(move |_| {
        let words = words.get();
        texts.iter().filter(|text| finds(text, &words)).count()
    });
    let rows: Vec<AnyView> = tools
        .into_iter()
        .map(|tool| row(tool, words, path))
        .collect();
    view! {
        <Card flush=true>
            <p class="visually-hidden" role="status">
                {move || counted(found.get() as i64, "tool", "tools")}
            </p>
            <ul class="rows">{rows}</ul>
            {move || (found.get() == 0).then(|| view! {
                <EmptyState icon=Icon::Search title="No tool matches" about="Try fewer or other words."/>
            })}
        </Card>
    }
    .into_any()
}

/// What of a tool is searched.
fn searched(tool: &OperationView) -> String {
    let OperationView {
        name,
        title,
        about,
        request,
        ..
    } = tool;
    format!("{name} {title} {about} {request}").to_lowercase()
}

fn row(tool: OperationView, words: RwSignal<String>, path: &str) -> AnyView {
    let text = searched(&tool);
    let href = format!("{path}?dialog=try&tool={}", tool.name);
    let of = tool.title.clone();
    let scopes: Vec<AnyView> = tool
        .scopes
        .iter()
        .map(|scope| view! { <code class="muted long-word">{scope.clone()}</code> }.into_any())
        .collect();
    let scopes =
        (!scopes.is_empty()).then(|| view! { <span class="note badges">"Needs " {scopes}</span> });
    let docs = tool.docs.clone().map(|docs| {
        let of = tool.title.clone();
        view! {
            <a class="link note" href=docs target="_blank" rel="noreferrer">
                "Documentation"<span class="visually-hidden">" of "{of}</span>
            </a>
        }
    });
    view! {
        <li class="row row-wrap" hidden=move || !words.with(|words| finds(&text, words))>
            <div class="row-words">
                <span class="badges">
                    <strong>{tool.title.clone()}</strong>
                    <code class="muted long-word">{tool.name.clone()}</code>
                    {effects(&tool)}
                </span>
                {about(&tool)}
                <span class="tool-facts">
                    <code class="note long-word">{tool.request}</code>
                    {scopes}
                    {docs}
                </span>
            </div>
            <RowLink href word="Try" icon=Icon::Terminal of/>
        </li>
    }
    .into_any()
}

/// What it does, where its title does not say it all.
pub(super) fn about(tool: &OperationView) -> Option<AnyView> {
    let says_more = tool.about != tool.title;
    let about = tool.about.clone();
    says_more.then(|| view! { <span class="muted">{about}</span> }.into_any())
}

/// What a call does to the service, as a badge.
pub(super) fn effects(tool: &OperationView) -> AnyView {
    let (tone, text) = if tool.destructive {
        (Tone::Bad, "destroys")
    } else if tool.writes {
        (Tone::Warning, "writes")
    } else {
        (Tone::Neutral, "reads")
    };
    view! { <Badge tone text/> }.into_any()
}
