//! The SQL of removing old rows.

use crate::Result;
use api_types::TenantId;
use sqlx::PgConnection;

/// A log with rows that may go.
pub(super) struct Outdated {
    pub tenant: TenantId,
    pub until: i64,
}

/// The last signed row of each log that is older than this many days.
pub(super) async fn outdated(db: &mut PgConnection, days: u32) -> Result<Vec<Outdated>> {
    Ok(sqlx::query_as!(
        Outdated,
        r#"select c.tenant_id as "tenant: TenantId", max(c.seq) as "until!"
        from audit_checkpoints c
        join audit_events e on e.tenant_id = c.tenant_id and e.seq = c.seq
        where e.at < now() - make_interval(days => $1)
        group by c.tenant_id"#,
        days.cast_signed()
    )
    .fetch_all(db)
    .await?)
}

/// Removes rows up to this one. Answers how many.
pub(super) async fn remove(db: &mut PgConnection, tenant: TenantId, until: i64) -> Result<u64> {
    let done = sqlx::query!(
        "delete from audit_events where tenant_id = $1 and seq <= $2",
        tenant.0,
        until
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
