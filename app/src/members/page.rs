//! `/t/{slug}/members`: who belongs to the tenant.

use super::server_fns::{MembersView, list_members};
use crate::ui::{
    Card, Icon, LinkButton, Look, PageHeader, TableFrame, counted, data, load, use_param,
};
use api_types::users::MemberView;
use leptos::prelude::*;

#[component]
pub fn MembersPage() -> AnyView {
    let tenant = use_param("slug");
    let members = data(move || tenant.get(), list_members);
    load(members, move |view| {
        view! { <Members view tenant/> }.into_any()
    })
}

#[component]
fn Members(view: MembersView, tenant: Signal<String>) -> AnyView {
    let number = counted(view.members.len() as i64, "member", "members");
    let rows: Vec<AnyView> = view.members.into_iter().map(row).collect();
    let at =
        move |page: &'static str| Signal::derive(move || format!("/t/{}/{page}", tenant.get()));
    view! {
        <PageHeader title="Members" about="The people of this tenant and what each may do.">
            <LinkButton href=at("roles") label="Roles" icon=Icon::Shield look=Look::Quiet/>
            <LinkButton href=at("access") label="Explain access" icon=Icon::Search look=Look::Quiet/>
        </PageHeader>
        <Card flush=true>
            <TableFrame label="Members">
                <table>
                    <caption class="visually-hidden">{number}</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Name"</th>
                            <th scope="col">"Email"</th>
                            <th scope="col">"Role"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableFrame>
        </Card>
    }
    .into_any()
}

fn row(member: MemberView) -> AnyView {
    view! {
        <tr>
            <th scope="row">{member.name}</th>
            <td>{member.email}</td>
            <td>{member.role.name().to_string()}</td>
        </tr>
    }
    .into_any()
}
