//! One log-in of a client: whose rights it uses, what it opens, its refresh tokens, and its end.

use super::server_fns::EndGrant;
use crate::ui::{
    Badge, DialogButtons, Form, Icon, Look, Modal, Post, RelativeTime, RowLink, Tone, counted,
    figures::second, moment, query_is, use_path,
};
use api_types::oauth::{GrantEnd, GrantView, RefreshView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use time::OffsetDateTime;

/// How many refresh tokens are shown: an app that works all day gets a hundred of them.
const SHOWN: usize = 20;

/// A list of log-ins. `path` is the page that it is on.
pub fn tree(grants: Vec<GrantView>, path: &str, may_end: bool) -> AnyView {
    let rows: Vec<AnyView> = grants
        .into_iter()
        .map(|grant| row(grant, path, may_end))
        .collect();
    view! { <ul class="rows">{rows}</ul> }.into_any()
}

fn row(grant: GrantView, path: &str, may_end: bool) -> AnyView {
    let live = grant.ended_at.is_none();
    let end = (live && may_end).then(|| {
        let href = format!("{path}?dialog=end-log-in&grant={}", grant.id);
        let of = format!("the log-in of {}", grant.person);
        view! { <RowLink href word="End" icon=Icon::X of/> }
    });
    let scopes: Vec<AnyView> = grant
        .scopes
        .iter()
        .map(|scope| view! { <li><Badge text=scope.clone()/></li> }.into_any())
        .collect();
    let from = grant
        .created_address
        .clone()
        .map(|address| format!(" from {address}"));
    view! {
        <li class="row row-wrap grant" class:faded=!live>
            <div class="row-words">
                <p class="badges">
                    <strong>{grant.person.clone()}</strong>
                    <span class="muted long-word">{grant.email.clone()}</span>
                    {state(&grant)}
                </p>
                <span class="muted">
                    {grant.kind.label()} ", " <RelativeTime at=grant.created_at/> {from}
                </span>
                {last_use(&grant)}
                <ul class="badges">{scopes}</ul>
                {history(grant)}
            </div>
            {end}
        </li>
    }
    .into_any()
}

/// Whether it works, or why it does no more.
fn state(grant: &GrantView) -> AnyView {
    let Some(at) = grant.ended_at else {
        return view! { <Badge tone=Tone::Good text="Live"/> }.into_any();
    };
    let (tone, why) = match grant.ended_why {
        Some(why @ (GrantEnd::CodeReplayed | GrantEnd::TokenReplayed)) => (Tone::Bad, why.label()),
        Some(why) => (Tone::Neutral, why.label()),
        None => (Tone::Neutral, "Ended"),
    };
    view! {
        <Badge tone text="Ended"/>
        <span class="note">{why} ", " <RelativeTime at/></span>
    }
    .into_any()
}

fn last_use(grant: &GrantView) -> AnyView {
    let Some(at) = grant.last_used_at else {
        return view! { <span class="muted">"Never used"</span> }.into_any();
    };
    let from = grant
        .last_used_address
        .clone()
        .map(|address| format!(" from {address}"));
    let agent = grant.last_used_agent.clone();
    view! {
        <span class="muted">"Last used " <RelativeTime at/> {from}</span>
        {agent.map(|agent| view! { <span class="note long-word">{agent}</span> })}
    }
    .into_any()
}

/// What its tokens are for, and each refresh token after the other.
fn history(grant: GrantView) -> AnyView {
    let summary = match grant.tokens.len() {
        0 => "Details".to_string(),
        number => counted(number as i64, "refresh token", "refresh tokens"),
    };
    let of = format!(" of {}", grant.person);
    let over = grant.ended_at.is_some();
    let hidden = grant.tokens.len().saturating_sub(SHOWN);
    let earlier = (hidden > 0).then(|| format!("{hidden} earlier ones are not shown."));
    let tokens: Vec<AnyView> = grant
        .tokens
        .into_iter()
        .skip(hidden)
        .map(|token| token_line(&token, over))
        .collect();
    view! {
        <details class="disclosure">
            <summary>{summary}<span class="visually-hidden">{of}</span></summary>
            <div class="grant-history">
                <span class="muted long-word">
                    "Tokens for " <code>{grant.resource}</code> ", given to " <code>{grant.oauth_id}</code>
                </span>
                {earlier.map(|earlier| view! { <span class="muted">{earlier}</span> })}
                <ol>{tokens}</ol>
            </div>
        </details>
    }
    .into_any()
}

fn token_line(token: &RefreshView, over: bool) -> AnyView {
    let then = match token.rotated_at {
        Some(at) => format!("exchanged {}", second(at)),
        None if over => "ended with the log-in".into(),
        None if token.expires_at < OffsetDateTime::now_utc() => "expired".into(),
        None => format!("works until {}", moment(token.expires_at)),
    };
    let line = format!("Issued {}, {then}", second(token.created_at));
    view! { <li>{line}</li> }.into_any()
}

/// The dialog that ends the log-in which the address names. `client` says whose page it is on.
#[component]
pub fn EndDialog(
    grants: StoredValue<Vec<GrantView>>,
    tenant: Signal<String>,
    #[prop(optional, into)] client: String,
    end: Post<EndGrant>,
) -> AnyView {
    let (query, asked, path) = (
        use_query_map(),
        query_is("dialog", "end-log-in"),
        use_path(),
    );
    let grant = Memo::new(move |_| {
        let id = query
            .with(|query| query.get("grant"))
            .filter(|_| asked.get())?;
        grants.with_value(|grants| {
            let mut live = grants.iter().filter(|grant| grant.ended_at.is_none());
            live.find(|grant| grant.id.to_string() == id).cloned()
        })
    });
    let open = Signal::derive(move || grant.with(Option::is_some));
    let client = StoredValue::new(client);
    view! {
        <Modal title="End log-in" open close_to=path>
            {move || grant.get().map(|grant| view! {
                <Form action=end done="The log-in has ended.">
                    <p>
                        "Every token of " <strong>{grant.client_name}</strong> " for "
                        <strong>{grant.person}</strong>
                        " stops working, here and on every server. To come back, the client must log in again."
                    </p>
                    <input type="hidden" name="tenant" value=tenant.get_untracked()/>
                    <input type="hidden" name="id" value=grant.id.to_string()/>
                    <input type="hidden" name="client" value=client.get_value()/>
                    <DialogButtons label="End log-in" look=Look::Danger/>
                </Form>
            })}
        </Modal>
    }
    .into_any()
}
