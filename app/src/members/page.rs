//! `/t/{slug}/members`: who belongs to the tenant, and who is invited.

use super::{
    dialogs::Dialogs,
    pending::Pending,
    server_fns::{
        ChangeRole, CreateServiceAccount, InviteMember, MembersView, RemoveMember,
        ResendInvitation, RevokeInvitation, TransferTenant, list_members,
    },
};
use crate::ui::{
    Badge, Card, Column, Denied, Icon, LinkButton, Look, PageHeader, Post, RelativeTime, RowLink,
    Table, Tone, accepted, counted, data, figures::day, load, use_param, use_path,
};
use api_types::{MemberRole, UserId, members::MemberRow};
use leptos::prelude::*;

/// What the page's forms do. They outlive the view, which is made anew when data is.
#[derive(Clone, Copy)]
pub struct Actions {
    pub invite: Post<InviteMember>,
    pub resend: Post<ResendInvitation>,
    pub revoke: Post<RevokeInvitation>,
    pub change: Post<ChangeRole>,
    pub remove: Post<RemoveMember>,
    pub transfer: Post<TransferTenant>,
    pub service: Post<CreateServiceAccount>,
}

#[component]
pub fn MembersPage() -> AnyView {
    let tenant = use_param("slug");
    let actions = Actions {
        invite: Post::new(),
        resend: Post::new(),
        revoke: Post::new(),
        change: Post::new(),
        remove: Post::new(),
        transfer: Post::new(),
        service: Post::new(),
    };
    let changes = [
        accepted(actions.invite),
        accepted(actions.resend),
        accepted(actions.revoke),
        accepted(actions.change),
        accepted(actions.remove),
        accepted(actions.transfer),
        accepted(actions.service),
    ];
    let members = data(
        move || (tenant.get(), changes.map(|change| change.get())),
        |(tenant, _)| list_members(tenant),
    );
    load(members, move |view| {
        view! { <Members view tenant actions/> }.into_any()
    })
}

#[component]
fn Members(view: MembersView, tenant: Signal<String>, actions: Actions) -> AnyView {
    let (allowed, path) = (view.may_manage.allowed, use_path());
    let dialog =
        move |name: &'static str| Signal::derive(move || format!("{}?dialog={name}", path.get()));
    let at =
        move |page: &'static str| Signal::derive(move || format!("/t/{}/{page}", tenant.get()));
    let decision = view.may_manage.clone();
    let invitations = view.invitations.clone();
    let own = Own {
        user: view.user,
        role: view.role.clone(),
        may_manage: allowed,
    };
    let rows: Vec<AnyView> = view
        .members
        .iter()
        .map(|member| row(member, &own, &path.get_untracked()))
        .collect();
    let number = counted(rows.len() as i64, "member", "members");
    let Actions { resend, revoke, .. } = actions;
    let (view, actions) = (StoredValue::new(view), StoredValue::new(actions));
    view! {
        <PageHeader title="Members" about="The people of this tenant, and what each may do.">
            <LinkButton href=at("roles") label="Roles" icon=Icon::Shield look=Look::Quiet/>
            <LinkButton href=at("access") label="Explain access" icon=Icon::Search look=Look::Quiet/>
            {allowed.then(|| view! {
                <LinkButton href=dialog("service") label="New service account" icon=Icon::Terminal/>
                <LinkButton href=dialog("invite") label="Invite" look=Look::Primary icon=Icon::Plus/>
            })}
        </PageHeader>
        <Denied decision/>
        <div class="stack">
            <Card flush=true>{table(rows, number)}</Card>
            <Pending invitations tenant resend revoke allowed/>
            {view.with_value(|view| view.may_transfer.allowed).then(|| view! {
                <Card title="Ownership" about="You own this tenant.">
                    <LinkButton href=dialog("transfer") label="Hand the tenant over" icon=Icon::User/>
                </Card>
            })}
        </div>
        <Dialogs view tenant actions/>
    }
    .into_any()
}

fn table(rows: Vec<AnyView>, number: String) -> AnyView {
    view! {
        <Table
            label="Members"
            caption=number
            columns=[
                Column::text("Name"),
                Column::text("Email"),
                Column::text("Role"),
                Column::number("Clients"),
                Column::text("Joined"),
                Column::text("Last active"),
                Column::unseen("Actions"),
            ]
            rows
        />
    }
    .into_any()
}

/// Who looks at the page.
struct Own {
    user: UserId,
    role: MemberRole,
    may_manage: bool,
}

fn row(member: &MemberRow, own: &Own, path: &str) -> AnyView {
    let me = member.id == own.user;
    // A role that holds more than one's own is not one's own to change.
    let changeable = own.may_manage && own.role.covers(&member.role);
    let email = match &member.email {
        Some(email) => email.clone().into_any(),
        None => view! { <Badge tone=Tone::Accent text="service account"/> }.into_any(),
    };
    let active = match member.last_active_at {
        Some(at) => view! { <RelativeTime at/> }.into_any(),
        None => view! { <span class="muted">"never"</span> }.into_any(),
    };
    let link = |dialog: &str, word: &'static str, icon: Icon| {
        let href = format!("{path}?dialog={dialog}&member={}", member.id);
        view! { <RowLink href word icon of=member.name.as_str()/> }
    };
    view! {
        <tr>
            <th scope="row">
                {member.name.clone()}
                {me.then(|| view! { " " <Badge text="you"/> })}
            </th>
            <td>{email}</td>
            <td>{member.role.name().to_string()}</td>
            <td class="num">{member.clients}</td>
            <td><span class="day">{day(member.joined_at.date())}</span></td>
            <td>{active}</td>
            <td>
                <div class="key-actions">
                    {(changeable && member.email.is_some()).then(|| link("role", "Change role", Icon::Pencil))}
                    {(changeable && !me).then(|| link("remove", "Remove", Icon::X))}
                </div>
            </td>
        </tr>
    }
    .into_any()
}
