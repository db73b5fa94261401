//! A tenant's word that the operator may look at it: for a while, with a reason, taken back at any time.

use super::{blocking::reason, store};
use crate::{
    Actor, Result, Services,
    audit::{self, Event},
};
use api_types::{
    Permission, Refusal,
    audit::Act,
    operator::{SupportLength, SupportView},
};
use serde::Serialize;
use uuid::Uuid;

/// A consent as the audit log shows it.
#[derive(Serialize)]
struct Consent<'a> {
    reason: &'a str,
    hours: i32,
}

impl audit::Facts for Consent<'_> {}

/// Lets the operator look at the tenant. What was allowed before ends with it.
pub async fn allow(s: &Services, a: &Actor, length: SupportLength, typed: &str) -> Result<()> {
    a.require(Permission::AllowSupport)?;
    let user = a.user().ok_or(Refusal::NotFound)?;
    let reason = reason(typed)?;
    let (id, hours) = (Uuid::now_v7(), length.hours());
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    store::support::end(&mut tx, a.tenant()).await?;
    store::support::insert(&mut tx, a.tenant(), id, user, &reason, hours).await?;
    let consent = Consent {
        reason: &reason,
        hours,
    };
    let allowed = Event::new(Act::SupportAllowed, a.tenant(), a.slug()).after(&consent)?;
    audit::record(&mut tx, a, allowed).await?;
    tx.commit().await
}

/// Takes it back: whoever looks is out with their next request.
pub async fn end(s: &Services, a: &Actor) -> Result<()> {
    a.require(Permission::ManageSecurity)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    if !store::support::end(&mut tx, a.tenant()).await? {
        return Err(Refusal::conflict("the operator cannot look at this tenant").into());
    }
    let ended = Event::new(Act::SupportEnded, a.tenant(), a.slug());
    audit::record(&mut tx, a, ended).await?;
    tx.commit().await
}

/// What is allowed now.
pub async fn current(s: &Services, a: &Actor) -> Result<Option<SupportView>> {
    a.require(Permission::ViewTenant)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let current = store::support::current(&mut tx, a.tenant()).await?;
    tx.commit().await?;
    Ok(current)
}
