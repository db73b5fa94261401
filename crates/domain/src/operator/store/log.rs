//! What operators did.

use super::super::Operator;
use crate::Result;
use anyhow::Context as _;
use api_types::{
    TenantId,
    operator::{OperatorAct, OperatorLogRow},
};
use sqlx::PgConnection;
use uuid::Uuid;

pub(in crate::operator) async fn insert(
    db: &mut PgConnection,
    o: &Operator,
    act: OperatorAct,
    tenant: TenantId,
    tenant_name: &str,
    reason: Option<&str>,
) -> Result<()> {
    sqlx::query!(
        "insert into operator_log (entry_id, operator_id, operator_name, act, about_tenant,
            tenant_name, reason, address, request_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        Uuid::now_v7(),
        o.user.0,
        format!("{} <{}>", o.name, o.email),
        act.as_str(),
        tenant.0,
        tenant_name,
        reason,
        o.origin.address.map(|address| address.to_string()),
        o.origin.request_id
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The newest rows before one, newest first.
pub(in crate::operator) async fn newest(
    db: &mut PgConnection,
    before: Option<Uuid>,
    most: i64,
) -> Result<Vec<OperatorLogRow>> {
    sqlx::query!(
        r#"select entry_id, at, operator_name, act, about_tenant as "tenant: TenantId", tenant_name,
            reason, address
        from operator_log where $1::uuid is null or entry_id < $1
        order by entry_id desc limit $2"#,
        before,
        most
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        Ok(OperatorLogRow {
            id: row.entry_id,
            at: row.at,
            operator: row.operator_name,
            act: OperatorAct::parse(&row.act).context("an unknown act of an operator")?,
            tenant: row.tenant,
            tenant_name: row.tenant_name,
            reason: row.reason,
            address: row.address,
        })
    })
    .collect()
}
