//! Who belongs to a tenant, and which caller a signed-in person is there.

mod store;

use crate::{Actor, Result, Services, actor::Who};
use api_types::{Permission, Refusal, UserId, users::MemberView};
pub(crate) use store::{all, insert, of};

/// The caller that a person is in the tenant with this slug. An unknown slug and a tenant that
/// is not theirs look alike.
pub async fn actor(s: &Services, user: UserId, slug: &str) -> Result<Actor> {
    let mut db = s.db.global().await?;
    let found = store::find(&mut db, user, slug).await?;
    let (tenant, role) = found.ok_or(Refusal::NotFound)?;
    Ok(Actor::new(tenant, slug.into(), Who::Member { user, role }))
}

/// The tenant's members by name.
pub async fn list(s: &Services, a: &Actor) -> Result<Vec<MemberView>> {
    a.require(Permission::ViewMembers)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let members = store::all(&mut tx, a.tenant()).await?;
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
