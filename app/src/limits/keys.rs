//! Keys with what they have used, and what each may use.

use super::{page::level, server_fns::LimitKey};
use crate::ui::{
    Card, Column, Denied, DialogButtons, EmptyState, Field, Form, Icon, Modal, Post, RowLink,
    Table, count, counted, query_is, use_path,
};
use api_types::{Decision, limits::KeyLimit};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn KeysCard(
    keys: Vec<KeyLimit>,
    may: Decision,
    tenant: String,
    action: Post<LimitKey>,
) -> AnyView {
    if keys.is_empty() {
        return view! {
            <Card title="Keys">
                <EmptyState
                    icon=Icon::Key
                    title="No keys that work"
                    about="Each key of a client can have a quota of its own, within the tenant's."
                />
            </Card>
        }
        .into_any();
    }
    let allowed = may.allowed;
    let caption = counted(keys.len() as i64, "key", "keys");
    let stored = (StoredValue::new(keys.clone()), StoredValue::new(tenant));
    let rows: Vec<AnyView> = keys
        .into_iter()
        .map(|key| row(key, &stored.1.get_value(), allowed))
        .collect();
    view! {
        <Card title="Keys" about="Units of this month, key by key." flush=true>
            <Denied decision=may/>
            <Table
                label="Keys and their quotas"
                caption
                columns=[
                    Column::text("Key"),
                    Column::text("Used this month"),
                    Column::number("Calls a minute").wide(),
                    Column::unseen("Act"),
                ]
                rows
            />
        </Card>
        {allowed.then(|| view! { <LimitDialog keys=stored.0 tenant=stored.1 action/> })}
    }
    .into_any()
}

fn row(key: KeyLimit, tenant: &str, allowed: bool) -> AnyView {
    let used = match key.monthly_units {
        Some(most) => level(&format!("Units of {}", key.name), key.used, most),
        None => counted(key.used, "unit", "units").into_any(),
    };
    let rate = key.per_minute.map_or_else(
        || view! { <span class="muted">"as in the plan"</span> }.into_any(),
        |rate| count(rate.into()).into_any(),
    );
    let href = format!("/t/{tenant}/limits?dialog=limit&key={}", key.id);
    let name = key.name.clone();
    view! {
        <tr>
            <th scope="row">{key.name} <span class="note">{key.client}</span></th>
            <td>{used}</td>
            <td class="num wide-only">{rate}</td>
            <td>
                {allowed.then(|| view! { <RowLink href word="Limit" icon=Icon::Pencil of=name/> })}
            </td>
        </tr>
    }
    .into_any()
}

/// One dialog for all: the address names the key.
#[component]
fn LimitDialog(
    keys: StoredValue<Vec<KeyLimit>>,
    tenant: StoredValue<String>,
    action: Post<LimitKey>,
) -> AnyView {
    let (query, open, path) = (use_query_map(), query_is("dialog", "limit"), use_path());
    let key = Memo::new(move |_| {
        let id = query
            .with(|query| query.get("key"))
            .filter(|_| open.get())?;
        keys.with_value(|keys| keys.iter().find(|key| key.id.to_string() == id).cloned())
    });
    let open = Signal::derive(move || key.with(Option::is_some));
    view! {
        <Modal title="Limit key" open close_to=path>
            {move || key.get().map(|key| view! { <Fields key tenant action/> })}
        </Modal>
    }
    .into_any()
}

#[component]
fn Fields(key: KeyLimit, tenant: StoredValue<String>, action: Post<LimitKey>) -> AnyView {
    let units = key.monthly_units.map(|units| units.to_string());
    view! {
        <Form action done="Key limited.">
            <p>"What " <strong>{key.name}</strong> " of " {key.client} " may use in a month."</p>
            <input type="hidden" name="tenant" value=tenant.get_value()/>
            <input type="hidden" name="id" value=key.id.to_string()/>
            <Field
                label="Units a month"
                name="key_units"
                value=units.unwrap_or_default()
                placeholder="Not limited"
                hint="Calls of this key are refused when they are used up; people who manage keys are told at 80 and at 100 %. Empty: no quota of its own."
            />
            <DialogButtons label="Save"/>
        </Form>
    }
    .into_any()
}
