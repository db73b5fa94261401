//! What would have been refused under other limits, from the rollups of the last month.

use super::store;
use crate::{Actor, Result, Services, usage};
use api_types::{
    Permission, TenantId,
    limits::{Forecast, ForecastDay},
};
use sqlx::PgConnection;
use std::collections::HashMap;
use time::{Date, Duration, OffsetDateTime, Time};

/// What a quota of so many units, and a rate of so many calls a minute, would have refused.
pub async fn forecast(
    s: &Services,
    a: &Actor,
    units: Option<i64>,
    per_minute: Option<i64>,
) -> Result<Forecast> {
    a.require(Permission::ViewUsage)?;
    let mut tx = s.db.tenant_snapshot(a.tenant()).await?;
    let days = last_days(&mut tx, a.tenant()).await?;
    let (minutes, too_fast) = match per_minute {
        Some(rate) => store::too_fast(&mut tx, a.tenant(), rate).await?,
        None => (0, 0),
    };
    tx.commit().await?;
    Ok(Forecast {
        days: refused(days, units),
        minutes,
        too_fast,
    })
}

/// Units of each of the last 30 days, the oldest first, days without calls too.
async fn last_days(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<(Date, i64)>> {
    let now = OffsetDateTime::now_utc();
    let first = now.replace_time(Time::MIDNIGHT) - Duration::days(29);
    let used = usage::used(db, tenant, "all", (first, now), 24 * 3600).await?;
    let used: HashMap<_, _> = used
        .into_iter()
        .map(|day| (day.at.date(), day.units))
        .collect();
    let days = (0..30).map(|nth| (first + Duration::days(nth)).date());
    Ok(days
        .map(|day| (day, used.get(&day).copied().unwrap_or(0)))
        .collect())
}

/// The first units of the month are let through, all others refused.
fn refused(days: Vec<(Date, i64)>, units: Option<i64>) -> Vec<ForecastDay> {
    let mut left = units.unwrap_or(i64::MAX);
    let day = |(day, used): (Date, i64)| {
        let passed = used.min(left);
        left -= passed;
        ForecastDay {
            day,
            used,
            refused: used - passed,
        }
    };
    days.into_iter().map(day).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_quota_lets_the_first_units_through() {
        let days = || {
            vec![
                (date!(2026 - 11 - 01), 60),
                (date!(2026 - 11 - 02), 60),
                (date!(2026 - 11 - 03), 5),
            ]
        };
        let of = |units| {
            let days = refused(days(), units).into_iter();
            days.map(|day| day.refused).collect::<Vec<_>>()
        };
        assert_eq!(of(None), [0, 0, 0]);
        assert_eq!(of(Some(1000)), [0, 0, 0]);
        assert_eq!(of(Some(100)), [0, 20, 5]);
        assert_eq!(of(Some(0)), [60, 60, 5]);
    }
}
