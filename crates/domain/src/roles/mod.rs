//! The roles that a tenant makes of permissions. What each permission is, and who holds it by a
//! built-in role, stands in [`api_types::roles`]; who holds which role, in [`crate::members`].

mod explain;
mod store;

use crate::{
    Actor, RefuseOn as _, Result, Services,
    audit::{self, Event},
    plans, sessions,
};
use api_types::{
    CustomRole, MemberRole, Permission, Refusal, Role, RoleId, TenantId,
    audit::Act,
    input::RoleName,
    members::{RoleChoice, RoleView},
    plans::Feature,
    roles::{Holder, decide, is_free},
};
pub use explain::{explain, subjects};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

/// The tenant's own roles by name.
pub async fn list(s: &Services, a: &Actor) -> Result<Vec<RoleView>> {
    a.require(Permission::ViewMembers)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let roles = store::list(&mut tx, a.tenant()).await?;
    tx.commit().await?;
    Ok(roles)
}

/// Makes a role of permissions that the caller holds.
pub async fn create(
    s: &Services,
    a: &Actor,
    name: RoleName,
    permissions: Vec<Permission>,
) -> Result<RoleId> {
    a.require(Permission::ManageRoles)?;
    let role = checked(a, RoleId(Uuid::now_v7()), &name, permissions)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    plans::require(s, &mut tx, a.tenant(), Feature::CustomRoles).await?;
    taken(store::insert(&mut tx, a.tenant(), &role).await)?;
    let created = Event::new(Act::RoleCreated, role.id, &role.name).after(&Facts::of(&role))?;
    audit::record(&mut tx, a, created).await?;
    tx.commit().await?;
    Ok(role.id)
}

/// Changes a role, for all who hold it, from their next request on, with which their sessions get new ids.
pub async fn update(
    s: &Services,
    a: &Actor,
    id: RoleId,
    name: RoleName,
    permissions: Vec<Permission>,
) -> Result<()> {
    a.require(Permission::ManageRoles)?;
    let role = checked(a, id, &name, permissions)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    plans::require(s, &mut tx, a.tenant(), Feature::CustomRoles).await?;
    let before = locked(&mut tx, a, id).await?;
    let changed = Event::new(Act::RoleChanged, id, &role.name)
        .before(&Facts::of(&before))?
        .after(&Facts::of(&role))?;
    may_give(a, &MemberRole::Custom(before))?;
    taken(store::update(&mut tx, a.tenant(), &role).await)?;
    let holders = store::holders(&mut tx, a.tenant(), id).await?;
    sessions::renew_sessions_of(&mut tx, &holders).await?;
    audit::record(&mut tx, a, changed).await?;
    tx.commit().await
}

/// Deletes a role that nobody holds and nothing gives.
pub async fn delete(s: &Services, a: &Actor, id: RoleId) -> Result<()> {
    a.require(Permission::ManageRoles)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let before = locked(&mut tx, a, id).await?;
    let deleted = Event::new(Act::RoleDeleted, id, &before.name).before(&Facts::of(&before))?;
    may_give(a, &MemberRole::Custom(before))?;
    let held = "members hold this role; give them another one first";
    let offered = "an open invitation gives this role; revoke it first";
    let mapped = "single sign-on gives this role; let it give another one first";
    store::delete(&mut tx, a.tenant(), id)
        .await
        .refuse_on("memberships_role_fkey", || Refusal::conflict(held))
        .refuse_on("invitations_role_fkey", || Refusal::conflict(offered))
        .refuse_on("tenant_sso_role_fkey", || Refusal::conflict(mapped))
        .refuse_on("sso_group_roles_role_fkey", || Refusal::conflict(mapped))?;
    audit::record(&mut tx, a, deleted).await?;
    tx.commit().await
}

/// Refuses to give, change or take away a role that holds more than the caller does.
pub(crate) fn may_give(a: &Actor, role: &MemberRole) -> Result<()> {
    for permission in role.permissions() {
        a.require(permission)?;
    }
    Ok(())
}

/// Refuses to issue a key that may do more than the caller.
pub(crate) fn may_issue(a: &Actor, scopes: &[String]) -> Result<()> {
    let opened = |permission: &&Permission| decide(Holder::Key(scopes), **permission).allowed;
    for permission in Permission::ALL.iter().filter(opened) {
        a.require(*permission)?;
    }
    Ok(())
}

/// What of these scopes a role allows: writing where everything that it opens is allowed, reading instead where only
/// that is.
pub(crate) fn narrowed(role: &MemberRole, scopes: &[String]) -> Vec<String> {
    let allowed = |scope: &String| {
        let scopes = std::slice::from_ref(scope);
        let opened = |permission: &&Permission| decide(Holder::Key(scopes), **permission).allowed;
        let mut opened = Permission::ALL.iter().filter(opened);
        opened.all(|permission| role.allows(*permission))
    };
    let mut kept: Vec<String> = scopes
        .iter()
        .filter_map(|scope| {
            if allowed(scope) {
                return Some(scope.clone());
            }
            let toolkit = scope.strip_suffix(":write")?;
            Some(format!("{toolkit}:read")).filter(allowed)
        })
        .collect();
    kept.sort();
    kept.dedup();
    kept
}

/// The role that a form names, held in place until the transaction ends.
pub(crate) async fn chosen(
    db: &mut PgConnection,
    tenant: TenantId,
    choice: RoleChoice,
) -> Result<MemberRole> {
    match choice {
        RoleChoice::BuiltIn(role) => Ok(role.into()),
        RoleChoice::Custom(id) => {
            let found = store::find(db, tenant, id).await?;
            Ok(MemberRole::Custom(found.ok_or_else(|| {
                Refusal::invalid("role", "choose a role of this tenant")
            })?))
        }
    }
}

/// The roles that somebody may be given who is not to own the tenant: the built-in ones, and the tenant's own by name.
pub(crate) async fn below_owner(
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<Vec<MemberRole>> {
    let built_in = Role::ALL.into_iter().map(MemberRole::from);
    let own = store::list(db, tenant).await?.into_iter();
    let own = own.map(|view| MemberRole::Custom(view.role));
    Ok(built_in
        .filter(|role| !role.is_owner())
        .chain(own)
        .collect())
}

/// A role as rows have it: a word, and what a role of the tenant's own is. A word that is none is
/// our fault; a permission that this build does not know holds nothing.
pub(crate) fn held(
    word: &str,
    id: Option<RoleId>,
    name: Option<String>,
    permissions: Option<Vec<String>>,
) -> Result<MemberRole> {
    if let Some(role) = Role::parse(word) {
        return Ok(role.into());
    }
    let (Some(id), Some(name), Some(permissions)) = (id, name, permissions) else {
        return Err(anyhow::anyhow!("unknown role {word} in the database").into());
    };
    Ok(MemberRole::Custom(custom(id, name, &permissions)))
}

fn custom(id: RoleId, name: String, permissions: &[String]) -> CustomRole {
    let known = permissions
        .iter()
        .filter_map(|word| Permission::parse(word));
    CustomRole {
        id,
        name,
        permissions: known.collect(),
    }
}

/// A role as the audit log shows it.
#[derive(Serialize)]
struct Facts<'a> {
    name: &'a str,
    permissions: Vec<&'static str>,
}

impl audit::Facts for Facts<'_> {}

impl<'a> Facts<'a> {
    fn of(role: &'a CustomRole) -> Self {
        Self {
            name: &role.name,
            permissions: role.permissions.iter().map(|one| one.as_str()).collect(),
        }
    }
}

fn checked(
    a: &Actor,
    id: RoleId,
    name: &RoleName,
    permissions: Vec<Permission>,
) -> Result<CustomRole> {
    if !is_free(name) {
        return Err(Refusal::taken("name").into());
    }
    permissions
        .iter()
        .try_for_each(|permission| a.require(*permission))?;
    Ok(CustomRole {
        id,
        name: name.as_str().into(),
        permissions,
    })
}

async fn locked(db: &mut PgConnection, a: &Actor, id: RoleId) -> Result<CustomRole> {
    Ok(store::lock(db, a.tenant(), id)
        .await?
        .ok_or(Refusal::NotFound)?)
}

fn taken<T>(done: Result<T>) -> Result<T> {
    done.refuse_on("role_name_per_tenant", || Refusal::taken("name"))
}
