//! Suspending a tenant over its people's heads. Its own suspension is another thing, and lifts nothing here.

use super::{Operator, log, store};
use crate::{
    Result, Services, TenantTx,
    audit::{self, Event},
    mail::{self, templates},
    members, tenants,
};
use api_types::{
    Refusal, TenantId,
    audit::Act,
    input::{self, Email},
    operator::OperatorAct,
};
use serde::Serialize;

/// A reason has at most so many characters.
const LONGEST_REASON: usize = 500;

/// Why, as the audit log says.
#[derive(Serialize)]
struct Why<'a> {
    reason: &'a str,
}

impl audit::Facts for Why<'_> {}

/// A reason that was typed; there must be one.
pub(super) fn reason(typed: &str) -> Result<String, Refusal> {
    let reason = input::text("reason", typed, LONGEST_REASON)?;
    if reason.is_empty() {
        return Err(Refusal::invalid("reason", "please say why"));
    }
    Ok(reason)
}

/// Closes a tenant's endpoint until an operator opens it again. Its people read the reason, its owners get a letter.
pub async fn block(s: &Services, o: &Operator, tenant: TenantId, typed: &str) -> Result<()> {
    let reason = reason(typed)?;
    let (mut tx, named) = open(s, tenant).await?;
    if !tenants::set_blocked(&mut tx, tenant, Some(&reason)).await? {
        return Err(Refusal::conflict("this tenant is suspended by the operator already").into());
    }
    let (name, page) = (&named.name, page(s, &named.slug));
    write(s, &mut tx, tenant, |to| {
        templates::tenant_blocked(to, name, &reason, &page)
    })
    .await?;
    log::add(
        &mut tx,
        o,
        OperatorAct::Suspend,
        tenant,
        name,
        Some(&reason),
    )
    .await?;
    let why = Why { reason: &reason };
    let blocked = Event::new(Act::TenantBlocked, tenant, &named.slug).after(&why)?;
    audit::record(&mut tx, &o.actor(tenant, named.slug.clone()), blocked).await?;
    tx.commit().await
}

/// Takes that back. What the tenant's own people closed stays closed.
pub async fn unblock(s: &Services, o: &Operator, tenant: TenantId) -> Result<()> {
    let (mut tx, named) = open(s, tenant).await?;
    if !tenants::set_blocked(&mut tx, tenant, None).await? {
        return Err(Refusal::conflict("this tenant is not suspended by the operator").into());
    }
    let (name, page) = (&named.name, page(s, &named.slug));
    write(s, &mut tx, tenant, |to| {
        templates::tenant_unblocked(to, name, &page)
    })
    .await?;
    log::add(&mut tx, o, OperatorAct::Resume, tenant, name, None).await?;
    let unblocked = Event::new(Act::TenantUnblocked, tenant, &named.slug);
    audit::record(&mut tx, &o.actor(tenant, named.slug.clone()), unblocked).await?;
    tx.commit().await
}

/// A transaction of a tenant, and what that is called.
pub(super) async fn open(s: &Services, tenant: TenantId) -> Result<(TenantTx, store::Named)> {
    let mut tx = s.db.tenant_tx(tenant).await?;
    let named = store::named(&mut tx, tenant).await?;
    Ok((tx, named.ok_or(Refusal::NotFound)?))
}

fn page(s: &Services, slug: &str) -> String {
    format!("{}/t/{slug}", s.public_url)
}

/// Writes to every owner.
async fn write(
    s: &Services,
    tx: &mut TenantTx,
    tenant: TenantId,
    letter: impl Fn(&Email) -> mail::Mail,
) -> Result<()> {
    for member in members::all(tx, tenant).await? {
        if member.role.is_owner() {
            mail::enqueue(s, tx, &letter(&Email::parse(&member.email)?)).await?;
        }
    }
    Ok(())
}
