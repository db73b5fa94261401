//! The SQL of who uses a connection, and when it was last used.

use crate::Result;
use anyhow::Context as _;
use api_types::{
    ConnectionId, TenantId,
    connections::{ConnectionCall, ConnectionUser},
    usage::Outcome,
};
use sqlx::PgConnection;
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// Who used it in the last 30 days, most first.
pub(in crate::connections) async fn users(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
) -> Result<Vec<ConnectionUser>> {
    Ok(sqlx::query_as!(
        ConnectionUser,
        r#"select coalesce(c.name, '') as "client!", e.calls as "calls!", e.last_at as "last_at!"
        from (
            select client_id, count(*) as calls, max(occurred_at) as last_at from usage_events
            where tenant_id = $1 and connection_id = $2 and event_id >= usage_first_id(now() - interval '30 days')
            group by client_id
        ) e
        left join mcp_clients c on c.tenant_id = $1 and c.client_id = e.client_id
        order by e.calls desc, 1 limit 100"#,
        tenant.0,
        id.0
    )
    .fetch_all(db)
    .await?)
}

/// The last calls, newest first.
pub(in crate::connections) async fn calls(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
) -> Result<Vec<ConnectionCall>> {
    let rows = sqlx::query!(
        r#"select e.occurred_at, e.tool, coalesce(c.name, '') as "client!", e.outcome, e.duration_us, e.error
        from usage_events e
        left join mcp_clients c on c.tenant_id = e.tenant_id and c.client_id = e.client_id
        where e.tenant_id = $1 and e.connection_id = $2
        order by e.event_id desc limit 20"#,
        tenant.0,
        id.0
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ConnectionCall {
                at: row.occurred_at,
                tool: row.tool,
                client: row.client,
                outcome: Outcome::parse(&row.outcome).context("an unknown outcome")?,
                duration_us: row.duration_us,
                error: row.error,
            })
        })
        .collect()
}

/// Writes down when connections were last used. As the system role.
pub(in crate::connections) async fn mark(
    db: &mut PgConnection,
    uses: &HashMap<(TenantId, ConnectionId), OffsetDateTime>,
) -> Result<()> {
    let tenants: Vec<Uuid> = uses.keys().map(|(tenant, _)| tenant.0).collect();
    let ids: Vec<Uuid> = uses.keys().map(|(_, id)| id.0).collect();
    let at: Vec<OffsetDateTime> = uses.values().copied().collect();
    sqlx::query!(
        "update connections c set last_used_at = greatest(c.last_used_at, u.at)
        from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as u (tenant_id, connection_id, at)
        where c.tenant_id = u.tenant_id and c.connection_id = u.connection_id",
        &tenants,
        &ids,
        &at
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes connections that ended a month ago. As the system role.
pub(in crate::connections) async fn delete_ended(db: &mut PgConnection) -> Result<u64> {
    let done = sqlx::query!("delete from connections where ended_at < now() - interval '30 days'")
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}
