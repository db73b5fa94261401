//! What a browser can ask about members and roles.

use crate::UiError;
use api_types::{
    Decision, MemberRole, UserId,
    members::{Explained, InvitationView, MemberRow, Offer, RoleView, SubjectView},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the list of members shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersView {
    pub members: Vec<MemberRow>,
    pub invitations: Vec<InvitationView>,
    /// The tenant's own roles.
    pub roles: Vec<RoleView>,
    /// Who looks.
    pub user: UserId,
    pub role: MemberRole,
    pub may_manage: Decision,
    pub may_transfer: Decision,
}

/// What the page of roles shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolesView {
    pub roles: Vec<RoleView>,
    pub may_manage: Decision,
}

/// What the page that explains access shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessView {
    pub subjects: Vec<SubjectView>,
    pub explained: Option<Explained>,
}

#[server(endpoint = "list_members")]
pub async fn list_members(tenant: String) -> Result<MembersView, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let role = a.role().cloned().ok_or(api_types::Refusal::NotFound)?;
    let user = crate::request::person().await?;
    Ok(MembersView {
        members: domain::members::list(&s, &a).await?,
        invitations: domain::invitations::pending(&s, &a).await?,
        roles: domain::roles::list(&s, &a).await?,
        user,
        role,
        may_manage: a.decide(api_types::Permission::ManageMembers),
        may_transfer: a.decide(api_types::Permission::TransferTenant),
    })
}

#[server(endpoint = "invite_member")]
pub async fn invite_member(tenant: String, email: String, role: String) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    crate::request::keep(&[("email", &email), ("role", &role)]);
    let email = api_types::input::Email::parse(&email)?;
    let role = api_types::members::RoleChoice::parse(&role)?;
    domain::invitations::invite(&s, &a, email, role).await?;
    crate::request::back_to(&tenant, "members", "Invitation sent.")
}

#[server(endpoint = "resend_invitation")]
pub async fn resend_invitation(tenant: String, id: String) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    domain::invitations::resend(&s, &a, crate::clients::id(&id)?).await?;
    crate::request::back_to(&tenant, "members", "Sent again, with a new link.")
}

#[server(endpoint = "revoke_invitation")]
pub async fn revoke_invitation(tenant: String, id: String) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    domain::invitations::revoke(&s, &a, crate::clients::id(&id)?).await?;
    crate::request::back_to(&tenant, "members", "Invitation revoked.")
}

#[server(endpoint = "change_role")]
pub async fn change_role(tenant: String, member: String, role: String) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    crate::request::require_recent_auth().await?;
    let role = api_types::members::RoleChoice::parse(&role)?;
    domain::members::change_role(&s, &a, crate::clients::id(&member)?, role).await?;
    crate::request::back_to(&tenant, "members", "Role changed.")
}

#[server(endpoint = "remove_member")]
pub async fn remove_member(tenant: String, member: String) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    crate::request::require_recent_auth().await?;
    domain::members::remove(&s, &a, crate::clients::id(&member)?).await?;
    crate::request::back_to(
        &tenant,
        "members",
        "Member removed. Their keys no longer work.",
    )
}

#[server(endpoint = "leave_tenant")]
pub async fn leave_tenant(tenant: String) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    domain::members::leave(&s, &a).await?;
    leptos_axum::redirect("/");
    Ok(())
}

#[server(endpoint = "transfer_tenant")]
pub async fn transfer_tenant(tenant: String, member: String) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    crate::request::require_recent_auth().await?;
    domain::members::transfer(&s, &a, crate::clients::id(&member)?).await?;
    crate::request::back_to(
        &tenant,
        "members",
        "The tenant has another owner. You are an admin now.",
    )
}

#[server(endpoint = "create_service_account")]
pub async fn create_service_account(tenant: String, name: String) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    crate::request::keep(&[("name", &name)]);
    let name = api_types::input::PersonName::parse(&name)?;
    domain::members::create_service_account(&s, &a, name).await?;
    crate::request::back_to(&tenant, "members", "Service account made.")
}

/// What the holder of an invitation's link is offered.
#[server(endpoint = "look_at_invitation")]
pub async fn look_at_invitation(token: String) -> Result<Offer, UiError> {
    use crate::request;
    let user = request::known_person().await?;
    Ok(domain::invitations::offer(&request::services()?, user, &token).await?)
}

/// Joins with the account that is signed in.
#[server(endpoint = "accept_invitation")]
pub async fn accept_invitation(token: String) -> Result<(), UiError> {
    use crate::request;
    let (s, user) = (request::services()?, request::person().await?);
    let slug = domain::invitations::accept(&s, user, request::origin(), &token).await?;
    leptos_axum::redirect(&format!("/t/{slug}"));
    Ok(())
}

/// Creates an account for the invited address, signs it in, and joins.
#[server(endpoint = "join_with_new_account")]
pub async fn join_with_new_account(
    token: String,
    name: String,
    password: String,
) -> Result<(), UiError> {
    use crate::request;
    request::keep(&[("name", &name)]);
    let name = api_types::input::PersonName::parse(&name)?;
    let password = api_types::input::Password::parse(&password)?;
    let (s, origin) = (request::services()?, request::origin());
    let (user, slug) =
        domain::invitations::accept_as_new(&s, origin, &token, name, password).await?;
    request::start_first_session(user).await?;
    leptos_axum::redirect(&format!("/t/{slug}"));
    Ok(())
}

#[server(endpoint = "list_roles")]
pub async fn list_roles(tenant: String) -> Result<RolesView, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    Ok(RolesView {
        roles: domain::roles::list(&s, &a).await?,
        may_manage: a.decide(api_types::Permission::ManageRoles),
    })
}

#[server(endpoint = "create_role")]
pub async fn create_role(
    tenant: String,
    name: String,
    #[server(default)] permissions: Vec<String>,
) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    crate::request::require_recent_auth().await?;
    crate::request::keep(&[("name", &name)]);
    let name = api_types::input::RoleName::parse(&name)?;
    let permissions = api_types::members::permissions(&permissions)?;
    domain::roles::create(&s, &a, name, permissions).await?;
    crate::request::notice("Role made.");
    leptos_axum::redirect(&format!("/t/{tenant}/roles"));
    Ok(())
}

#[server(endpoint = "update_role")]
pub async fn update_role(
    tenant: String,
    id: String,
    name: String,
    #[server(default)] permissions: Vec<String>,
) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    crate::request::require_recent_auth().await?;
    let id: api_types::RoleId = crate::clients::id(&id)?;
    let name = api_types::input::RoleName::parse(&name)?;
    let permissions = api_types::members::permissions(&permissions)?;
    domain::roles::update(&s, &a, id, name, permissions).await?;
    crate::request::notice("Role changed, for everybody who holds it.");
    leptos_axum::redirect(&format!("/t/{tenant}/roles"));
    Ok(())
}

#[server(endpoint = "delete_role")]
pub async fn delete_role(tenant: String, id: String) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    domain::roles::delete(&s, &a, crate::clients::id(&id)?).await?;
    crate::request::notice("Role deleted.");
    leptos_axum::redirect(&format!("/t/{tenant}/roles"));
    Ok(())
}

/// Whom one can ask about, and what `who` may do: all, or the one `action`.
#[server(endpoint = "explain_access")]
pub async fn explain_access(
    tenant: String,
    #[server(default)] who: String,
    #[server(default)] action: String,
) -> Result<AccessView, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let subjects = domain::roles::subjects(&s, &a).await?;
    let action = api_types::Permission::parse(&action);
    let explained = match who.as_str() {
        "" => None,
        who => {
            let who =
                api_types::members::Subject::parse(who).ok_or(api_types::Refusal::NotFound)?;
            Some(domain::roles::explain(&s, &a, who, action).await?)
        }
    };
    Ok(AccessView {
        subjects,
        explained,
    })
}
