//! The SQL of names: what people call the things that usage rows know by id. What is archived or gone keeps its name.

use crate::Result;
use api_types::TenantId;
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// Names by id: of clients, keys and log-ins, members and connections. Ids of different kinds are never the same.
pub(in crate::usage) async fn of(
    db: &mut PgConnection,
    tenant: TenantId,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>> {
    let rows = sqlx::query!(
        r#"select client_id as "id!", name as "name!" from mcp_clients
            where tenant_id = $1 and client_id = any($2)
        union all
        select k.key_id, c.name || ': ' || k.name from api_keys k
            join mcp_clients c on c.tenant_id = k.tenant_id and c.client_id = k.client_id
            where k.tenant_id = $1 and k.key_id = any($2)
        union all
        select g.grant_id, c.name || ': log-in of ' || u.name from oauth_grants g
            join mcp_clients c on c.tenant_id = g.tenant_id and c.client_id = g.client_id
            join users u on u.user_id = g.user_id
            where g.tenant_id = $1 and g.grant_id = any($2)
        union all
        select m.user_id, u.name from memberships m join users u on u.user_id = m.user_id
            where m.tenant_id = $1 and m.user_id = any($2)
        union all
        select connection_id, label from connections where tenant_id = $1 and connection_id = any($2)"#,
        tenant.0,
        ids
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}
