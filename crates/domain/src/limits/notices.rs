//! Telling people that a quota is nearly, or all, used, a tenant's or that of one of its keys: once a month each, by mail
//! and in the audit log, and so by webhooks.

use super::{
    rules::{Rules, rules},
    store::{self, Counter, KeyUse},
};
use crate::{
    Actor, Result, Services, TenantTx,
    audit::{self, Event},
    mail::{self, Mail, templates},
    members,
};
use anyhow::Context as _;
use api_types::{Permission, TenantId, audit::Act, input::Email};
use serde::Serialize;
use sqlx::{Connection as _, PgConnection};

/// One server at a time looks; the number is this job's name among advisory locks.
const LOCK: i64 = 0x6275_6c6b_7175_6f74;

/// People are told at so many per cent.
const TOLD_AT: [i32; 2] = [80, 100];

/// The job in the audit log.
const JOB: &str = "quotas";

/// Where letters to service accounts would go: nowhere (RFC 2606).
const NOWHERE: &str = ".invalid";

/// Looks at the quotas of tenants that were called lately, and at those of their keys. Answers of how many quotas people
/// were told.
pub async fn tell_of_quotas(s: &Services) -> Result<usize> {
    let mut connection = s.db.system().await?;
    let mut lock = connection.begin().await.context("looking at quotas")?;
    if !crate::db::take_lock(&mut lock, LOCK).await? {
        return Ok(0);
    }
    let mut told = 0;
    for tenant in store::called_lately(&mut lock).await? {
        let rules = rules(s, tenant).await?;
        told += usize::from(look(s, tenant, &rules).await?);
        told += look_at_keys(s, tenant, &rules).await?;
    }
    lock.commit().await.context("having looked at quotas")?;
    Ok(told)
}

/// Looks at the quota of a tenant as a whole.
async fn look(s: &Services, tenant: TenantId, rules: &Rules) -> Result<bool> {
    let Some(limit) = rules.watched() else {
        return Ok(false);
    };
    let quota = Counter {
        tenant,
        subject: tenant.0,
        period_from: rules.entitlements.period_from,
    };
    let mut tx = s.db.tenant_tx(tenant).await?;
    let used = store::used(&mut tx, tenant, None, quota.period_from).await?;
    let Some(percent) = newly_reached(&mut tx, quota, (used, limit)).await? else {
        return Ok(false);
    };
    let reached = Reached {
        display_prefix: None,
        percent,
        used,
        limit,
        is_hard: rules.ceiling().is_some_and(|(units, _)| units <= limit),
    };
    tell(s, &mut tx, tenant, None, &reached).await?;
    tx.commit().await?;
    Ok(true)
}

/// Looks at the quotas of a tenant's keys: at all of them with one statement, which costs nothing where no key has one.
async fn look_at_keys(s: &Services, tenant: TenantId, rules: &Rules) -> Result<usize> {
    if rules.own.keys.is_empty() {
        return Ok(0);
    }
    let from = rules.entitlements.period_from;
    let mut tx = s.db.tenant_tx(tenant).await?;
    let keys = store::keys_called_lately(&mut tx, tenant, from).await?;
    tx.commit().await?;
    let mut told = 0;
    for key in &keys {
        let quota = Counter {
            tenant,
            subject: key.id.0,
            period_from: from,
        };
        if reached((key.used, key.limit)).max() > Some(key.told) {
            told += usize::from(look_at_key(s, quota, key).await?);
        }
    }
    Ok(told)
}

/// Tells of one key, in a transaction of its own: the audit log is held for no longer than one act takes.
async fn look_at_key(s: &Services, quota: Counter, key: &KeyUse) -> Result<bool> {
    let mut tx = s.db.tenant_tx(quota.tenant).await?;
    let Some(percent) = newly_reached(&mut tx, quota, (key.used, key.limit)).await? else {
        return Ok(false);
    };
    let reached = Reached {
        display_prefix: Some(&key.display_prefix),
        percent,
        used: key.used,
        limit: key.limit,
        is_hard: true,
    };
    tell(s, &mut tx, quota.tenant, Some(key), &reached).await?;
    tx.commit().await?;
    Ok(true)
}

/// The percentages that are reached.
fn reached((used, limit): (i64, i64)) -> impl Iterator<Item = i32> {
    let is_reached =
        move |percent: &i32| i128::from(used) * 100 >= i128::from(limit) * i128::from(*percent);
    TOLD_AT.into_iter().filter(is_reached)
}

/// The highest percentage that is reached and was not told of. All that are reached are noted as told.
async fn newly_reached(
    db: &mut PgConnection,
    quota: Counter,
    use_of: (i64, i64),
) -> Result<Option<i32>> {
    let mut highest = None;
    for percent in reached(use_of) {
        if store::note(db, quota, percent).await? {
            highest = Some(percent);
        }
    }
    Ok(highest)
}

/// A quota of which much is used, as the audit log and webhooks show it.
#[derive(Serialize)]
struct Reached<'a> {
    /// The first characters of the key, where the quota is a key's: several may have one name.
    #[serde(skip_serializing_if = "Option::is_none")]
    display_prefix: Option<&'a str>,
    percent: i32,
    used: i64,
    limit: i64,
    /// Whether calls are refused when it is used up.
    is_hard: bool,
}

impl audit::Facts for Reached<'_> {}

/// Tells those who can mend it, and the audit log. `key`: whose quota it is, if not the tenant's.
async fn tell(
    s: &Services,
    tx: &mut TenantTx,
    tenant: TenantId,
    key: Option<&KeyUse>,
    reached: &Reached<'_>,
) -> Result<()> {
    let slug = crate::tenants::slug_of(tx, tenant).await?;
    let page = format!("{}/t/{slug}/limits", s.public_url);
    let mends = match key {
        None => Permission::ManageBilling,
        Some(_) => Permission::ManageKeys,
    };
    for member in members::all(tx, tenant).await? {
        if member.role.allows(mends) && !member.email.ends_with(NOWHERE) {
            let to = Email::parse(&member.email)?;
            let letter = letter(&to, &slug, key, reached, &page);
            mail::enqueue(s, tx, &letter).await?;
        }
    }
    let event = match key {
        None => Event::new(Act::QuotaReached, tenant, &slug),
        Some(key) => Event::new(Act::ApiKeyQuotaReached, key.id, &key.name),
    };
    audit::record(tx, &Actor::system(tenant, JOB), event.after(reached)?).await
}

fn letter(
    to: &Email,
    tenant: &str,
    key: Option<&KeyUse>,
    reached: &Reached<'_>,
    page: &str,
) -> Mail {
    let (percent, units) = (reached.percent, (reached.used, reached.limit));
    match key {
        None => templates::quota_reached(to, tenant, percent, units, reached.is_hard, page),
        Some(key) => {
            let named = (key.name.as_str(), key.display_prefix.as_str());
            templates::key_quota_reached(to, named, tenant, percent, units, page)
        }
    }
}
