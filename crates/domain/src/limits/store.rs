//! The SQL of limits. That of quotas is in [`quotas`], that of what is shown in [`pages`].

mod pages;
mod quotas;

pub(super) use pages::*;
pub(crate) use quotas::recount;
pub(super) use quotas::*;

use super::{rules::Own, shares::Other};
use crate::Result;
use anyhow::Context as _;
use api_types::{ApiKeyId, CredentialId, TenantId, plans::Loops};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

pub(super) async fn say_alive(
    db: &mut PgConnection,
    server: Uuid,
    buckets: &[Uuid],
    asked: &[i64],
) -> Result<()> {
    sqlx::query!(
        "insert into servers (server_id, seen_at, buckets, asked) values ($1, now(), $2, $3)
        on conflict (server_id) do update set seen_at = now(), buckets = excluded.buckets,
            asked = excluded.asked",
        server,
        buckets,
        asked
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The other servers that live.
pub(super) async fn others(
    db: &mut PgConnection,
    server: Uuid,
    alive_seconds: f64,
) -> Result<Vec<Other>> {
    Ok(sqlx::query_as!(
        Other,
        "select buckets, asked from servers
        where server_id <> $1 and seen_at > now() - make_interval(secs => $2)",
        server,
        alive_seconds
    )
    .fetch_all(db)
    .await?)
}

/// Forgets a server that has gone, and those that went without a word.
pub(super) async fn say_gone(db: &mut PgConnection, server: Uuid) -> Result<()> {
    sqlx::query!(
        "delete from servers where server_id = $1 or seen_at < now() - interval '1 hour'",
        server
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What a tenant limits itself.
pub(super) async fn own(db: &mut PgConnection, tenant: TenantId) -> Result<Own> {
    let row = sqlx::query!(
        "select monthly_units, is_hard, spend_cap, loops from tenant_limits where tenant_id = $1",
        tenant.0
    )
    .fetch_optional(&mut *db)
    .await?;
    let keys = sqlx::query!(
        r#"select key_id as "key: CredentialId", monthly_units from key_limits
        where tenant_id = $1"#,
        tenant.0
    )
    .fetch_all(db)
    .await?;
    let keys: HashMap<_, _> = keys
        .into_iter()
        .map(|row| (row.key, row.monthly_units))
        .collect();
    let Some(row) = row else {
        return Ok(Own {
            keys,
            ..Own::default()
        });
    };
    let loops = row
        .loops
        .map(|word| Loops::parse(&word).context("an unknown word for loops"));
    Ok(Own {
        monthly_units: row.monthly_units,
        is_hard: row.is_hard,
        spend_cap: row.spend_cap,
        loops: loops.transpose()?,
        keys,
    })
}

pub(super) async fn set_own(db: &mut PgConnection, tenant: TenantId, own: &Own) -> Result<()> {
    sqlx::query!(
        "insert into tenant_limits (tenant_id, monthly_units, is_hard, spend_cap, loops)
        values ($1, $2, $3, $4, $5)
        on conflict (tenant_id) do update set monthly_units = excluded.monthly_units,
            is_hard = excluded.is_hard, spend_cap = excluded.spend_cap, loops = excluded.loops",
        tenant.0,
        own.monthly_units,
        own.is_hard,
        own.spend_cap,
        own.loops.map(Loops::as_str)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Limits a key, or no longer.
pub(super) async fn set_key(
    db: &mut PgConnection,
    tenant: TenantId,
    key: ApiKeyId,
    units: Option<i64>,
) -> Result<()> {
    if let Some(units) = units {
        sqlx::query!(
            "insert into key_limits (tenant_id, key_id, monthly_units) values ($1, $2, $3)
            on conflict (tenant_id, key_id) do update set monthly_units = excluded.monthly_units",
            tenant.0,
            key.0,
            units
        )
        .execute(db)
        .await?;
    } else {
        sqlx::query!(
            "delete from key_limits where tenant_id = $1 and key_id = $2",
            tenant.0,
            key.0
        )
        .execute(db)
        .await?;
    }
    Ok(())
}

/// A successor is limited as the key before it.
pub(crate) async fn inherit(
    db: &mut PgConnection,
    tenant: TenantId,
    from: ApiKeyId,
    to: ApiKeyId,
) -> Result<()> {
    sqlx::query!(
        "insert into key_limits (tenant_id, key_id, monthly_units)
        select tenant_id, $3, monthly_units from key_limits where tenant_id = $1 and key_id = $2",
        tenant.0,
        from.0,
        to.0
    )
    .execute(db)
    .await?;
    Ok(())
}
