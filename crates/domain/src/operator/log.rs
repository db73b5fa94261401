//! What operators did, over all tenants. Each act is in the log of its tenant too, in the same transaction.

use super::{Operator, store};
use crate::{Result, Services, TenantTx};
use api_types::{
    TenantId,
    operator::{OperatorAct, OperatorLogPage},
};
use uuid::Uuid;

/// Rows on a page.
const PAGE: i64 = 50;

/// Adds an act to the transaction that does it.
pub(super) async fn add(
    tx: &mut TenantTx,
    o: &Operator,
    act: OperatorAct,
    tenant: TenantId,
    tenant_name: &str,
    reason: Option<&str>,
) -> Result<()> {
    store::log::insert(tx, o, act, tenant, tenant_name, reason).await
}

/// One page, newest first, from the row before `before`.
pub async fn log(s: &Services, _: &Operator, before: Option<Uuid>) -> Result<OperatorLogPage> {
    let mut db = s.db.system().await?;
    let mut rows = store::log::newest(&mut db, before, PAGE + 1).await?;
    let more = rows.len() as i64 > PAGE;
    rows.truncate(PAGE as usize);
    Ok(OperatorLogPage {
        next: rows.last().filter(|_| more).map(|row| row.id),
        rows,
    })
}
