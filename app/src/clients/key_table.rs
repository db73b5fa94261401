//! The keys of one client: what each opens, whether it works, and its last use.

use crate::ui::{
    Badge, Column, Icon, RelativeTime, RowLink, Table, Tone, counted, figures::day, moment,
};
use api_types::api_keys::{KeyState, KeyView};
use leptos::prelude::*;

#[component]
pub fn KeyTable(keys: Vec<KeyView>, path: String, may_manage: bool) -> AnyView {
    let number = counted(keys.len() as i64, "key", "keys");
    let rows: Vec<AnyView> = keys
        .into_iter()
        .map(|key| row(key, &path, may_manage))
        .collect();
    view! {
        <Table
            label="Keys"
            caption=number
            columns=[
                Column::text("Key"),
                Column::text("State"),
                Column::text("Scopes"),
                Column::text("Limits"),
                Column::text("Last used"),
                Column::unseen("Actions"),
            ]
            rows
        />
    }
    .into_any()
}

fn row(key: KeyView, path: &str, may_manage: bool) -> AnyView {
    let actions = may_manage.then(|| actions(&key, path));
    view! {
        <tr class:faded={matches!(key.state, KeyState::Revoked | KeyState::Expired)}>
            <th scope="row">
                <span class="block">{key.name.clone()}</span>
                <code class="muted">{format!("{}…", key.display_prefix)}</code>
            </th>
            <td>
                <State key=key.clone()/>
            </td>
            <td>
                <ul class="badges">
                    {key.scopes.iter().map(|scope| view! { <li><Badge text=scope.clone()/></li> }).collect_view()}
                </ul>
            </td>
            <td>{limits(&key)}</td>
            <td>{last_use(&key)}</td>
            <td>{actions}</td>
        </tr>
    }
    .into_any()
}

/// Whether it works and until when.
#[component]
fn State(key: KeyView) -> AnyView {
    let (tone, word) = match key.state {
        KeyState::Live => (Tone::Good, "Live"),
        KeyState::Replaced => (Tone::Warning, "Replaced"),
        KeyState::Expired => (Tone::Neutral, "Expired"),
        KeyState::Revoked => (Tone::Bad, "Revoked"),
    };
    let (words, at) = match (key.state, key.revoked_at, key.expires_at) {
        (KeyState::Revoked, at, _) if key.reported_leaked => ("found in public ", at),
        (KeyState::Revoked, Some(at), _) | (KeyState::Expired, _, Some(at)) => ("", Some(at)),
        (KeyState::Replaced | KeyState::Live, _, Some(at)) => ("until ", Some(at)),
        _ => ("never expires", None),
    };
    view! {
        <Badge tone text=word/>
        <span class="note">
            {words}
            {at.map(|at| view! { <time class="day" title=moment(at)>{day(at.date())}</time> })}
        </span>
    }
    .into_any()
}

/// What bounds its use besides its scopes.
fn limits(key: &KeyView) -> AnyView {
    let rate = key
        .rate_limit_per_minute
        .map(|calls| format!("{calls} calls a minute"));
    let networks = match key.allowed_networks.as_slice() {
        [] => None,
        networks => Some(format!("from {}", networks.join(", "))),
    };
    if rate.is_none() && networks.is_none() {
        return view! { <span class="muted">"none"</span> }.into_any();
    }
    let lines = rate.into_iter().chain(networks);
    lines
        .map(|line| view! { <span class="block">{line}</span> })
        .collect_view()
        .into_any()
}

fn last_use(key: &KeyView) -> AnyView {
    let Some(at) = key.last_used_at else {
        return view! { <span class="muted">"never"</span> }.into_any();
    };
    let address = key.last_used_address.clone();
    let agent = key.last_used_agent.clone();
    view! {
        <RelativeTime at/>
        {address.map(|address| view! { <span class="note">"from "{address}</span> })}
        {agent.map(|agent| view! { <span class="note">{agent}</span> })}
    }
    .into_any()
}

fn actions(key: &KeyView, path: &str) -> AnyView {
    let link = |dialog: &str, word: &'static str, icon: Icon| {
        let href = format!("{path}?dialog={dialog}&key={}", key.id);
        view! { <RowLink href word icon of=key.name.as_str()/> }
    };
    let rotate = (key.state == KeyState::Live).then(|| link("rotate", "Rotate", Icon::Refresh));
    let works = matches!(key.state, KeyState::Live | KeyState::Replaced);
    let revoke = works.then(|| link("revoke", "Revoke", Icon::X));
    view! { <div class="key-actions">{rotate} {revoke}</div> }.into_any()
}
