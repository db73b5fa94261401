//! Invitations that wait for an answer.

use super::server_fns::{ResendInvitation, RevokeInvitation};
use crate::ui::{
    Badge, Card, Column, Form, Look, Post, RelativeTime, Submit, Table, Tone, counted,
};
use api_types::members::InvitationView;
use leptos::prelude::*;

#[component]
pub fn Pending(
    invitations: Vec<InvitationView>,
    tenant: Signal<String>,
    resend: Post<ResendInvitation>,
    revoke: Post<RevokeInvitation>,
    allowed: bool,
) -> AnyView {
    if invitations.is_empty() {
        return ().into_any();
    }
    let number = counted(invitations.len() as i64, "invitation", "invitations");
    let tenant = tenant.get_untracked();
    let rows: Vec<AnyView> = invitations
        .into_iter()
        .map(|invitation| row(invitation, &tenant, resend, revoke, allowed))
        .collect();
    view! {
        <Card title="Invited" flush=true>
            <Table
                label="Invitations"
                caption=number
                columns=[
                    Column::text("Email"),
                    Column::text("Role"),
                    Column::text("Invited by"),
                    Column::text("Link works until"),
                    Column::unseen("Actions"),
                ]
                rows
            />
        </Card>
    }
    .into_any()
}

fn row(
    invitation: InvitationView,
    tenant: &str,
    resend: Post<ResendInvitation>,
    revoke: Post<RevokeInvitation>,
    allowed: bool,
) -> AnyView {
    let until = if invitation.expired {
        view! { <Badge tone=Tone::Warning text="expired"/> }.into_any()
    } else {
        view! { <RelativeTime at=invitation.expires_at/> }.into_any()
    };
    let hidden = StoredValue::new((tenant.to_string(), invitation.id.to_string()));
    let buttons = allowed.then(|| {
        view! {
            <Form action=resend done="Sent again, with a new link." class="inline-form">
                <Hidden hidden/>
                <Submit label="Send again" look=Look::Quiet/>
            </Form>
            <Form action=revoke done="Invitation revoked." class="inline-form">
                <Hidden hidden/>
                <Submit label="Revoke" look=Look::Quiet/>
            </Form>
        }
    });
    view! {
        <tr>
            <th scope="row">{invitation.email}</th>
            <td>{invitation.role.name().to_string()}</td>
            <td>{invitation.invited_by}</td>
            <td>{until}</td>
            <td>{buttons}</td>
        </tr>
    }
    .into_any()
}

/// What both forms of a row send.
#[component]
fn Hidden(hidden: StoredValue<(String, String)>) -> AnyView {
    let (tenant, id) = hidden.get_value();
    view! {
        <input type="hidden" name="tenant" value=tenant/>
        <input type="hidden" name="id" value=id/>
    }
    .into_any()
}
