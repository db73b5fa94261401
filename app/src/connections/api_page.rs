//! `/t/{slug}/apis/{id}`: an imported API: which of its operations are tools, and what a newer document would change.

use super::{
    api_fns::{ChooseOperations, RemoveApi, SyncApi, TakeOverApi, get_api},
    choose::Choose,
    document::DocumentField,
    inputs::hidden,
};
use crate::ui::{
    Alert, Card, Denied, DialogButtons, Form, Icon, LinkButton, Look, Modal, PageHeader, Post,
    Submit, Tone, accepted, count, counted, data, load, moment, query_is, toast::toast, use_param,
    use_path,
};
use api_types::connections::{ApiDetail, ApiNews, ApiView};
use leptos::prelude::*;

/// What the page's forms do.
#[derive(Clone, Copy)]
pub(super) struct Actions {
    pub(super) choose: Post<ChooseOperations>,
    sync: Post<SyncApi>,
    take_over: Post<TakeOverApi>,
    remove: Post<RemoveApi>,
}

#[component]
pub fn ApiPage() -> AnyView {
    let (tenant, id) = (use_param("slug"), use_param("id"));
    let actions = Actions {
        choose: Post::new(),
        sync: Post::new(),
        take_over: Post::new(),
        remove: Post::new(),
    };
    let changes = [
        accepted(actions.choose),
        accepted(actions.sync),
        accepted(actions.take_over),
    ];
    let detail = data(
        move || (tenant.get(), id.get(), changes.map(|change| change.get())),
        |(tenant, id, _)| get_api(tenant, id),
    );
    Effect::new(move |_| {
        if let Some(Ok(news)) = actions.sync.value().get() {
            toast(fetched(&news));
        }
    });
    let back = move || format!("/t/{}/apis", tenant.get());
    view! {
        <a class="back-link" href=back>"All imported APIs"</a>
        {load(detail, move |detail| page(detail, &tenant.get_untracked(), actions))}
    }
    .into_any()
}

/// What is said once a document has been fetched again.
pub(super) fn fetched(news: &ApiNews) -> &'static str {
    if *news == ApiNews::default() {
        "Nothing is different."
    } else {
        "A newer document. Look at what is different before you take it over."
    }
}

fn page(detail: ApiDetail, tenant: &str, actions: Actions) -> AnyView {
    let ApiDetail {
        api,
        candidates,
        news,
        providers,
        may_change,
    } = detail;
    let allowed = may_change.allowed;
    let path = use_path();
    let remove = Signal::derive(move || format!("{}?dialog=remove", path.get()));
    let tools = Signal::derive(move || format!("{}/tools", path.get()));
    let provider = api.provider.as_ref().map(|id| {
        let known = providers.iter().find(|one| one.id == *id);
        known.map_or_else(|| id.clone(), |one| one.name.clone())
    });
    let about = counted(api.chosen, "tool", "tools");
    let about = format!(
        "{about}, of {}",
        counted(api.operations, "operation", "operations")
    );
    let id = api.id.to_string();
    let newer = allowed.then(|| match api.source {
        Some(_) => fetch_again(tenant, &id, actions),
        None => give_newer(),
    });
    let trouble = api
        .trouble
        .clone()
        .map(|text| view! { <Alert tone=Tone::Warning text/> });
    let news = news.map(|news| news_card(news, tenant, &id, allowed, actions));
    let dialogs = allowed.then(|| {
        (
            remove_dialog(tenant.to_string(), api.clone(), actions),
            newer_dialog(tenant.to_string(), id.clone(), actions),
        )
    });
    let slug = tenant.to_string();
    view! {
        <PageHeader title=api.name.clone() about>
            {newer}
            <LinkButton href=tools label="Tools" icon=Icon::Terminal/>
            {allowed.then(|| view! { <LinkButton href=remove label="Remove" look=Look::Danger icon=Icon::Trash/> })}
        </PageHeader>
        <Denied decision=may_change/>
        {trouble}
        {news}
        <div class="columns">
            <Choose candidates tenant=slug id allowed choose=actions.choose/>
            {facts(api, provider)}
        </div>
        {dialogs}
    }
    .into_any()
}

fn facts(api: ApiView, provider: Option<String>) -> AnyView {
    let source = match api.source {
        Some(source) => view! { <code class="long-word">{source}</code> }.into_any(),
        None => "Given as text".into_any(),
    };
    view! {
        <Card title="About">
            <dl class="facts">
                <dt>"Word"</dt>
                <dd><code>{api.word}</code></dd>
                <dt>"Version"</dt>
                <dd>{api.version}</dd>
                <dt>"Base address"</dt>
                <dd><code class="long-word">{api.base}</code></dd>
                <dt>"Document"</dt>
                <dd>{source}</dd>
                <dt>"Called with connections of"</dt>
                <dd>{provider.unwrap_or_else(|| "Nobody: without any".into())}</dd>
                <dt>"Last fetched"</dt>
                <dd>{moment(api.synced_at)}</dd>
            </dl>
        </Card>
    }
    .into_any()
}

/// Which API a form is about.
fn which(tenant: &str, id: &str) -> AnyView {
    view! {
        {hidden("tenant", tenant)}
        {hidden("id", id)}
    }
    .into_any()
}

fn fetch_again(tenant: &str, id: &str, actions: Actions) -> AnyView {
    let which = which(tenant, id);
    view! {
        <Form action=actions.sync class="form-inline">
            {which}
            <Submit label="Fetch again" look=Look::Secondary icon=Icon::Refresh/>
        </Form>
    }
    .into_any()
}

/// The way to a newer document of an API whose document has no address.
fn give_newer() -> AnyView {
    let path = use_path();
    let href = Signal::derive(move || format!("{}?dialog=newer", path.get()));
    view! { <LinkButton href label="Newer document" icon=Icon::Refresh/> }.into_any()
}

fn newer_dialog(tenant: String, id: String, actions: Actions) -> AnyView {
    let (tenant, id) = (StoredValue::new(tenant), StoredValue::new(id));
    view! {
        <Modal title="Newer document" open=query_is("dialog", "newer") close_to=use_path()>
            {move || newer_form(&tenant.get_value(), &id.get_value(), actions)}
        </Modal>
    }
    .into_any()
}

fn newer_form(tenant: &str, id: &str, actions: Actions) -> AnyView {
    let which = which(tenant, id);
    view! {
        <Form action=actions.sync>
            <p>"You see what is different before any tool changes."</p>
            {which}
            <DocumentField label="The document"/>
            <DialogButtons label="Compare"/>
        </Form>
    }
    .into_any()
}

/// What a newer document would change, and the button that lets it.
fn news_card(news: ApiNews, tenant: &str, id: &str, allowed: bool, actions: Actions) -> AnyView {
    let ApiNews {
        added,
        removed,
        changed,
    } = news;
    let changed: Vec<AnyView> = changed
        .into_iter()
        .map(|(tool, how)| {
            let how: Vec<AnyView> = how
                .into_iter()
                .map(|how| view! { <li>{how}</li> }.into_any())
                .collect();
            view! { <li><code class="long-word">{tool}</code><ul class="plain-list muted">{how}</ul></li> }
                .into_any()
        })
        .collect();
    let changed_words = "Different";
    let which = which(tenant, id);
    let take_over = allowed.then(|| {
        view! {
            <Form action=actions.take_over done="Taken over.">
                {which}
                <Submit label="Take it over"/>
            </Form>
        }
    });
    view! {
        <Card
            title="A newer document waits"
            about="Until you take it over, the tools stay as they are."
        >
            {part("Gone: these tools end", names(removed))}
            {part(changed_words, changed)}
            {part("New, to choose from", names(added))}
            {take_over}
        </Card>
    }
    .into_any()
}

fn names(names: Vec<String>) -> Vec<AnyView> {
    let name = |name| view! { <li><code class="long-word">{name}</code></li> }.into_any();
    names.into_iter().map(name).collect()
}

fn part(title: &'static str, lines: Vec<AnyView>) -> Option<AnyView> {
    if lines.is_empty() {
        return None;
    }
    let number = count(lines.len() as i64);
    let open = lines.len() <= 12;
    let part = view! {
        <details class="more" open=open>
            <summary>{title} ": " {number}</summary>
            <ul class="plain-list">{lines}</ul>
        </details>
    };
    Some(part.into_any())
}

fn remove_dialog(tenant: String, api: ApiView, actions: Actions) -> AnyView {
    let (tenant, api) = (StoredValue::new(tenant), StoredValue::new(api));
    view! {
        <Modal title="Remove API" open=query_is("dialog", "remove") close_to=use_path()>
            {move || remove_form(&tenant.get_value(), api.get_value(), actions)}
        </Modal>
    }
    .into_any()
}

fn remove_form(tenant: &str, api: ApiView, actions: Actions) -> AnyView {
    let which = which(tenant, &api.id.to_string());
    let tools = counted(api.chosen, "tool", "tools");
    let words = format!(
        " goes with its {tools}: clients that call them are told that they do not exist. Connections stay."
    );
    view! {
        <Form action=actions.remove done="The API and its tools are removed.">
            <p><strong>{api.name}</strong> {words}</p>
            {which}
            <DialogButtons label="Remove" look=Look::Danger/>
        </Form>
    }
    .into_any()
}
