//! What a tenant sets, and what the page shows.

use super::{
    rules::{Own, Rules},
    store,
};
use crate::{
    Actor, Result, Services, api_keys,
    audit::{self, Event},
    plans, usage,
};
use api_types::{
    ApiKeyId, CredentialId, Permission, Refusal,
    audit::Act,
    limits::{Ceiling, LimitsPage, OwnLimits},
};
use serde::Serialize;
use std::sync::Arc;
use time::OffsetDateTime;

/// The most that can be said of units and money.
const MOST: i64 = 1_000_000_000_000_000;

/// Longer than any month that is billed, in seconds.
const MONTH: i64 = 400 * 24 * 3600;

/// What the page shows.
pub async fn page(s: &Services, a: &Actor) -> Result<LimitsPage> {
    a.require(Permission::ViewUsage)?;
    let tenant = a.tenant();
    let mut tx = s.db.tenant_snapshot(tenant).await?;
    let entitlements = plans::in_tx(s, &mut tx, tenant).await?;
    let own = store::own(&mut tx, tenant).await?;
    let from = entitlements.period_from;
    let used = store::used(&mut tx, tenant, None, from).await?;
    let now = OffsetDateTime::now_utc();
    let by_key = usage::used(&mut tx, tenant, "key", (from, now), MONTH).await?;
    let by_key: Vec<_> = by_key
        .into_iter()
        .filter_map(|key| Some((key.value.parse().ok()?, key.units)))
        .collect();
    let keys = store::keys(&mut tx, tenant, &by_key).await?;
    let notices = store::notices(&mut tx, tenant, from).await?;
    tx.commit().await?;
    let rules = Rules {
        entitlements: Arc::new(entitlements),
        own,
    };
    let ceiling = rules.ceiling().map(|(units, why)| Ceiling {
        units,
        why: why.words().into(),
    });
    Ok(LimitsPage {
        now: (*rules.entitlements).clone(),
        used,
        ceiling,
        watched: rules.watched(),
        overage: rules.entitlements.plan.overage(used),
        loops: rules.loops(),
        keys: if a.may(Permission::ViewClients) {
            keys
        } else {
            Vec::new()
        },
        notices,
        may_change: a.decide(Permission::ManageBilling),
        may_limit_keys: a.decide(Permission::ManageKeys),
        own: OwnLimits {
            monthly_units: rules.own.monthly_units,
            is_hard: rules.own.is_hard,
            spend_cap: rules.own.spend_cap,
            loops: rules.own.loops,
        },
    })
}

/// Says what the tenant limits itself. A quota that was not kept before is counted from the rollups.
pub async fn change(s: &Services, a: &Actor, new: OwnLimits) -> Result<()> {
    a.require(Permission::ManageBilling)?;
    for (field, number) in [
        ("monthly_units", new.monthly_units),
        ("spend_cap", new.spend_cap),
    ] {
        check(field, number)?;
    }
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let plan = plans::in_tx(s, &mut tx, a.tenant()).await?.plan;
    if new.spend_cap.is_some() && plan.overage_micros.is_none() {
        let message = "this plan charges nothing beyond its price, so there is nothing to cap";
        return Err(Refusal::invalid("spend_cap", message).into());
    }
    let before = store::own(&mut tx, a.tenant()).await?;
    let after = Own {
        monthly_units: new.monthly_units,
        is_hard: new.is_hard && new.monthly_units.is_some(),
        spend_cap: new.spend_cap,
        loops: new.loops,
        keys: before.keys.clone(),
    };
    if before == after {
        return tx.commit().await;
    }
    store::set_own(&mut tx, a.tenant(), &after).await?;
    store::recount(&mut tx, a.tenant()).await?;
    plans::tell(&mut tx, a.tenant()).await?;
    let changed = Event::new(Act::LimitsChanged, a.tenant(), a.slug());
    let changed = changed
        .before(&Facts::of(&before))?
        .after(&Facts::of(&after))?;
    audit::record(&mut tx, a, changed).await?;
    tx.commit().await
}

/// Limits what a key may use in a month, or no longer.
pub async fn limit_key(s: &Services, a: &Actor, key: ApiKeyId, units: Option<i64>) -> Result<()> {
    a.require(Permission::ManageKeys)?;
    check("monthly_units", units)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let name = api_keys::name(&mut tx, a.tenant(), key).await?;
    let name = name.ok_or(Refusal::NotFound)?;
    let before = store::own(&mut tx, a.tenant()).await?;
    let before = before.keys.get(&CredentialId::from(key)).copied();
    if before == units {
        return tx.commit().await;
    }
    store::set_key(&mut tx, a.tenant(), key, units).await?;
    store::recount(&mut tx, a.tenant()).await?;
    plans::tell(&mut tx, a.tenant()).await?;
    let facts = |monthly_units| KeyFacts { monthly_units };
    let changed = Event::new(Act::ApiKeyLimited, key, name);
    let changed = changed.before(&facts(before))?.after(&facts(units))?;
    audit::record(&mut tx, a, changed).await?;
    tx.commit().await
}

fn check(field: &str, number: Option<i64>) -> Result<()> {
    if number.is_none_or(|number| (0..=MOST).contains(&number)) {
        return Ok(());
    }
    Err(Refusal::invalid(field, "a number from 0 on").into())
}

/// What a tenant limits itself, as the audit log shows it.
#[derive(Serialize)]
struct Facts {
    monthly_units: Option<i64>,
    is_hard: bool,
    spend_cap: Option<i64>,
    loops: Option<&'static str>,
}

impl audit::Facts for Facts {}

impl Facts {
    fn of(own: &Own) -> Self {
        Self {
            monthly_units: own.monthly_units,
            is_hard: own.is_hard,
            spend_cap: own.spend_cap,
            loops: own.loops.map(api_types::plans::Loops::as_str),
        }
    }
}

#[derive(Serialize)]
struct KeyFacts {
    monthly_units: Option<i64>,
}

impl audit::Facts for KeyFacts {}
