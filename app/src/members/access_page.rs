//! `/t/{slug}/access`: pick somebody and something, and see whether it is allowed and why.

use super::server_fns::{AccessView, explain_access};
use crate::{
    error::sentence,
    ui::{
        Badge, Card, EmptyState, FilterForm, FilterSelect, Icon, PageHeader, TableFrame, Tone,
        data, load, use_param, use_path,
    },
};
use api_types::{Decision, Permission, members::Explained};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn AccessPage() -> AnyView {
    let (tenant, query) = (use_param("slug"), use_query_map());
    let word = move |name: &'static str| query.with(|query| query.get(name).unwrap_or_default());
    let asked = move || (word("who"), word("action"));
    let answer = data(
        move || (tenant.get(), asked()),
        |(tenant, (who, action))| explain_access(tenant, who, action),
    );
    load(answer, move |view| {
        let (who, action) = untrack(asked);
        view! { <Access view who action/> }.into_any()
    })
}

#[component]
fn Access(view: AccessView, who: String, action: String) -> AnyView {
    let AccessView {
        subjects,
        explained,
    } = view;
    let path = use_path().get_untracked();
    let people = subjects
        .into_iter()
        .map(|subject| (subject.choice, subject.name))
        .collect();
    let actions = Permission::ALL
        .iter()
        .map(|one| (one.as_str().into(), one.about().into()))
        .collect();
    let clear = (!who.is_empty()).then(|| path.clone());
    let answer = match explained {
        Some(explained) => answer(explained),
        None => view! {
            <EmptyState
                icon=Icon::Shield
                title="Who may do what, and why"
                about="Choose a member or a key, and see for one action or for all of them whether it \
                       is allowed and which rule decides. The same rules answer every page, every \
                       call and every tool."
            />
        }
        .into_any(),
    };
    view! {
        <PageHeader title="Explain access" about="Why somebody may do something here, or may not."/>
        <FilterForm action=path clear>
            <FilterSelect label="Member or key" name="who" all="Choose a member or a key" options=people chosen=who/>
            <FilterSelect label="Action" name="action" all="Every action" options=actions chosen=action/>
        </FilterForm>
        <Card flush=true>{answer}</Card>
    }
    .into_any()
}

fn answer(explained: Explained) -> AnyView {
    let Explained {
        name,
        holds,
        decisions,
    } = explained;
    let rows: Vec<AnyView> = decisions.iter().map(row).collect();
    view! {
        <TableFrame label="Decisions">
            <table>
                <caption>{format!("{name}: {holds}")}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Action"</th>
                        <th scope="col">"Allowed"</th>
                        <th scope="col">"Why"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableFrame>
    }
    .into_any()
}

fn row(decision: &Decision) -> AnyView {
    let (tone, word) = if decision.allowed {
        (Tone::Good, "Yes")
    } else {
        (Tone::Bad, "No")
    };
    view! {
        <tr>
            <th scope="row">{decision.permission.about()}</th>
            <td><Badge tone text=word/></td>
            <td>{sentence(&decision.why())}</td>
        </tr>
    }
    .into_any()
}
