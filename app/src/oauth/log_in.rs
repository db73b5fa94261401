//! On the page of one client: how it logs in, if it was registered by hand, and its log-ins.

use super::{
    grant::{EndDialog, tree},
    load_beside,
    log_in_form::{LogInForm, RemoveForm},
    secrets::{NewSecret, RevokeDialog, SecretTable, ShownSecret},
    server_fns::{
        EndGrant, IssueSecret, LogInDetail, RemoveLogIn, RevokeSecret, SetLogIn, get_log_in,
    },
};
use crate::{
    UiError,
    ui::{
        Badge, Card, CopyField, Denied, EmptyState, Icon, LinkButton, Modal, Post, accepted, data,
        query_is, use_path,
    },
};
use api_types::oauth::{ClientAuth, CreatedSecret, OauthClientView};
use leptos::prelude::*;

/// What the forms here do. They outlive the view, which is made anew when data is.
#[derive(Clone, Copy)]
struct Actions {
    set: Post<SetLogIn>,
    remove: Post<RemoveLogIn>,
    issue: Post<IssueSecret>,
    revoke: Post<RevokeSecret>,
    end: Post<EndGrant>,
    /// The secret just made, until its dialog is closed.
    shown: RwSignal<Option<CreatedSecret>>,
}

#[component]
pub fn LogIn(tenant: Signal<String>, id: Signal<String>) -> AnyView {
    let actions = Actions {
        set: Post::new(),
        remove: Post::new(),
        issue: Post::new(),
        revoke: Post::new(),
        end: Post::new(),
        shown: RwSignal::new(None),
    };
    let changes = [
        accepted(actions.set),
        accepted(actions.remove),
        accepted(actions.issue),
        accepted(actions.revoke),
        accepted(actions.end),
    ];
    let detail = data(
        move || (tenant.get(), id.get(), changes.map(|change| change.get())),
        |(tenant, id, _)| get_log_in(tenant, id),
    );
    remember(actions.set.value().into(), actions.shown);
    remember(actions.issue.value().into(), actions.shown);
    forget(actions.shown);
    load_beside(detail, move |detail| {
        let id = id.get_untracked();
        view! { <Sections detail tenant id actions/> }.into_any()
    })
}

/// Takes the secret out of a form's answer.
fn remember(
    value: Signal<Option<Result<CreatedSecret, UiError>>>,
    shown: RwSignal<Option<CreatedSecret>>,
) {
    Effect::new(move |_| {
        if let Some(Ok(created)) = value.get()
            && created.secret.is_some()
        {
            shown.set(Some(created));
        }
    });
}

/// Drops the secret once the dialog that shows it is closed.
fn forget(shown: RwSignal<Option<CreatedSecret>>) {
    let open = query_is("dialog", "secret");
    Effect::new(move |before: Option<bool>| {
        let open = open.get();
        if before == Some(true) && !open {
            shown.set(None);
        }
        open
    });
}

#[component]
fn Sections(detail: LogInDetail, tenant: Signal<String>, id: String, actions: Actions) -> AnyView {
    if let Some(fresh) = &detail.fresh {
        actions.shown.set(Some(fresh.clone()));
    }
    let grants = StoredValue::new(detail.grants.clone());
    let detail = StoredValue::new(detail);
    let how = if detail.with_value(|detail| detail.is_app) {
        let name = grants.with_value(|grants| grants.first().map(|grant| grant.oauth_id.clone()));
        by_itself(name)
    } else {
        view! { <How detail/> }.into_any()
    };
    view! {
        <Grants detail/>
        {how}
        <Dialogs detail tenant id=id.clone() actions/>
        <EndDialog grants tenant client=id end=actions.end/>
    }
    .into_any()
}

#[component]
fn Grants(detail: StoredValue<LogInDetail>) -> AnyView {
    let path = use_path().get_untracked();
    let LogInDetail {
        grants, may_manage, ..
    } = detail.get_value();
    if grants.is_empty() {
        return view! {
            <Card title="Log-ins">
                <EmptyState
                    icon=Icon::User
                    title="No log-in yet"
                    about="When somebody lets this client in by logging in, it stands here, with its \
                           rights and its last use, and can be ended."
                />
            </Card>
        }
        .into_any();
    }
    let list = tree(grants, &path, may_manage.allowed);
    view! {
        <Card title="Log-ins" about="Who has let it in, the newest first." flush=true>{list}</Card>
    }
    .into_any()
}

/// In place of the settings, for an app that nobody here has registered.
fn by_itself(name: Option<String>) -> AnyView {
    view! {
        <Card title="OAuth log-in" about="This app came by itself, when somebody pasted the endpoint's URL into it.">
            <p>"It is known by its own name, and there is nothing to set up here."</p>
            {name.map(|name| view! { <CopyField text=name label="Client ID"/> })}
        </Card>
    }
    .into_any()
}

#[component]
fn How(detail: StoredValue<LogInDetail>) -> AnyView {
    let path = use_path();
    let dialog =
        move |name: &'static str| Signal::derive(move || format!("{}?dialog={name}", path.get()));
    let LogInDetail {
        log_in,
        may_manage,
        may_manage_secrets,
        ..
    } = detail.get_value();
    let allowed = may_manage.allowed;
    let Some(log_in) = log_in else {
        return view! {
            <Card title="OAuth log-in">
                <EmptyState
                    icon=Icon::Key
                    title="This client cannot log in"
                    about="Give it a client ID if it is a program of your own that logs in. Claude, \
                           Cursor and the like need none: they come by themselves when somebody \
                           pastes the endpoint's URL into them."
                >
                    {allowed.then(|| view! {
                        <LinkButton href=dialog("log-in") label="Let this client log in" icon=Icon::Plus/>
                    })}
                    <Denied decision=may_manage/>
                </EmptyState>
            </Card>
        }
        .into_any();
    };
    let secrets = (log_in.auth == ClientAuth::Secret).then(|| {
        let secrets = log_in.secrets.clone();
        view! { <SecretTable secrets may_manage=may_manage_secrets/> }
    });
    view! {
        <Card title="OAuth log-in" about="What the program is told, and what it must show.">
            {facts(log_in)}
            <div class="form-actions">
                {allowed.then(|| view! {
                    <LinkButton href=dialog("log-in") label="Change" icon=Icon::Pencil/>
                    <LinkButton href=dialog("remove-log-in") label="Remove" icon=Icon::X/>
                })}
            </div>
            <Denied decision=may_manage/>
        </Card>
        {secrets}
    }
    .into_any()
}

fn facts(log_in: OauthClientView) -> AnyView {
    let none = || view! { <span class="muted">"none"</span> }.into_any();
    let addresses: Vec<AnyView> = log_in
        .redirect_uris
        .into_iter()
        .map(|address| view! { <code class="block">{address}</code> }.into_any())
        .collect();
    let addresses = if addresses.is_empty() {
        none()
    } else {
        addresses.into_any()
    };
    let scopes: Vec<AnyView> = log_in
        .scopes
        .into_iter()
        .map(|scope| view! { <li><Badge text=scope/></li> }.into_any())
        .collect();
    let scopes = if scopes.is_empty() {
        none()
    } else {
        view! { <ul class="badges">{scopes}</ul> }.into_any()
    };
    let keys = log_in.jwks.map(|keys| {
        view! { <dt>"Public keys"</dt><dd><pre class="grant-keys" tabindex="0" aria-label="Public keys">{keys}</pre></dd> }
    });
    view! {
        <dl class="facts">
            <dt>"Client ID"</dt>
            <dd><CopyField text=log_in.oauth_id label="Client ID"/></dd>
            <dt>"How it shows that it is itself"</dt>
            <dd>{log_in.auth.label()}</dd>
            <dt>"Redirect URIs"</dt>
            <dd>{addresses}</dd>
            {keys}
            <dt>"Scopes that it has by itself, without a person"</dt>
            <dd>{scopes}</dd>
        </dl>
    }
    .into_any()
}

/// Everything that opens over the page.
#[component]
fn Dialogs(
    detail: StoredValue<LogInDetail>,
    tenant: Signal<String>,
    id: String,
    actions: Actions,
) -> AnyView {
    let path = use_path();
    let Actions {
        set,
        remove,
        issue,
        revoke,
        shown,
        ..
    } = actions;
    let (may, may_secrets) =
        detail.with_value(|detail| (detail.may_manage.allowed, detail.may_manage_secrets.allowed));
    let id = StoredValue::new(id);
    view! {
        <Modal title="Client secret" open=query_is("dialog", "secret") close_to=path>
            <ShownSecret shown/>
        </Modal>
        {may.then(|| view! {
            <Modal title="OAuth log-in" open=query_is("dialog", "log-in") close_to=path>
                <LogInForm detail tenant id set/>
            </Modal>
            <Modal title="Remove log-in" open=query_is("dialog", "remove-log-in") close_to=path>
                <RemoveForm tenant id remove/>
            </Modal>
        })}
        {may_secrets.then(|| view! {
            <Modal title="New secret" open=query_is("dialog", "new-secret") close_to=path>
                <NewSecret tenant id issue/>
            </Modal>
            <RevokeDialog detail tenant id revoke/>
        })}
    }
    .into_any()
}
