//! Whom an enforced provider keeps out: people of the tenant's domains whose session did not come by it.

use super::store;
use crate::Result;
use api_types::{Refusal, TenantId, UserId};
use sqlx::PgConnection;

/// Refuses a member who has to come by the tenant's provider and has not. Guests, whose address is of another domain,
/// and the owner who stays able to sign in by password are let in.
pub(crate) async fn require_where_enforced(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
    came_by: Option<TenantId>,
) -> Result<()> {
    if came_by != Some(tenant) && store::is_wanted(db, tenant, user).await? {
        return Err(Refusal::SsoNeeded.into());
    }
    Ok(())
}
