//! The calls of all tenants.

use super::{
    Operator, store,
    tenants::{days_ago, filled},
};
use crate::{Result, Services};
use api_types::{
    operator::{InstanceUsage, TenantState},
    usage::Range,
};

/// So many tenants are named.
const TOP: i64 = 10;

const DAY: i64 = 24 * 3600;

/// The calls of all tenants over a range of days, and who made most of them.
pub async fn usage(s: &Services, _: &Operator, range: Range) -> Result<InstanceUsage> {
    let since = days_ago((range.seconds().0 / DAY).max(1));
    let mut db = s.db.system().await?;
    let counted = store::instance::states(&mut db).await?;
    let count = |state: &TenantState| {
        let found = counted.iter().find(|(known, _)| known == state);
        (*state, found.map_or(0, |(_, count)| *count))
    };
    Ok(InstanceUsage {
        bars: filled(store::instance::days(&mut db, since).await?, since),
        top: store::instance::top(&mut db, since, TOP).await?,
        tenants: TenantState::ALL.iter().map(count).collect(),
    })
}
