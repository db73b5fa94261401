//! Looking at verified domains again: whoever has sold one must not speak for its new holder's people.

use super::{dns, domains, store};
use crate::{
    Actor, Result, Services, TenantTx,
    audit::{self, Event},
    mail::{self, templates},
    members,
};
use anyhow::Context as _;
use api_types::{TenantId, audit::Act, input::Email};
use sqlx::Connection as _;

/// One server at a time looks; the number is this job's name among advisory locks.
const LOCK: i64 = 0x6275_6c6b_646f_6d6e;

/// The job in the audit log.
const JOB: &str = "domain check";

/// A domain whose record is not there on so many days is no longer the tenant's.
const DAYS: i32 = 3;

/// So many domains in one run of a worker.
const AT_MOST: usize = 50;

/// Looks for the records of domains that nobody has looked at for a day. Answers how many; none, when another server is
/// at it.
pub async fn recheck(s: &Services) -> Result<usize> {
    for looked in 0..AT_MOST {
        if !next(s).await? {
            return Ok(looked);
        }
    }
    Ok(AT_MOST)
}

/// Looks at the domain that has waited longest, if one is due. What is found is written as the tenant's own, in a
/// transaction of its own; this one holds the lock and nothing else.
async fn next(s: &Services) -> Result<bool> {
    let mut connection = s.db.system().await?;
    let mut tx = connection
        .begin()
        .await
        .context("beginning to look at domains")?;
    if !crate::db::take_lock(&mut tx, LOCK).await? {
        return Ok(false);
    }
    let Some(due) = store::due(&mut tx).await? else {
        return Ok(false);
    };
    look(s, &due).await?;
    tx.commit().await.context("having looked at a domain")?;
    Ok(true)
}

async fn look(s: &Services, due: &store::Due) -> Result<()> {
    let there = dns::says(s, &due.domain, &domains::record(&due.token)).await?;
    let mut tx = s.db.tenant_tx(due.tenant).await?;
    let missing = store::set_looked(&mut tx, due, there).await?;
    if missing.is_some_and(|days| days >= DAYS) {
        lose(s, &mut tx, due.tenant, &due.domain).await?;
    }
    tx.commit().await
}

/// From here on the tenant's provider does not speak for the domain, and does not keep its people out.
async fn lose(s: &Services, tx: &mut TenantTx, tenant: TenantId, domain: &str) -> Result<()> {
    store::set_lost(tx, tenant, domain).await?;
    let page = format!(
        "{}/t/{}/sso",
        s.public_url,
        crate::tenants::slug_of(tx, tenant).await?
    );
    for owner in members::all(tx, tenant).await? {
        if owner.role.is_owner() {
            let letter = templates::domain_lost(&Email::parse(&owner.email)?, domain, &page);
            mail::enqueue(s, tx, &letter).await?;
        }
    }
    let lost = Event::new(Act::SsoDomainLost, tenant, domain);
    audit::record(tx, &Actor::system(tenant, JOB), lost).await
}
