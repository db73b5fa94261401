//! Who belongs to a tenant, and which caller a signed-in person is there. How people come in is in
//! [`crate::invitations`], how they change and go in [`change`].

mod change;
mod service_accounts;
mod store;

use crate::{Actor, Result, Services, actor::Who, operator, second_factor, sessions, sso};
use api_types::{
    MemberRole, Permission, Refusal, TenantId, UserId, members::MemberRow, users::MemberView,
};
pub(crate) use change::set_role;
pub use change::{change_role, leave, remove, transfer};
pub use service_accounts::create as create_service_account;
use sqlx::PgConnection;
pub(crate) use store::{all, insert, of, stored};

/// Somebody who is signed in, and how they came.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn {
    /// The person.
    pub user: UserId,
    /// The tenant whose provider they came by.
    pub came_by: Option<TenantId>,
    /// The tenant that they look at as an operator. [`operator::visitor`] asks whether they still may.
    pub visits: Option<TenantId>,
}

impl From<UserId> for SignedIn {
    /// Somebody who came by no tenant's provider.
    fn from(user: UserId) -> Self {
        Self {
            user,
            came_by: None,
            visits: None,
        }
    }
}

/// The caller that a person is in the tenant with this slug. An unknown slug and a tenant that
/// is not theirs look alike, and so does one that they have left. An operator may look at one that lets them.
pub async fn actor(s: &Services, who: impl Into<SignedIn>, slug: &str) -> Result<Actor> {
    let who = who.into();
    let user = who.user;
    let mut db = s.db.global().await?;
    let found = store::find(&mut db, user, slug).await?;
    let Some((tenant, role, noted)) = found else {
        drop(db);
        // Seldom, and large: the futures of all others need not have room for it.
        return Box::pin(operator::visitor(s, who, slug)).await;
    };
    require_entry(&mut db, tenant, who).await?;
    drop(db);
    if !noted {
        let mut tx = s.db.tenant_tx(tenant).await?;
        store::note_activity(&mut tx, tenant, user).await?;
        tx.commit().await?;
    }
    Ok(Actor::new(tenant, slug.into(), Who::Member { user, role }))
}

/// Refuses a member who did not come in as the tenant wants: by its provider, with a second factor. Whoever establishes
/// a member asks for it.
pub(crate) async fn require_entry(
    db: &mut PgConnection,
    tenant: TenantId,
    who: SignedIn,
) -> Result<()> {
    sso::require_where_enforced(db, tenant, who.user, who.came_by).await?;
    second_factor::require_where_wanted(db, tenant, who.user).await
}

/// The tenant's members by name, service accounts last.
pub async fn list(s: &Services, a: &Actor) -> Result<Vec<MemberRow>> {
    a.require(Permission::ViewMembers)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let members = store::list(&mut tx, a.tenant()).await?;
    tx.commit().await?;
    Ok(members)
}

/// The members' names, for whoever may do that.
pub async fn names(s: &Services, a: &Actor, needed: Permission) -> Result<Vec<String>> {
    a.require(needed)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let members = store::all(&mut tx, a.tenant()).await?;
    tx.commit().await?;
    Ok(members.into_iter().map(|member| member.name).collect())
}

/// The members whom a client can be given to, by name.
pub async fn owners(s: &Services, a: &Actor) -> Result<Vec<MemberView>> {
    a.require(Permission::ViewClients)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let members = store::all(&mut tx, a.tenant()).await?;
    tx.commit().await?;
    Ok(members)
}

/// Makes sure that somebody is a member, and stays one until the transaction ends.
pub(crate) async fn hold(db: &mut PgConnection, tenant: TenantId, user: UserId) -> Result<()> {
    if store::hold(db, tenant, user).await? {
        Ok(())
    } else {
        Err(Refusal::invalid("owner", "choose a member of this tenant").into())
    }
}

/// Lets somebody in, again if they have left. False if they belong to the tenant already. Their sessions get new ids.
pub(crate) async fn join(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
    role: &MemberRole,
) -> Result<bool> {
    sessions::renew_sessions_of(db, &[user]).await?;
    store::join(db, tenant, user, role).await
}

/// A member, held until the transaction ends.
pub(crate) async fn locked(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
) -> Result<Option<Member>> {
    let rows = store::lock_with_owners(db, tenant, user).await?;
    Ok(rows.into_iter().find(|member| member.user == user))
}

/// A member as they are before a change.
pub(crate) struct Member {
    pub user: UserId,
    pub name: String,
    pub role: MemberRole,
}
