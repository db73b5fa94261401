//! The secrets of a client that logs in: which there are, another one, the end of one.

use super::server_fns::{IssueSecret, LogInDetail, RevokeSecret};
use crate::{
    clients::overlaps,
    ui::{
        Alert, Card, Column, CopyField, Denied, DialogButtons, Form, Icon, LinkButton, Look, Modal,
        Post, RelativeTime, RowLink, Select, Table, Tone, counted, figures::day, moment, query_is,
        use_path,
    },
};
use api_types::{
    Decision,
    oauth::{CreatedSecret, SecretView},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn SecretTable(secrets: Vec<SecretView>, may_manage: Decision) -> AnyView {
    let path = use_path();
    let new = Signal::derive(move || format!("{}?dialog=new-secret", path.get()));
    let number = counted(secrets.len() as i64, "secret", "secrets");
    let allowed = may_manage.allowed;
    let at = path.get_untracked();
    let rows: Vec<AnyView> = secrets
        .into_iter()
        .map(|secret| row(secret, &at, allowed))
        .collect();
    let list = if rows.is_empty() {
        view! { <p class="card-body muted">"None: the client cannot show that it is itself."</p> }
            .into_any()
    } else {
        view! {
            <Table
                label="Client secrets"
                caption=number
                columns=[
                    Column::text("Secret"),
                    Column::text("Issued"),
                    Column::text("Works until"),
                    Column::text("Last used"),
                    Column::unseen("Actions"),
                ]
                rows
            />
        }
        .into_any()
    };
    view! {
        <Card title="Client secrets" flush=true>
            {list}
            <div class="card-note"><Denied decision=may_manage/></div>
            {allowed.then(|| view! {
                <div class="card-footer">
                    <LinkButton href=new label="New secret" icon=Icon::Plus/>
                </div>
            })}
        </Card>
    }
    .into_any()
}

fn row(secret: SecretView, path: &str, may_manage: bool) -> AnyView {
    let prefix = format!("{}…", secret.display_prefix);
    let until = match secret.expires_at {
        Some(at) => view! { <time class="day" title=moment(at)>{day(at.date())}</time> }.into_any(),
        None => view! { <span class="muted">"revoked"</span> }.into_any(),
    };
    let used = match secret.last_used_at {
        Some(at) => view! { <RelativeTime at/> }.into_any(),
        None => view! { <span class="muted">"never"</span> }.into_any(),
    };
    let revoke = may_manage.then(|| {
        let href = format!("{path}?dialog=revoke-secret&secret={}", secret.id);
        let of = prefix.clone();
        view! { <div class="key-actions"><RowLink href word="Revoke" icon=Icon::X of/></div> }
    });
    view! {
        <tr>
            <th scope="row"><code>{prefix}</code></th>
            <td><RelativeTime at=secret.created_at/></td>
            <td>{until}</td>
            <td>{used}</td>
            <td>{revoke}</td>
        </tr>
    }
    .into_any()
}

#[component]
pub fn NewSecret(
    tenant: Signal<String>,
    id: StoredValue<String>,
    issue: Post<IssueSecret>,
) -> AnyView {
    view! {
        <Form action=issue>
            <p>
                "A new secret is made and shown once. The present ones keep working for the time that \
                 you choose, so that nothing stops while you replace them."
            </p>
            <input type="hidden" name="tenant" value=tenant.get_untracked()/>
            <input type="hidden" name="id" value=id.get_value()/>
            <Select label="The present ones work for" name="overlap_hours" options=overlaps() value="24"/>
            <DialogButtons label="Make secret"/>
        </Form>
    }
    .into_any()
}

/// The secret itself, this once.
#[component]
pub fn ShownSecret(shown: RwSignal<Option<CreatedSecret>>) -> AnyView {
    let content = move || {
        let created = shown.get();
        let Some((id, secret)) = created.and_then(|one| Some((one.oauth_id, one.secret?))) else {
            let text = "A secret is readable only when it is made. If it is lost, make another one \
                        and revoke this.";
            return view! { <Alert text/> }.into_any();
        };
        view! {
            <Alert
                tone=Tone::Warning
                text="Copy the secret now. It is stored only as a digest, so nobody can show it again."
            />
            <div class="field">
                <span class="label">"Client ID"</span>
                <CopyField text=id label="Client ID"/>
            </div>
            <div class="field">
                <span class="label">"Client secret"</span>
                <CopyField text=secret label="Client secret"/>
            </div>
        }
        .into_any()
    };
    view! { <div class="stack">{content}</div> }.into_any()
}

/// The dialog that ends the secret which the address names.
#[component]
pub fn RevokeDialog(
    detail: StoredValue<LogInDetail>,
    tenant: Signal<String>,
    id: StoredValue<String>,
    revoke: Post<RevokeSecret>,
) -> AnyView {
    let (query, asked, path) = (
        use_query_map(),
        query_is("dialog", "revoke-secret"),
        use_path(),
    );
    let secret = Memo::new(move |_| {
        let wanted = query
            .with(|query| query.get("secret"))
            .filter(|_| asked.get())?;
        detail.with_value(|detail| {
            let secrets = &detail.log_in.as_ref()?.secrets;
            secrets
                .iter()
                .find(|secret| secret.id.to_string() == wanted)
                .cloned()
        })
    });
    let open = Signal::derive(move || secret.with(Option::is_some));
    view! {
        <Modal title="Revoke secret" open close_to=path>
            {move || secret.get().map(|secret| view! {
                <Form action=revoke done="Secret revoked.">
                    <p>
                        "A client that shows " <code>{format!("{}…", secret.display_prefix)}</code>
                        " gets no token from now on. This cannot be undone."
                    </p>
                    <input type="hidden" name="tenant" value=tenant.get_untracked()/>
                    <input type="hidden" name="id" value=id.get_value()/>
                    <input type="hidden" name="secret" value=secret.id.to_string()/>
                    <DialogButtons label="Revoke secret" look=Look::Danger/>
                </Form>
            })}
        </Modal>
    }
    .into_any()
}
