//! Who belongs to a tenant, and which caller a signed-in person is there.

mod store;

use crate::{Actor, Result, Services, actor::Who, second_factor};
use api_types::{
    Permission, Refusal, Role, TenantId, UserId,
    users::{MemberView, Membership},
};
pub(crate) use store::{insert, of};

/// The caller that a person is in the tenant with this slug. An unknown slug and a tenant that
/// is not theirs look alike.
pub async fn actor(s: &Services, user: UserId, slug: &str) -> Result<Actor> {
    let mut db = s.db.global().await?;
    let found = store::find(&mut db, user, slug).await?;
    let (tenant, role) = found.ok_or(Refusal::NotFound)?;
    second_factor::require_where_wanted(&mut db, tenant, user).await?;
    Ok(Actor::new(tenant, slug.into(), Who::Member { user, role }))
}

/// The tenant's members by name.
pub async fn list(s: &Services, a: &Actor) -> Result<Vec<MemberView>> {
    a.require(Permission::ViewTenant)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let members = store::list(&mut tx, a.tenant()).await?;
    tx.commit().await?;
    Ok(members)
}

/// Reads a role from a row; a word that is none is our fault.
fn role(word: &str) -> Result<Role> {
    Ok(Role::parse(word).ok_or_else(|| anyhow::anyhow!("unknown role {word} in the database"))?)
}

/// A row of the look-up.
fn membership(slug: String, name: String, word: &str) -> Result<Membership> {
    Ok(Membership {
        slug,
        name,
        role: role(word)?,
    })
}

/// The pair that makes an actor.
fn pair(tenant: TenantId, word: &str) -> Result<(TenantId, Role)> {
    Ok((tenant, role(word)?))
}
