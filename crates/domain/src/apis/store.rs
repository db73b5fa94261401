//! The SQL of imported APIs.

use crate::{Result, Services};
use anyhow::Context as _;
use api_types::{ApiId, TenantId, connections::ApiView};
use connector::Operation;
use sqlx::PgConnection;
use time::OffsetDateTime;

pub(super) struct NewRow<'a> {
    pub word: &'a str,
    pub name: &'a str,
    pub version: &'a str,
    pub base: &'a str,
    pub source: Option<&'a str>,
    pub provider: Option<&'a str>,
    pub document: &'a [u8],
    pub digest: &'a [u8; 32],
    pub operations: usize,
}

/// An API with its documents.
pub(super) struct Row {
    pub word: String,
    pub name: String,
    pub base: String,
    pub source: Option<String>,
    pub provider: Option<String>,
    pub document: Vec<u8>,
    pub digest: [u8; 32],
    pub newer: Option<(Vec<u8>, [u8; 32])>,
    pub tools: Vec<Operation>,
}

/// An API as it is called.
pub(super) struct Called {
    pub word: String,
    pub name: String,
    pub base: String,
    pub provider: Option<String>,
    pub tools: Vec<Operation>,
}

pub(super) async fn list(
    db: &mut PgConnection,
    tenant: TenantId,
    only: Option<ApiId>,
) -> Result<Vec<ApiView>> {
    Ok(sqlx::query_as!(
        ApiView,
        r#"select api_id as "id: ApiId", word, name, version, base, source, provider,
            jsonb_array_length(tools::jsonb)::bigint as "chosen!", operations::bigint as "operations!",
            synced_at, trouble, newer is not null as "has_news!"
        from apis where tenant_id = $1 and ($2::uuid is null or api_id = $2)
        order by lower(name)"#,
        tenant.0,
        only.map(|id| id.0)
    )
    .fetch_all(db)
    .await?)
}

/// One API; `hold`: until the transaction ends.
pub(super) async fn get(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ApiId,
    hold: bool,
) -> Result<Option<Row>> {
    if hold {
        sqlx::query!(
            "select api_id from apis where tenant_id = $1 and api_id = $2 for update",
            tenant.0,
            id.0
        )
        .fetch_optional(&mut *db)
        .await?;
    }
    let row = sqlx::query!(
        r#"select word, name, base, source, provider, document, digest, newer, newer_digest,
            tools from apis where tenant_id = $1 and api_id = $2"#,
        tenant.0,
        id.0
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let newer = match row.newer.zip(row.newer_digest) {
        Some((newer, digest)) => Some((newer, fixed(digest)?)),
        None => None,
    };
    Ok(Some(Row {
        word: row.word,
        name: row.name,
        base: row.base,
        source: row.source,
        provider: row.provider,
        document: row.document,
        digest: fixed(row.digest)?,
        newer,
        tools: serde_json::from_str(&row.tools).context("the tools of an API")?,
    }))
}

fn fixed(digest: Vec<u8>) -> Result<[u8; 32]> {
    let fixed: std::result::Result<[u8; 32], _> = digest.try_into();
    Ok(fixed.map_err(|_| anyhow::anyhow!("a digest of another length"))?)
}

/// Those that can be called.
pub(super) async fn called(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<Called>> {
    let rows = sqlx::query!(
        "select word, name, base, provider, tools from apis where tenant_id = $1 order by word",
        tenant.0
    )
    .fetch_all(db)
    .await?;
    let read = rows.into_iter().map(|row| {
        Ok(Called {
            word: row.word,
            name: row.name,
            base: row.base,
            provider: row.provider,
            tools: serde_json::from_str(&row.tools).context("the tools of an API")?,
        })
    });
    read.collect()
}

/// How many there are, and when the last one changed.
pub(super) async fn stamp(
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<(i64, Option<OffsetDateTime>)> {
    let row = sqlx::query!(
        r#"select count(*) as "count!", max(changed_at) as changed from apis where tenant_id = $1"#,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok((row.count, row.changed))
}

pub(super) async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ApiId,
    new: &NewRow<'_>,
) -> Result<()> {
    sqlx::query!(
        "insert into apis (tenant_id, api_id, word, name, version, base, source, provider,
            document, digest, operations, sync_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
            case when $7::text is not null then now() + interval '1 hour' end)",
        tenant.0,
        id.0,
        new.word,
        new.name,
        new.version,
        new.base,
        new.source,
        new.provider,
        new.document,
        new.digest,
        i32::try_from(new.operations).unwrap_or(i32::MAX)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Sets the tools; open streams of clients are told.
pub(super) async fn set_tools(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ApiId,
    tools: &[Operation],
) -> Result<()> {
    let tools = serde_json::to_string(tools).context("writing tools")?;
    sqlx::query!(
        "with changed as (
            update apis set tools = $3, changed_at = clock_timestamp()
            where tenant_id = $1 and api_id = $2 returning tenant_id
        )
        select pg_notify('bulkhead_tenant', tenant_id::text || ' tools') from changed",
        tenant.0,
        id.0,
        tools
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn take_over(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ApiId,
    version: &str,
    operations: usize,
    tools: &[Operation],
) -> Result<()> {
    sqlx::query!(
        "update apis set document = newer, digest = newer_digest, newer = null,
            newer_digest = null, version = $3, operations = $4, synced_at = now()
        where tenant_id = $1 and api_id = $2",
        tenant.0,
        id.0,
        version,
        i32::try_from(operations).unwrap_or(i32::MAX)
    )
    .execute(&mut *db)
    .await?;
    set_tools(db, tenant, id, tools).await
}

pub(super) async fn is_the_same(db: &mut PgConnection, tenant: TenantId, id: ApiId) -> Result<()> {
    sqlx::query!(
        "update apis set synced_at = now(), trouble = null, newer = null, newer_digest = null
        where tenant_id = $1 and api_id = $2",
        tenant.0,
        id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn set_newer(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ApiId,
    document: &[u8],
    digest: &[u8; 32],
) -> Result<()> {
    sqlx::query!(
        "update apis set newer = $3, newer_digest = $4, trouble = null
        where tenant_id = $1 and api_id = $2",
        tenant.0,
        id.0,
        document,
        digest
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn set_trouble(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ApiId,
    trouble: &str,
) -> Result<()> {
    sqlx::query!(
        "update apis set trouble = $3 where tenant_id = $1 and api_id = $2",
        tenant.0,
        id.0,
        trouble
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn delete(db: &mut PgConnection, tenant: TenantId, id: ApiId) -> Result<()> {
    sqlx::query!(
        "with gone as (delete from apis where tenant_id = $1 and api_id = $2 returning tenant_id)
        select pg_notify('bulkhead_tenant', tenant_id::text || ' tools') from gone",
        tenant.0,
        id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Documents that are due, of all tenants.
pub(super) async fn due(db: &mut PgConnection) -> Result<Vec<(TenantId, ApiId)>> {
    let rows = sqlx::query!(
        r#"select tenant_id as "tenant: TenantId", api_id as "id: ApiId" from apis
        where sync_at <= now() order by sync_at limit 20"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant, row.id)).collect())
}

/// Takes one that is due, so that one server fetches it.
pub(super) async fn claim(s: &Services, tenant: TenantId, id: ApiId) -> Result<bool> {
    let mut tx = s.db.tenant_tx(tenant).await?;
    let done = sqlx::query!(
        "update apis set sync_at = now() + interval '1 hour'
        where tenant_id = $1 and api_id = $2 and sync_at <= now()",
        tenant.0,
        id.0
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(done.rows_affected() == 1)
}
