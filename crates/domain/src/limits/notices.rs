//! Telling people that a quota is nearly, or all, used: once a month each, by mail and in the audit log, and so by
//! webhooks.

use super::{rules::rules, store};
use crate::{
    Actor, Result, Services, TenantTx,
    audit::{self, Event},
    mail::{self, templates},
    members,
};
use anyhow::Context as _;
use api_types::{Permission, TenantId, audit::Act, input::Email};
use serde::Serialize;
use sqlx::Connection as _;

/// One server at a time looks; the number is this job's name among advisory locks.
const LOCK: i64 = 0x6275_6c6b_7175_6f74;

/// People are told at so many per cent.
const TOLD_AT: [i32; 2] = [80, 100];

/// The job in the audit log.
const JOB: &str = "quotas";

/// Where letters to service accounts would go: nowhere (RFC 2606).
const NOWHERE: &str = ".invalid";

/// Looks at the quotas of tenants that were called lately. Answers how many were told something.
pub async fn tell_of_quotas(s: &Services) -> Result<usize> {
    let mut connection = s.db.system().await?;
    let mut lock = connection.begin().await.context("looking at quotas")?;
    if !crate::db::take_lock(&mut lock, LOCK).await? {
        return Ok(0);
    }
    let mut told = 0;
    for tenant in store::called_lately(&mut lock).await? {
        told += usize::from(look(s, tenant).await?);
    }
    lock.commit().await.context("having looked at quotas")?;
    Ok(told)
}

async fn look(s: &Services, tenant: TenantId) -> Result<bool> {
    let rules = rules(s, tenant).await?;
    let Some(limit) = rules.watched() else {
        return Ok(false);
    };
    let from = rules.entitlements.period_from;
    let mut tx = s.db.tenant_tx(tenant).await?;
    let used = store::used(&mut tx, tenant, None, from).await?;
    let mut reached = None;
    for percent in TOLD_AT {
        let is_reached = i128::from(used) * 100 >= i128::from(limit) * i128::from(percent);
        if is_reached && store::note(&mut tx, tenant, from, percent).await? {
            reached = Some(percent);
        }
    }
    let Some(percent) = reached else {
        return Ok(false);
    };
    let is_hard = rules.ceiling().is_some_and(|(units, _)| units <= limit);
    let facts = Reached {
        percent,
        used,
        limit,
        is_hard,
    };
    tell(s, &mut tx, tenant, &facts).await?;
    tx.commit().await?;
    Ok(true)
}

/// A quota of which much is used, as the audit log and webhooks show it.
#[derive(Serialize)]
struct Reached {
    percent: i32,
    used: i64,
    limit: i64,
    /// Whether calls are refused when it is used up.
    is_hard: bool,
}

impl audit::Facts for Reached {}

async fn tell(s: &Services, tx: &mut TenantTx, tenant: TenantId, facts: &Reached) -> Result<()> {
    let slug = crate::tenants::slug_of(tx, tenant).await?;
    let page = format!("{}/t/{slug}/limits", s.public_url);
    for member in members::all(tx, tenant).await? {
        let can_mend = member.role.allows(Permission::ManageBilling);
        if can_mend && !member.email.ends_with(NOWHERE) {
            let to = Email::parse(&member.email)?;
            let Reached {
                percent,
                used,
                limit,
                is_hard,
            } = *facts;
            let letter =
                templates::quota_reached(&to, &slug, percent, (used, limit), is_hard, &page);
            mail::enqueue(s, tx, &letter).await?;
        }
    }
    let reached = Event::new(Act::QuotaReached, tenant, &slug).after(facts)?;
    audit::record(tx, &Actor::system(tenant, JOB), reached).await
}
