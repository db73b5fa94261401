//! Tenants as the operator sees them from outside: names, numbers, and to whom one writes.

use super::{
    Operator,
    store::{self, tenants::Wanted},
};
use crate::{Result, Services, plans, tenants};
use api_types::{
    Refusal, TenantId,
    audit::Act,
    operator::{TenantFacts, TenantFilter, TenantOrder, TenantPage},
    usage::Bar,
};
use std::collections::HashMap;
use time::{Duration, OffsetDateTime, Time};

/// Rows on a page.
const PAGE: i64 = 50;

/// Days whose calls the list counts.
const LIST_DAYS: i64 = 30;

/// Days that the chart of a tenant shows.
const CHART_DAYS: i64 = 90;

/// So many of a tenant's acts are shown.
const ACTS: i64 = 20;

/// What concerns a tenant as a whole. What its people do in it is their own affair.
const TOLD: [Act; 14] = [
    Act::TenantCreated,
    Act::TenantMoved,
    Act::TenantTransferred,
    Act::TenantSuspended,
    Act::TenantResumed,
    Act::TenantBlocked,
    Act::TenantUnblocked,
    Act::UsageCorrected,
    Act::TenantDeleted,
    Act::TenantRestored,
    Act::SupportAllowed,
    Act::SupportEnded,
    Act::SupportEntered,
    Act::SupportLeft,
];

/// One page of tenants, from the one after `after`.
pub async fn list(
    s: &Services,
    _: &Operator,
    filter: &TenantFilter,
    after: Option<TenantId>,
) -> Result<TenantPage> {
    let since = days_ago(LIST_DAYS);
    let wanted = Wanted {
        filter,
        after,
        most: PAGE + 1,
    };
    let mut db = s.db.system().await?;
    let mut ids = match filter.order.unwrap_or(TenantOrder::Name) {
        TenantOrder::Name => store::tenants::by_name(&mut db, &wanted).await?,
        TenantOrder::Newest => store::tenants::by_age(&mut db, &wanted).await?,
        TenantOrder::Busiest => store::tenants::by_calls(&mut db, &wanted, since).await?,
    };
    let more = ids.len() as i64 > PAGE;
    ids.truncate(PAGE as usize);
    Ok(TenantPage {
        next: ids.last().copied().filter(|_| more),
        rows: store::tenants::rows(&mut db, &s.plans, &ids, since).await?,
        matching: store::tenants::count(&mut db, &wanted).await?,
    })
}

/// One tenant, as far as the operator may see it without its consent.
pub async fn facts(s: &Services, _: &Operator, tenant: TenantId) -> Result<TenantFacts> {
    let mut system = s.db.system().await?;
    let listed = days_ago(LIST_DAYS);
    let rows = store::tenants::rows(&mut system, &s.plans, &[tenant], listed).await?;
    drop(system);
    let row = rows.into_iter().next().ok_or(Refusal::NotFound)?;
    let since = days_ago(CHART_DAYS);
    let mut tx = s.db.tenant_tx(tenant).await?;
    let inside = store::tenants::inside(&mut tx, tenant).await?;
    let facts = TenantFacts {
        endpoint: tenants::endpoint(s, &row.slug),
        now: plans::in_tx(s, &mut tx, tenant).await?,
        row,
        suspended_at: inside.suspended_at,
        blocked: inside.blocked,
        owners: store::tenants::owners(&mut tx, tenant).await?,
        clients: inside.clients,
        bars: filled(store::tenants::days(&mut tx, tenant, since).await?, since),
        acts: store::tenants::acts(&mut tx, tenant, &TOLD, ACTS).await?,
        support: store::support::current(&mut tx, tenant).await?,
    };
    tx.commit().await?;
    Ok(facts)
}

/// The beginning of the first of so many days, of which the last is today (UTC).
pub(super) fn days_ago(days: i64) -> OffsetDateTime {
    OffsetDateTime::now_utc().replace_time(Time::MIDNIGHT) - Duration::days(days - 1)
}

/// A bar for each day since then, also for those without a call.
pub(super) fn filled(days: Vec<Bar>, since: OffsetDateTime) -> Vec<Bar> {
    let mut known: HashMap<i64, Bar> = days
        .into_iter()
        .map(|bar| (bar.start.unix_timestamp(), bar))
        .collect();
    let count = (OffsetDateTime::now_utc() - since).whole_days() + 1;
    let bar = |day: i64| {
        let start = since + Duration::days(day);
        let empty = Bar {
            start,
            ok: 0,
            errors: 0,
        };
        known.remove(&start.unix_timestamp()).unwrap_or(empty)
    };
    (0..count).map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_has_a_bar_and_the_last_one_is_today() {
        let since = days_ago(30);
        let busy = since + Duration::days(3);
        let bars = filled(
            vec![Bar {
                start: busy,
                ok: 2,
                errors: 1,
            }],
            since,
        );
        assert_eq!(bars.len(), 30);
        assert_eq!((bars[3].start, bars[3].ok, bars[3].errors), (busy, 2, 1));
        let today = OffsetDateTime::now_utc().date();
        assert_eq!(bars[29].start.date(), today);
        assert_eq!(bars.iter().map(|bar| bar.ok).sum::<i64>(), 2);
    }
}
