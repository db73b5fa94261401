//! How members change and go: another role, removal, leaving, handing the tenant over. The rows
//! that decide (the member's and the owners') are locked first, so that a tenant is never left
//! without an owner, however many act at once.

use super::{Member, store};
use crate::{
    Actor, Result, Services, TenantTx, api_keys,
    audit::{self, Event},
    connections, invitations, oauth_server, roles, sessions,
};
use api_types::{
    MemberRole, Permission, Refusal, Role, TenantId, UserId, audit::Act, members::RoleChoice,
};
use serde::Serialize;
use sqlx::PgConnection;

/// Gives a member another role, from their next request on.
pub async fn change_role(s: &Services, a: &Actor, user: UserId, choice: RoleChoice) -> Result<()> {
    a.require(Permission::ManageMembers)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let role = roles::chosen(&mut tx, a.tenant(), choice).await?;
    let member = Locked::of(&mut tx, a, user).await?;
    roles::may_give(a, &member.role)?;
    roles::may_give(a, &role)?;
    if !role.is_owner() {
        member.may_stop_owning()?;
    }
    set_role(&mut tx, a.tenant(), user, &role).await?;
    let changed = Event::new(Act::MemberRoleChanged, user, &member.name)
        .before(&Held::of(&member.role))?
        .after(&Held::of(&role))?;
    audit::record(&mut tx, a, changed).await?;
    tx.commit().await
}

/// Removes a member: the tenant is gone for their sessions with the next request, and their keys
/// are refused within a second on every server.
pub async fn remove(s: &Services, a: &Actor, user: UserId) -> Result<()> {
    a.require(Permission::ManageMembers)?;
    if a.user() == Some(user) {
        return Err(Refusal::conflict("this is you: leave the tenant instead").into());
    }
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let member = Locked::of(&mut tx, a, user).await?;
    roles::may_give(a, &member.role)?;
    end(tx, a, &member, Act::MemberRemoved).await
}

/// Leaves the tenant. Whoever belongs to it may, but the last owner.
pub async fn leave(s: &Services, a: &Actor) -> Result<()> {
    let user = a.user().ok_or(Refusal::NotFound)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let member = Locked::of(&mut tx, a, user).await?;
    end(tx, a, &member, Act::MemberLeft).await
}

/// Makes another member the owner; the one who hands it over stays as an admin.
pub async fn transfer(s: &Services, a: &Actor, to: UserId) -> Result<()> {
    a.require(Permission::TransferTenant)?;
    let from = a.user().filter(|from| *from != to);
    let from = from.ok_or_else(|| Refusal::conflict("you own this tenant already"))?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let member = Locked::of(&mut tx, a, to).await?;
    // Whoever has stopped owning meanwhile has nothing to hand over.
    if !member.owners.contains(&from) {
        return Err(a.decide(Permission::TransferTenant).refusal().into());
    }
    if store::is_service_account(&mut tx, to).await? {
        return Err(Refusal::conflict("a service account cannot own a tenant").into());
    }
    set_role(&mut tx, a.tenant(), to, &Role::Owner.into()).await?;
    set_role(&mut tx, a.tenant(), from, &Role::Admin.into()).await?;
    let transferred = Event::new(Act::TenantTransferred, a.tenant(), a.slug())
        .before(&Ownership { owner: from })?
        .after(&Ownership { owner: to })?;
    audit::record(&mut tx, a, transferred).await?;
    tx.commit().await
}

/// Writes a role down. The member's sessions get new ids: an old one is not to gain what the role holds.
pub(crate) async fn set_role(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
    role: &MemberRole,
) -> Result<()> {
    store::set_role(db, tenant, user, role).await?;
    sessions::renew_sessions_of(db, &[user]).await
}

async fn end(mut tx: TenantTx, a: &Actor, member: &Locked, act: Act) -> Result<()> {
    member.may_stop_owning()?;
    let tenant = a.tenant();
    store::remove(&mut tx, tenant, member.user).await?;
    sessions::renew_sessions_of(&mut tx, &[member.user]).await?;
    invitations::revoke_of(&mut tx, tenant, member.user).await?;
    let keys = api_keys::revoke_of_member(&mut tx, tenant, member.user).await?;
    let grants = oauth_server::end_of_member(&mut tx, tenant, member.user).await?;
    let connections = connections::end_of_member(&mut tx, tenant, member.user).await?;
    let ended = Event::new(act, member.user, &member.name)
        .before(&Held::of(&member.role))?
        .after(&Gone {
            revoked_keys: keys,
            ended_grants: grants,
            ended_connections: connections,
        })?;
    audit::record(&mut tx, a, ended).await?;
    tx.commit().await
}

/// A member and the tenant's owners, held as they are until the transaction ends.
struct Locked {
    user: UserId,
    name: String,
    role: MemberRole,
    owners: Vec<UserId>,
}

impl Locked {
    async fn of(tx: &mut TenantTx, a: &Actor, user: UserId) -> Result<Self> {
        let rows = store::lock_with_owners(tx, a.tenant(), user).await?;
        let owners = rows.iter().filter(|member| member.role.is_owner());
        let owners = owners.map(|member| member.user).collect();
        let found = rows.into_iter().find(|member| member.user == user);
        let Member { user, name, role } = found.ok_or(Refusal::NotFound)?;
        Ok(Self {
            user,
            name,
            role,
            owners,
        })
    }

    /// Refuses to leave the tenant without an owner.
    fn may_stop_owning(&self) -> std::result::Result<(), Refusal> {
        if self.owners == [self.user] {
            let message = "the last owner cannot go: hand the tenant to another member first";
            return Err(Refusal::conflict(message));
        }
        Ok(())
    }
}

/// What a member holds, as the audit log shows it.
#[derive(Serialize)]
struct Held {
    role: String,
}

impl audit::Facts for Held {}

impl Held {
    fn of(role: &MemberRole) -> Self {
        Self {
            role: role.name().into(),
        }
    }
}

#[derive(Serialize)]
struct Gone {
    revoked_keys: i64,
    ended_grants: i64,
    ended_connections: i64,
}

impl audit::Facts for Gone {}

#[derive(Serialize)]
struct Ownership {
    owner: UserId,
}

impl audit::Facts for Ownership {}
