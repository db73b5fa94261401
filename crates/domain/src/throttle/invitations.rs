//! How many invitations are sent: a tenant is no way of writing to strangers, nor of filling somebody's inbox. Counted in
//! the transaction that sends, so that only what is sent counts.

use super::{DAY_SECONDS, count_one};
use crate::Result;
use api_types::TenantId;
use sqlx::PgConnection;

/// Letters of one tenant in a day.
const PER_TENANT: i32 = 100;

/// Letters of one tenant to one address in a day, whatever becomes of the invitation.
const PER_ADDRESS: i32 = 5;

/// Letters of all tenants to one address in a day.
const TO_ADDRESS: i32 = 20;

/// How soon one is sent again.
const AGAIN_SECONDS: i64 = 60;

/// Counts a letter, and refuses when there were too many.
pub(crate) async fn count_invitation(
    db: &mut PgConnection,
    tenant: TenantId,
    email: &str,
) -> Result<()> {
    let own = vault::digest("bulkhead/invitation/tenant/v1", tenant.0.as_bytes());
    let to = vault::digest("bulkhead/invitation/to/v1", email.as_bytes());
    let pair = vault::digest("bulkhead/invitation/pair/v1", &pair(tenant, email));
    // What tenants have in common comes last: they wait for one another from there on.
    for (subject, most) in [(own, PER_TENANT), (pair, PER_ADDRESS), (to, TO_ADDRESS)] {
        count_one(db, &subject, most, DAY_SECONDS).await?;
    }
    Ok(())
}

/// Counts one that is sent again, besides.
pub(crate) async fn count_invitation_again(
    db: &mut PgConnection,
    tenant: TenantId,
    email: &str,
) -> Result<()> {
    let again = vault::digest("bulkhead/invitation/again/v1", &pair(tenant, email));
    count_one(db, &again, 1, AGAIN_SECONDS).await
}

fn pair(tenant: TenantId, email: &str) -> Vec<u8> {
    [tenant.0.as_bytes(), email.as_bytes()].concat()
}
