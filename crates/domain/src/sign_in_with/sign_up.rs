//! Creating somebody whom a provider knows and we do not: with a tenant of their own, or for one that has invited them.

use super::store;
use crate::{Origin, RefuseOn as _, Result, Services, invitations, users};
use api_types::{
    Refusal, TenantId, UserId,
    input::{Email, PersonName, TenantName, TenantSlug},
    sign_in_with::{Failure, Invited, Newcomer},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// What becomes of a newcomer beside their account.
#[derive(Debug)]
pub enum Beginning {
    /// The owner of a first tenant.
    Tenant(TenantName),
    /// A member of the tenant whose invitation has this link.
    Invitation(String),
    /// Nothing yet: the link of an invitation is in their mail.
    Nothing,
}

/// Whether a newcomer, who has come by the link with this token if by any, needs no tenant of their own.
pub async fn invited(s: &Services, newcomer: &Newcomer, token: Option<&str>) -> Result<Invited> {
    if let Some(token) = token {
        match invitations::offer(s, None, token).await {
            Ok(offer) if offer.email == newcomer.email => return Ok(Invited::Here(offer)),
            // Somebody else's, or over: as if they had come without it.
            Ok(_) | Err(crate::Error::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let waits = invitations::is_waiting(&mut *s.db.global().await?, &newcomer.email).await?;
    Ok(if waits {
        Invited::ByLetter
    } else {
        Invited::No
    })
}

/// Creates a newcomer and what they begin with, or nothing of it. They have no password, and their address is confirmed
/// by whom they came with. That alone takes up no invitation: its link proves that they read what is sent there now.
/// Answers the person and the slug of their tenant.
pub async fn sign_up(
    s: &Services,
    origin: Origin,
    newcomer: &Newcomer,
    name: PersonName,
    beginning: Beginning,
) -> Result<(UserId, Option<String>)> {
    let user = UserId(Uuid::now_v7());
    let slug = match beginning {
        Beginning::Tenant(wanted) => {
            Some(with_tenant(s, origin, newcomer, user, &name, &wanted).await?)
        }
        Beginning::Invitation(token) => {
            let mut presented = invitations::presented_to(s, &newcomer.email, &token).await?;
            insert(&mut presented.tx, newcomer, user, &name).await?;
            Some(invitations::join(s, presented, user, origin).await?)
        }
        Beginning::Nothing => {
            let mut tx = s.db.person_tx().await?;
            insert(&mut tx, newcomer, user, &name).await?;
            tx.commit().await?;
            None
        }
    };
    Ok((user, slug))
}

async fn with_tenant(
    s: &Services,
    origin: Origin,
    newcomer: &Newcomer,
    user: UserId,
    name: &PersonName,
    tenant_name: &TenantName,
) -> Result<String> {
    let tenant = TenantId(Uuid::now_v7());
    let mut tx = s.db.tenant_tx(tenant).await?;
    insert(&mut tx, newcomer, user, name).await?;
    let wanted = TenantSlug::suggest(tenant_name.as_str());
    users::first_tenant(tx, tenant, user, origin, tenant_name, &wanted).await
}

async fn insert(
    db: &mut PgConnection,
    newcomer: &Newcomer,
    user: UserId,
    name: &PersonName,
) -> Result<()> {
    let email = Email::parse(&newcomer.email)?;
    users::insert_proved(db, user, &email, name).await?;
    store::insert_identity(db, user, newcomer)
        .await
        .refuse_on("identities_pkey", || {
            Refusal::conflict(Failure::LinkedElsewhere.message())
        })
}
