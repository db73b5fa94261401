//! What a browser can ask about members and roles.

use crate::UiError;
use api_types::{
    Decision,
    members::{Explained, RoleView, SubjectView},
    users::MemberView,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the list of members shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersView {
    pub members: Vec<MemberView>,
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
    Ok(MembersView {
        members: domain::members::list(&s, &a).await?,
    })
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
