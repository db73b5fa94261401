//! `/t/{slug}/apis`: the APIs that a tenant has imported, and the form that imports one.

use super::{
    api_fns::{ApisView, ImportApi, list_apis},
    document::DocumentField,
    inputs::hidden,
};
use crate::ui::{
    Badge, Card, Column, Denied, DialogButtons, EmptyState, Field, Form, Icon, LinkButton, Look,
    Modal, PageHeader, Post, RelativeTime, Select, Table, Tone, accepted, count, counted, data,
    load, query_is, use_param, use_path,
};
use api_types::connections::{ApiView, ProviderCard};
use leptos::prelude::*;

#[component]
pub fn ApisPage() -> AnyView {
    let tenant = use_param("slug");
    let import = Post::<ImportApi>::new();
    let imported = accepted(import);
    let apis = data(
        move || (tenant.get(), imported.get()),
        |(tenant, _)| list_apis(tenant),
    );
    let back = move || format!("/t/{}/connections", tenant.get());
    view! {
        <a class="back-link" href=back>"All connections"</a>
        {load(apis, move |view| page(view, tenant, import))}
    }
    .into_any()
}

fn page(view: ApisView, tenant: Signal<String>, import: Post<ImportApi>) -> AnyView {
    let ApisView {
        apis,
        providers,
        may_manage,
    } = view;
    let (allowed, path) = (may_manage.allowed, use_path());
    let new = Signal::derive(move || format!("{}?dialog=new", path.get()));
    let list = if apis.is_empty() {
        view! {
            <EmptyState
                icon=Icon::Terminal
                title="No API yet"
                about="Give the address of an OpenAPI document, or the document itself. You choose which of its operations become tools, and whose connection they are called with."
            >
                {allowed.then(|| view! { <LinkButton href=new label="Import the first" icon=Icon::Plus/> })}
            </EmptyState>
        }
        .into_any()
    } else {
        table(apis, &tenant.get_untracked())
    };
    let providers = StoredValue::new(providers);
    view! {
        <PageHeader title="Imported APIs" about="Services of your own, or any other with an OpenAPI document, as tools.">
            {allowed.then(|| view! {
                <LinkButton href=new label="Import an API" look=Look::Primary icon=Icon::Plus/>
            })}
        </PageHeader>
        <Denied decision=may_manage/>
        <Card flush=true>{list}</Card>
        {allowed.then(|| view! {
            <Modal title="Import an API" open=query_is("dialog", "new") close_to=path wide=true>
                {move || import_form(tenant, &providers.get_value(), import)}
            </Modal>
        })}
    }
    .into_any()
}

fn import_form(
    tenant: Signal<String>,
    providers: &[ProviderCard],
    import: Post<ImportApi>,
) -> AnyView {
    let providers = choices(providers);
    view! {
        <Form action=import>
            {hidden("tenant", tenant.get_untracked())}
            <div class="form-row">
                <Field label="Name" name="name" maxlength=80 placeholder="that of the document"/>
                <Field
                    label="Word"
                    name="word"
                    required=true
                    maxlength=31
                    placeholder="warehouse"
                    hint="In names of tools and in scopes: lower-case letters and digits."
                />
            </div>
            <Field
                label="Address of its OpenAPI document"
                name="source"
                kind="url"
                maxlength=1000
                placeholder="https://api.example.com/openapi.json"
                hint="It is fetched now, and looked at again from time to time: nothing changes before you say so. Or give the document below."
            />
            <DocumentField label="Or the document"/>
            <div class="form-row">
                <Field
                    label="Base address"
                    name="base"
                    kind="url"
                    maxlength=500
                    hint="Only if the document names none, or another one is meant."
                />
                <Select label="Called with connections of" name="provider" options=providers/>
            </div>
            <DialogButtons label="Import"/>
        </Form>
    }
    .into_any()
}

/// Whose connections an API can be called with.
fn choices(providers: &[ProviderCard]) -> Vec<(String, String)> {
    // What is connected is likelier than the rest of the catalogue.
    let (used, rest): (Vec<_>, Vec<_>) = providers.iter().partition(|one| one.connections > 0);
    let first = std::iter::once((String::new(), "None: anybody may call it".to_string()));
    let all = used.into_iter().chain(rest);
    first
        .chain(all.map(|one| (one.id.clone(), one.name.clone())))
        .collect()
}

fn table(apis: Vec<ApiView>, tenant: &str) -> AnyView {
    let caption = counted(apis.len() as i64, "API", "APIs");
    let rows: Vec<AnyView> = apis.into_iter().map(|api| row(api, tenant)).collect();
    view! {
        <Table
            label="Imported APIs"
            caption
            columns=[
                Column::text("Name"),
                Column::number("Tools"),
                Column::number("Operations").wide(),
                Column::text("Connections of").wide(),
                Column::text("Fetched"),
            ]
            class="dense"
            rows
        />
    }
    .into_any()
}

fn row(api: ApiView, tenant: &str) -> AnyView {
    let href = format!("/t/{tenant}/apis/{}", api.id);
    let news = api
        .has_news
        .then(|| view! { <Badge tone=Tone::Accent text="News"/> });
    let provider = match api.provider {
        Some(provider) => view! { <code>{provider}</code> }.into_any(),
        None => view! { <span class="muted">"none"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                <span class="badges"><a href=href>{api.name}</a> {news}</span>
                <code class="note long-word">{api.base}</code>
            </th>
            <td class="num">{count(api.chosen)}</td>
            <td class="num wide-only">{count(api.operations)}</td>
            <td class="wide-only">{provider}</td>
            <td>
                <RelativeTime at=api.synced_at/>
                {api.trouble.map(|trouble| view! { <span class="note note-bad">{trouble}</span> })}
            </td>
        </tr>
    }
    .into_any()
}
