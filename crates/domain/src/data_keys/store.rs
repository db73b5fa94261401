//! The SQL of data keys.

pub(super) mod cells;
mod rotation;

pub(super) use rotation::*;

use super::{Owner, Stored, WrappedKey};
use crate::Result;
use sqlx::PgConnection;
use uuid::Uuid;

/// A row of either table. What a transaction itself has written is not yet committed.
struct Row {
    id: Uuid,
    wrapped_by: String,
    wrapped: Vec<u8>,
    committed: bool,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        Self {
            key: WrappedKey {
                id: row.id,
                wrapped_by: row.wrapped_by,
                wrapped: row.wrapped,
            },
            committed: row.committed,
        }
    }
}

/// The key that an owner's cells are sealed with now.
pub(super) async fn in_use(db: &mut PgConnection, owner: Owner) -> Result<Option<Stored>> {
    find(db, owner, None).await
}

pub(super) async fn by_id(db: &mut PgConnection, owner: Owner, id: Uuid) -> Result<Option<Stored>> {
    find(db, owner, Some(id)).await
}

/// The key with this id, or else the one in use.
async fn find(db: &mut PgConnection, owner: Owner, id: Option<Uuid>) -> Result<Option<Stored>> {
    let row = match owner {
        Owner::Tenant(tenant) => {
            sqlx::query_as!(
                Row,
                r#"select key_id as id, wrapped_by, wrapped, coalesce(
                    xmin::text <> pg_current_xact_id_if_assigned()::xid::text, true) as "committed!"
                from tenant_data_keys
                where tenant_id = $1 and coalesce(key_id = $2, retired_at is null)"#,
                tenant.0,
                id
            )
            .fetch_optional(db)
            .await?
        }
        Owner::Instance => {
            sqlx::query_as!(
                Row,
                r#"select key_id as id, wrapped_by, wrapped, coalesce(
                    xmin::text <> pg_current_xact_id_if_assigned()::xid::text, true) as "committed!"
                from instance_data_keys where coalesce(key_id = $1, retired_at is null)"#,
                id
            )
            .fetch_optional(db)
            .await?
        }
    };
    Ok(row.map(Stored::from))
}

/// Puts a key in use, unless there is one already.
pub(super) async fn insert(db: &mut PgConnection, owner: Owner, key: &WrappedKey) -> Result<()> {
    match owner {
        Owner::Tenant(tenant) => {
            sqlx::query!(
                "insert into tenant_data_keys (tenant_id, key_id, wrapped_by, wrapped)
                values ($1, $2, $3, $4)
                on conflict (tenant_id) where retired_at is null do nothing",
                tenant.0,
                key.id,
                key.wrapped_by,
                key.wrapped
            )
            .execute(db)
            .await?
        }
        Owner::Instance => {
            sqlx::query!(
                "insert into instance_data_keys (key_id, wrapped_by, wrapped)
                values ($1, $2, $3)
                on conflict ((true)) where retired_at is null do nothing",
                key.id,
                key.wrapped_by,
                key.wrapped
            )
            .execute(db)
            .await?
        }
    };
    Ok(())
}
