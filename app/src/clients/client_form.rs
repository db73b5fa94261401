//! The fields of a client, for registering one and for changing one.

use crate::ui::{Field, Select, TextArea};
use api_types::{
    mcp_clients::{ClientKind, ClientView},
    users::MemberView,
};
use leptos::prelude::*;

#[component]
pub fn ClientFields(
    members: Vec<MemberView>,
    /// As it is now, when one is changed.
    #[prop(optional, into)]
    client: Option<ClientView>,
) -> AnyView {
    let kinds: Vec<_> = ClientKind::ALL
        .iter()
        .map(|kind| (kind.as_str().into(), kind.label().into()))
        .collect();
    let owners = owners(members, client.as_ref());
    let (name, kind, notes) = client.map_or_else(
        || (String::new(), ClientKind::ClaudeDesktop, String::new()),
        |client| (client.name, client.kind, client.notes),
    );
    view! {
        <Field
            label="Name"
            name="name"
            value=name
            required=true
            maxlength=80
            placeholder="Ada's laptop"
            hint="What you call it; every client of a tenant has another name."
        />
        <Select label="Kind" name="kind" options=kinds value=kind.as_str()/>
        <Select label="Owner" name="owner" options=owners hint="Who answers for it."/>
        <TextArea label="Notes" name="notes" value=notes rows=3 maxlength=2000/>
    }
    .into_any()
}

/// The members to choose from, after "as it is".
fn owners(members: Vec<MemberView>, client: Option<&ClientView>) -> Vec<(String, String)> {
    let first = client.map_or_else(
        || "Me".into(),
        |client| format!("{} (as now)", client.owner),
    );
    let others = members.into_iter().map(|member| {
        (
            member.id.to_string(),
            format!("{} ({})", member.name, member.email),
        )
    });
    std::iter::once((String::new(), first))
        .chain(others)
        .collect()
}
