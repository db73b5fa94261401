//! `/t/{slug}/connections/new/{provider}`: what a service is, the app that it takes, and the form that connects.

use super::{
    app_card::AppCard,
    app_fns::{RemoveProvider, RemoveProviderApp, SetProviderApp},
    connect_form::ConnectForm,
    inputs::hidden,
    looks::{StateBadge, Tile, address},
    server_fns::{ConnectAccount, get_provider},
};
use crate::ui::{
    Alert, Badge, Card, DialogButtons, Form, Icon, LinkButton, Look, Modal, PageHeader, Post, Tone,
    accepted, counted, data, load, query_is, use_param, use_path,
};
use api_types::connections::{AppSource, AuthKind, ConnectionView, ProviderCard, ProviderView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// What the page's forms do.
#[derive(Clone, Copy)]
pub(super) struct Actions {
    pub(super) connect: Post<ConnectAccount>,
    pub(super) set_app: Post<SetProviderApp>,
    pub(super) remove_app: Post<RemoveProviderApp>,
    remove: Post<RemoveProvider>,
}

#[component]
pub fn ConnectPage() -> AnyView {
    let (tenant, provider) = (use_param("slug"), use_param("provider"));
    let actions = Actions {
        connect: Post::new(),
        set_app: Post::new(),
        remove_app: Post::new(),
        remove: Post::new(),
    };
    let meant_for = use_query_map().with_untracked(|query| query.get("for"));
    let meant_for = StoredValue::new(meant_for);
    let changes = [accepted(actions.set_app), accepted(actions.remove_app)];
    let view = data(
        move || {
            (
                tenant.get(),
                provider.get(),
                changes.map(|change| change.get()),
            )
        },
        move |(tenant, provider, _)| get_provider(tenant, provider, meant_for.get_value()),
    );
    load(view, move |view| {
        page(view, tenant.get_untracked(), actions)
    })
}

fn page(view: ProviderView, tenant: String, actions: Actions) -> AnyView {
    let card = view.card.clone();
    let list = format!("/t/{tenant}/connections");
    let tools_at = Signal::stored(format!("/t/{tenant}/connections/tools/{}", card.id));
    let tools = (card.tools > 0).then(|| {
        let label = counted(card.tools as i64, "tool", "tools");
        view! { <LinkButton href=tools_at label icon=Icon::Terminal/> }
    });
    let remove = (card.is_own && view.may_describe.allowed).then(|| {
        let path = use_path();
        let href = Signal::derive(move || format!("{}?dialog=remove", path.get()));
        view! { <LinkButton href label="Remove" icon=Icon::Trash/> }
    });
    let dialog = card.is_own.then(|| remove_dialog(&tenant, &card, actions));
    let needs_app = card.auth == AuthKind::Oauth2;
    let is_ready = !needs_app || card.app != AppSource::None;
    let existing = existing(&view.connections, &tenant);
    let view = StoredValue::new(view);
    let slug = StoredValue::new(tenant);
    view! {
        <a class="back-link" href=list>"All connections"</a>
        <PageHeader title=format!("Connect {}", card.name) about=card.about.clone()>
            {tools}
            {remove}
        </PageHeader>
        <WhyNot name=card.name.clone()/>
        <div class="columns">
            <div class="stack">
                {(!is_ready).then(|| view! { <AppCard view tenant=slug actions/> })}
                {is_ready.then(|| view! { <ConnectForm view tenant=slug connect=actions.connect/> })}
                {(is_ready && needs_app).then(|| view! { <AppCard view tenant=slug actions/> })}
            </div>
            <div class="stack">
                {existing}
                {about(&view.get_value())}
            </div>
        </div>
        {dialog}
    }
    .into_any()
}

/// Why one has come back from the service without a connection.
#[component]
fn WhyNot(name: String) -> AnyView {
    let query = use_query_map();
    let words = move || {
        let failed = query.with(|query| query.get("failed"))?;
        let text = why_not(&failed, &name);
        Some(view! { <Alert tone=Tone::Warning text/> })
    };
    view! { <div class="announced" aria-live="polite">{words}</div> }.into_any()
}

fn why_not(failed: &str, name: &str) -> String {
    match failed {
        "denied" => format!("Access was not allowed at {name}, so nothing was connected. You can try again."),
        "expired" => "That took longer than ten minutes, or was begun in another browser. Nothing was connected: please begin again.".into(),
        "unreachable" => format!("{name} did not answer. Nothing was connected: try again in a minute."),
        "refused" => format!(
            "{name} did not accept the app. Compare its client ID, its secret and the callback address with what stands there."
        ),
        _ => format!("{name} answered something that could not be used. Nothing was connected: please try again."),
    }
}

fn existing(connections: &[ConnectionView], tenant: &str) -> Option<AnyView> {
    if connections.is_empty() {
        return None;
    }
    let rows: Vec<AnyView> = connections
        .iter()
        .map(|connection| {
            let href = address(tenant, connection);
            view! {
                <li class="row row-wrap">
                    <div class="row-words"><a class="link" href=href>{connection.label.clone()}</a></div>
                    <StateBadge state=connection.state/>
                </li>
            }
            .into_any()
        })
        .collect();
    let list = view! {
        <Card title="Connected already" flush=true>
            <ul class="rows">{rows}</ul>
        </Card>
    };
    Some(list.into_any())
}

fn about(view: &ProviderView) -> AnyView {
    let card = view.card.clone();
    let docs = (!view.docs.is_empty()).then(|| {
        let href = view.docs.clone();
        view! {
            <dt>"Documentation"</dt>
            <dd><a class="link" href=href target="_blank" rel="noreferrer">"Of this service"</a></dd>
        }
    });
    let tools = match card.tools {
        0 => "None yet".to_string(),
        number => counted(number as i64, "tool", "tools"),
    };
    let offered = if card.tools == 0 {
        ().into_any()
    } else if view.is_offered {
        view! { <Badge tone=Tone::Good text="Offered to clients"/> }.into_any()
    } else {
        view! { <Badge text="Offered once connected"/> }.into_any()
    };
    view! {
        <Card title="About">
            <p class="tiled"><Tile icon=card.icon name=card.name.clone()/><strong>{card.name}</strong></p>
            <dl class="facts">
                <dt>"Category"</dt>
                <dd>{card.category}</dd>
                <dt>"How one logs in"</dt>
                <dd>{card.auth.label()}</dd>
                <dt>"Tools"</dt>
                <dd class="badges">{tools} {offered}</dd>
                {docs}
            </dl>
        </Card>
    }
    .into_any()
}

fn remove_dialog(tenant: &str, card: &ProviderCard, actions: Actions) -> AnyView {
    let (tenant, card) = (
        StoredValue::new(tenant.to_string()),
        StoredValue::new(card.clone()),
    );
    view! {
        <Modal title="Remove provider" open=query_is("dialog", "remove") close_to=use_path()>
            {move || remove_form(tenant.get_value(), card.get_value(), actions)}
        </Modal>
    }
    .into_any()
}

fn remove_form(tenant: String, card: ProviderCard, actions: Actions) -> AnyView {
    view! {
        <Form action=actions.remove done="The provider is removed.">
            <p>
                <strong>{card.name}</strong>
                " leaves the catalogue. Disconnect its accounts first; it can be described again at any time."
            </p>
            {hidden("tenant", tenant)}
            {hidden("provider", card.id)}
            <DialogButtons label="Remove" look=Look::Danger/>
        </Form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::why_not;

    #[test]
    fn every_way_to_fail_has_a_sentence_of_its_own() {
        let words = ["denied", "expired", "unreachable", "refused", "other"];
        let mut told = words.map(|word| why_not(word, "GitHub")).to_vec();
        told.sort();
        told.dedup();
        assert_eq!(told.len(), words.len());
        assert_eq!(why_not("<script>", "x"), why_not("other", "x"));
    }
}
