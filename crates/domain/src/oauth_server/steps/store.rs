//! The SQL of steps.

use super::{Seen, Step};
use crate::{Result, changes::What};
use anyhow::Context as _;
use api_types::{
    TenantId,
    oauth::{StepKind, StepView},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

pub(super) async fn tenant_of(db: &mut PgConnection, slug: &str) -> Result<Option<TenantId>> {
    Ok(
        sqlx::query_scalar!(r#"select tenant_by_slug($1) as "tenant: TenantId""#, slug)
            .fetch_one(db)
            .await?,
    )
}

pub(super) async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    seen: &Seen,
    step: &Step,
) -> Result<()> {
    let sent = serde_json::to_string(&step.sent).context("writing a step down")?;
    let agent = seen.agent.as_ref();
    sqlx::query!(
        "with kept as (
            insert into oauth_steps (tenant_id, step_id, kind, oauth_id, client_name, error, told,
                sent, address, agent, request_id)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            returning tenant_id
        )
        select pg_notify('bulkhead_tenant', tenant_id::text || ' ' || $12::text) from kept",
        tenant.0,
        Uuid::now_v7(),
        step.kind.as_str(),
        step.client.as_ref().map(|(id, _)| id),
        step.client.as_ref().map(|(_, name)| name),
        step.error,
        step.told,
        sent,
        seen.address.to_string(),
        agent.map(|agent| agent.chars().take(200).collect::<String>()),
        seen.request_id,
        What::Steps.as_str()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether the tenant was told this of the client already.
pub(super) async fn is_told(db: &mut PgConnection, tenant: TenantId, step: &Step) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from oauth_steps
            where tenant_id = $1 and oauth_id = $2 and kind = $3) as "told!""#,
        tenant.0,
        step.client.as_ref().map(|(id, _)| id),
        step.kind.as_str()
    )
    .fetch_one(db)
    .await?)
}

/// The newest 300 steps, the oldest of them first.
pub(super) async fn newest(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<StepView>> {
    let rows = sqlx::query!(
        "select step_id, kind, oauth_id, client_name, error, told, sent, address, agent, request_id
        from oauth_steps where tenant_id = $1 order by step_id desc limit 300",
        tenant.0
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .rev()
        .map(|row| {
            Ok(StepView {
                id: row.step_id,
                at: time_of(row.step_id),
                kind: StepKind::parse(&row.kind).context("an unknown kind of step")?,
                oauth_id: row.oauth_id,
                client_name: row.client_name,
                error: row.error,
                told: row.told,
                sent: serde_json::from_str(&row.sent).context("reading a step")?,
                address: row.address,
                agent: row.agent,
                request_id: row.request_id.to_string(),
            })
        })
        .collect()
}

/// The time that a uuid of version 7 begins with.
fn time_of(id: Uuid) -> OffsetDateTime {
    let since_1970 = id.get_timestamp().map_or((0, 0), |at| at.to_unix());
    let nanos = i128::from(since_1970.0) * 1_000_000_000 + i128::from(since_1970.1);
    OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Deletes steps that are older than a week.
pub(in crate::oauth_server) async fn delete_old(system: &mut PgConnection) -> Result<u64> {
    let week_ago = OffsetDateTime::now_utc() - time::Duration::days(7);
    let millis = u64::try_from(week_ago.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
    let first = uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid();
    let done = sqlx::query!("delete from oauth_steps where step_id < $1", first)
        .execute(system)
        .await?;
    Ok(done.rows_affected())
}
