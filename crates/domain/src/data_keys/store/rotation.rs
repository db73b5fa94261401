//! The SQL of rotation: both tables of data keys as one, as the system role.

use crate::Result;
use crate::data_keys::{Owner, WrappedKey};
use anyhow::Context as _;
use api_types::TenantId;
use sqlx::{Connection as _, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

pub(crate) async fn try_lock(db: &mut PgConnection, lock: i64) -> Result<bool> {
    Ok(
        sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "locked!""#, lock)
            .fetch_one(db)
            .await?,
    )
}

pub(crate) async fn count_wrapped_by_others(db: &mut PgConnection, id: &str) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select (select count(*) from tenant_data_keys where wrapped_by <> $1)
            + (select count(*) from instance_data_keys where wrapped_by <> $1) as "count!""#,
        id
    )
    .fetch_one(db)
    .await?)
}

/// Some of the keys that other key-encryption keys wrap, in the order of their ids.
pub(crate) async fn wrapped_by_others(
    db: &mut PgConnection,
    id: &str,
    after: Option<Uuid>,
    most: i64,
) -> Result<Vec<(Owner, WrappedKey)>> {
    let rows = sqlx::query!(
        r#"select tenant_id as "tenant: TenantId", key_id as "id!", wrapped_by as "by!",
            wrapped as "wrapped!"
        from (
            select tenant_id, key_id, wrapped_by, wrapped from tenant_data_keys
            union all
            select null, key_id, wrapped_by, wrapped from instance_data_keys
        ) k
        where wrapped_by <> $1 and ($2::uuid is null or key_id > $2)
        order by key_id limit $3"#,
        id,
        after,
        most
    )
    .fetch_all(db)
    .await?;
    let keys = rows.into_iter().map(|row| {
        let key = WrappedKey {
            id: row.id,
            wrapped_by: row.by,
            wrapped: row.wrapped,
        };
        (owner(row.tenant), key)
    });
    Ok(keys.collect())
}

fn owner(tenant: Option<TenantId>) -> Owner {
    tenant.map_or(Owner::Instance, Owner::Tenant)
}

/// Stores keys that were wrapped anew. Answers how many are still there.
pub(crate) async fn rewrap(db: &mut PgConnection, keys: &[(Owner, WrappedKey)]) -> Result<u64> {
    let ids: Vec<Uuid> = keys.iter().map(|(_, key)| key.id).collect();
    let wrapped: Vec<Vec<u8>> = keys.iter().map(|(_, key)| key.wrapped.clone()).collect();
    let by: Vec<String> = keys.iter().map(|(_, key)| key.wrapped_by.clone()).collect();
    let of_tenants = sqlx::query!(
        "update tenant_data_keys k set wrapped_by = n.wrapped_by, wrapped = n.wrapped
        from unnest($1::uuid[], $2::text[], $3::bytea[]) as n (key_id, wrapped_by, wrapped)
        where k.key_id = n.key_id",
        &ids,
        &by,
        &wrapped
    )
    .execute(&mut *db)
    .await?;
    let of_instance = sqlx::query!(
        "update instance_data_keys k set wrapped_by = n.wrapped_by, wrapped = n.wrapped
        from unnest($1::uuid[], $2::text[], $3::bytea[]) as n (key_id, wrapped_by, wrapped)
        where k.key_id = n.key_id",
        &ids,
        &by,
        &wrapped
    )
    .execute(db)
    .await?;
    Ok(of_tenants.rows_affected() + of_instance.rows_affected())
}

/// When the rotation began that is under way; now, if there is none.
pub(crate) async fn rotation_begun(db: &mut PgConnection) -> Result<OffsetDateTime> {
    Ok(sqlx::query_scalar!(
        r#"select coalesce(least(
            (select min(retired_at) from tenant_data_keys),
            (select min(retired_at) from instance_data_keys)), now()) as "begun!""#
    )
    .fetch_one(db)
    .await?)
}

/// Some of the keys in use that were drawn before.
pub(crate) async fn in_use_since_before(
    db: &mut PgConnection,
    begun: OffsetDateTime,
    most: i64,
) -> Result<Vec<(Owner, Uuid)>> {
    let rows = sqlx::query!(
        r#"select tenant_id as "tenant: TenantId", key_id as "id!"
        from (
            select tenant_id, key_id, created_at, retired_at from tenant_data_keys
            union all
            select null, key_id, created_at, retired_at from instance_data_keys
        ) k
        where retired_at is null and created_at < $1 limit $2"#,
        begun,
        most
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (owner(row.tenant), row.id))
        .collect())
}

/// Puts a key in use in place of another, which is retired. Answers whether that was still in use.
pub(crate) async fn follow(
    db: &mut PgConnection,
    owner: Owner,
    old: Uuid,
    new: &WrappedKey,
) -> Result<u64> {
    let mut tx = db.begin().await.context("following a data key")?;
    let retire = match owner {
        Owner::Tenant(tenant) => {
            sqlx::query!(
                "update tenant_data_keys set retired_at = now()
                where tenant_id = $1 and key_id = $2 and retired_at is null",
                tenant.0,
                old
            )
            .execute(&mut *tx)
            .await?
        }
        Owner::Instance => {
            sqlx::query!(
                "update instance_data_keys set retired_at = now()
                where key_id = $1 and retired_at is null",
                old
            )
            .execute(&mut *tx)
            .await?
        }
    };
    if retire.rows_affected() == 1 {
        super::insert(&mut tx, owner, new).await?;
    }
    tx.commit().await.context("following a data key")?;
    Ok(retire.rows_affected())
}

/// The keys of before; those that were retired first come last, for they tell when a rotation began.
pub(crate) async fn retired(db: &mut PgConnection) -> Result<Vec<(Owner, Uuid)>> {
    let rows = sqlx::query!(
        r#"select tenant_id as "tenant: TenantId", key_id as "id!"
        from (
            select tenant_id, key_id, retired_at from tenant_data_keys
            union all
            select null, key_id, retired_at from instance_data_keys
        ) k
        where retired_at is not null order by retired_at desc"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (owner(row.tenant), row.id))
        .collect())
}

/// Removes a retired key. Fails where something is sealed with it.
pub(crate) async fn remove(db: &mut PgConnection, owner: Owner, key: Uuid) -> Result<u64> {
    let removed = match owner {
        Owner::Tenant(tenant) => {
            sqlx::query!(
                "delete from tenant_data_keys
                where tenant_id = $1 and key_id = $2 and retired_at is not null",
                tenant.0,
                key
            )
            .execute(db)
            .await?
        }
        Owner::Instance => {
            sqlx::query!(
                "delete from instance_data_keys where key_id = $1 and retired_at is not null",
                key
            )
            .execute(db)
            .await?
        }
    };
    Ok(removed.rows_affected())
}

/// Of each key-encryption key, how many data keys in use and of before it wraps.
pub(crate) async fn count_by_wrapper(db: &mut PgConnection) -> Result<Vec<(String, i64, i64)>> {
    let rows = sqlx::query!(
        r#"select wrapped_by as "by!", count(*) filter (where retired_at is null) as "in_use!",
            count(*) filter (where retired_at is not null) as "retired!"
        from (
            select wrapped_by, retired_at from tenant_data_keys
            union all
            select wrapped_by, retired_at from instance_data_keys
        ) k
        group by 1 order by 1"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.by, row.in_use, row.retired))
        .collect())
}

pub(crate) async fn tenants_with_keys(db: &mut PgConnection) -> Result<Vec<TenantId>> {
    Ok(sqlx::query_scalar!(
        r#"select distinct tenant_id as "tenant: TenantId" from tenant_data_keys"#
    )
    .fetch_all(db)
    .await?)
}
