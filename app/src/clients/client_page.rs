//! `/t/{slug}/clients/{id}`: one client, its keys, and how to connect it.

use super::{
    client_form::ClientFields,
    connect::Connect,
    key_dialogs::{RevokeDialog, RotateDialog},
    key_form::KeyForm,
    key_table::KeyTable,
    server_fns::{
        ArchiveClient, ClientDetail, CreateKey, RevokeKey, RotateKey, UpdateClient, get_client,
    },
};
use crate::{
    UiError,
    oauth::LogIn,
    ui::{
        Card, CopyField, Denied, DialogButtons, EmptyState, Form, Icon, LinkButton, Look, Modal,
        PageHeader, Post, accepted, data, load, moment, query_is, use_param, use_path,
    },
};
use api_types::api_keys::CreatedKey;
use leptos::prelude::*;

/// What the page's forms do. They outlive the view, which is made anew when data is.
#[derive(Clone, Copy)]
struct Actions {
    update: Post<UpdateClient>,
    archive: Post<ArchiveClient>,
    create: Post<CreateKey>,
    rotate: Post<RotateKey>,
    revoke: Post<RevokeKey>,
    /// The secret of the key just made, until its dialog is closed.
    secret: RwSignal<Option<String>>,
}

#[component]
pub fn ClientPage() -> AnyView {
    let (tenant, id) = (use_param("slug"), use_param("id"));
    let actions = Actions {
        update: Post::new(),
        archive: Post::new(),
        create: Post::new(),
        rotate: Post::new(),
        revoke: Post::new(),
        secret: RwSignal::new(None),
    };
    let changes = [
        accepted(actions.update),
        accepted(actions.create),
        accepted(actions.rotate),
        accepted(actions.revoke),
    ];
    let client = data(
        move || (tenant.get(), id.get(), changes.map(|change| change.get())),
        |(tenant, id, _)| get_client(tenant, id),
    );
    remember(actions.create.value().into(), actions.secret);
    remember(actions.rotate.value().into(), actions.secret);
    forget(actions.secret);
    view! {
        {load(client, move |detail| view! { <Client detail tenant actions/> }.into_any())}
        <LogIn tenant id/>
    }
    .into_any()
}

/// Takes the secret out of a form's answer.
fn remember(value: Signal<Option<Result<CreatedKey, UiError>>>, secret: RwSignal<Option<String>>) {
    Effect::new(move |_| {
        if let Some(Ok(created)) = value.get() {
            secret.set(Some(created.secret));
        }
    });
}

/// Drops the secret once the dialog that shows it is closed.
fn forget(secret: RwSignal<Option<String>>) {
    let open = query_is("dialog", "connect");
    Effect::new(move |before: Option<bool>| {
        let open = open.get();
        if before == Some(true) && !open {
            secret.set(None);
        }
        open
    });
}

#[component]
fn Client(detail: ClientDetail, tenant: Signal<String>, actions: Actions) -> AnyView {
    if let Some(secret) = &detail.fresh {
        actions.secret.set(Some(secret.clone()));
    }
    let list = move || format!("/t/{}/clients", tenant.get());
    let detail = StoredValue::new(detail);
    view! {
        <a class="back-link" href=list>"All clients"</a>
        <Header detail/>
        <div class="columns">
            <Keys detail/>
            <Facts detail/>
        </div>
        <Dialogs detail tenant actions/>
    }
    .into_any()
}

#[component]
fn Header(detail: StoredValue<ClientDetail>) -> AnyView {
    let path = use_path();
    let dialog =
        move |name: &'static str| Signal::derive(move || format!("{}?dialog={name}", path.get()));
    let ClientDetail {
        client,
        may_manage_client,
        ..
    } = detail.get_value();
    let manage = move || {
        may_manage_client.allowed.then(|| {
            view! {
                <LinkButton href=dialog("edit") label="Edit" icon=Icon::Pencil/>
                <LinkButton href=dialog("archive") label="Archive" icon=Icon::Archive/>
            }
        })
    };
    view! {
        <PageHeader title=client.name about=client.kind.label()>
            {manage()}
            <LinkButton href=dialog("connect") label="Connect" look=Look::Primary icon=Icon::Plug/>
        </PageHeader>
    }
    .into_any()
}

#[component]
fn Keys(detail: StoredValue<ClientDetail>) -> AnyView {
    let path = use_path();
    let new = Signal::derive(move || format!("{}?dialog=new-key", path.get()));
    let ClientDetail {
        keys,
        may_manage_keys,
        ..
    } = detail.get_value();
    let allowed = may_manage_keys.allowed;
    let button =
        move || allowed.then(|| view! { <LinkButton href=new label="New key" icon=Icon::Plus/> });
    if keys.is_empty() {
        return view! {
            <Card title="Keys">
                <EmptyState
                    icon=Icon::Key
                    title="No key yet"
                    about="A key says which toolkits this client may read or write, and for how long. \
                           Its secret is shown once, inside configuration that is ready to paste."
                >
                    {button()}
                    <Denied decision=may_manage_keys/>
                </EmptyState>
            </Card>
        }
        .into_any();
    }
    view! {
        <Card title="Keys" flush=true>
            <KeyTable keys path=path.get_untracked() may_manage=allowed/>
            <div class="card-note"><Denied decision=may_manage_keys/></div>
            <div class="card-footer">{button()}</div>
        </Card>
    }
    .into_any()
}

#[component]
fn Facts(detail: StoredValue<ClientDetail>) -> AnyView {
    let ClientDetail {
        client, endpoint, ..
    } = detail.get_value();
    let notes = if client.notes.is_empty() {
        "None".into()
    } else {
        client.notes
    };
    view! {
        <Card title="About">
            <dl class="facts">
                <dt>"Owner"</dt>
                <dd>{client.owner}</dd>
                <dt>"Registered"</dt>
                <dd>{moment(client.created_at)}</dd>
                <dt>"Notes"</dt>
                <dd class="whitespace-pre-line">{notes}</dd>
                <dt>"Endpoint"</dt>
                <dd><CopyField text=endpoint label="MCP endpoint"/></dd>
            </dl>
        </Card>
    }
    .into_any()
}

/// Everything that opens over the page.
#[component]
fn Dialogs(detail: StoredValue<ClientDetail>, tenant: Signal<String>, actions: Actions) -> AnyView {
    let path = use_path();
    let Actions {
        create,
        rotate,
        revoke,
        secret,
        ..
    } = actions;
    let (may_client, may_keys) = detail.with_value(|detail| {
        (
            detail.may_manage_client.allowed,
            detail.may_manage_keys.allowed,
        )
    });
    view! {
        <Modal title="Connect" open=query_is("dialog", "connect") close_to=path wide=true>
            <Connect detail tenant secret/>
        </Modal>
        {may_keys.then(|| view! {
            <Modal title="New key" open=query_is("dialog", "new-key") close_to=path>
                <KeyForm detail tenant create/>
            </Modal>
            <RotateDialog detail tenant rotate/>
            <RevokeDialog detail tenant revoke/>
        })}
        {may_client.then(|| view! {
            <Modal title="Edit client" open=query_is("dialog", "edit") close_to=path>
                <Edit detail tenant update=actions.update/>
            </Modal>
            <Modal title="Archive client" open=query_is("dialog", "archive") close_to=path>
                <Archive detail tenant archive=actions.archive/>
            </Modal>
        })}
    }
    .into_any()
}

#[component]
fn Edit(
    detail: StoredValue<ClientDetail>,
    tenant: Signal<String>,
    update: Post<UpdateClient>,
) -> AnyView {
    let ClientDetail {
        client, members, ..
    } = detail.get_value();
    view! {
        <Form action=update done="Client saved.">
            <input type="hidden" name="tenant" value=tenant.get_untracked()/>
            <input type="hidden" name="id" value=client.id.to_string()/>
            <ClientFields members client/>
            <DialogButtons label="Save"/>
        </Form>
    }
    .into_any()
}

#[component]
fn Archive(
    detail: StoredValue<ClientDetail>,
    tenant: Signal<String>,
    archive: Post<ArchiveClient>,
) -> AnyView {
    let client = detail.with_value(|detail| detail.client.clone());
    view! {
        <Form action=archive done="Client archived. Its keys are revoked.">
            <p>
                <strong>{client.name}</strong>
                " disappears from the list, all its keys are revoked and its log-ins end at once. Its \
                 usage stays. This cannot be undone."
            </p>
            <input type="hidden" name="tenant" value=tenant.get_untracked()/>
            <input type="hidden" name="id" value=client.id.to_string()/>
            <DialogButtons label="Archive and revoke keys" look=Look::Danger/>
        </Form>
    }
    .into_any()
}
