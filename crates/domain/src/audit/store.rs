//! The SQL of the audit log.

use super::{
    chain::{Entry, Hash, time_text},
    read::Wanted,
};
use crate::Result;
use anyhow::Context as _;
use api_types::{
    ApiKeyId, TenantId, UserId,
    audit::{Act, AuditActor, ObjectKind, Signed},
};
use serde_json::value::RawValue;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// Who acts, before their name is looked up.
pub(super) enum Author {
    Member(UserId),
    Key(ApiKeyId),
    Operator(UserId),
    System(&'static str),
}

impl Author {
    /// The word in the database.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Member(_) => "member",
            Self::Key(_) => "key",
            Self::Operator(_) => "operator",
            Self::System(_) => "system",
        }
    }

    pub(super) fn id(&self) -> Option<Uuid> {
        match self {
            Self::Member(user) | Self::Operator(user) => Some(user.0),
            Self::Key(key) => Some(key.0),
            Self::System(_) => None,
        }
    }
}

/// The end of a chain, and what the next row takes from the moment it was locked.
pub(super) struct Head {
    pub seq: i64,
    pub hash: Hash,
    pub at: OffsetDateTime,
    pub author: String,
    /// Whether the tenant has webhooks.
    pub is_told: bool,
}

/// Locks the end of the tenant's chain until the transaction ends.
pub(super) async fn lock_head(
    db: &mut PgConnection,
    tenant: TenantId,
    author: &Author,
) -> Result<Head> {
    if let Some(head) = find_head(db, tenant, author).await? {
        return Ok(head);
    }
    sqlx::query!(
        "insert into audit_heads (tenant_id) values ($1) on conflict do nothing",
        tenant.0
    )
    .execute(&mut *db)
    .await?;
    let head = find_head(db, tenant, author).await?;
    Ok(head.ok_or_else(|| anyhow::anyhow!("the audit log has no head"))?)
}

/// The clock is read under the lock, so that times follow the numbers as far as the clock does.
async fn find_head(
    db: &mut PgConnection,
    tenant: TenantId,
    author: &Author,
) -> Result<Option<Head>> {
    let name = match author {
        Author::System(job) => Some(*job),
        _ => None,
    };
    Ok(sqlx::query_as!(
        Head,
        r#"select h.seq, h.hash as "hash: Hash", clock_timestamp() as "at!",
            coalesce($4,
                (select case when $2 = 'operator' then 'Operator ' else '' end
                    || u.name || ' <' || u.email || '>' from users u where u.user_id = $3),
                (select c.name || ' / ' || k.name from api_keys k
                    join mcp_clients c on c.tenant_id = k.tenant_id and c.client_id = k.client_id
                    where k.tenant_id = $1 and k.key_id = $3),
                $2) as "author!",
            exists (select from webhook_endpoints e
                where e.tenant_id = $1 and e.state <> 'disabled') as "is_told!"
        from audit_heads h where h.tenant_id = $1 for update of h"#,
        tenant.0,
        author.kind(),
        author.id(),
        name
    )
    .fetch_optional(db)
    .await?)
}

/// Writes the row and moves the head to it. Tells nobody: notifications make the commits of all
/// tenants wait for one another, which halves what the log takes.
pub(super) async fn append(db: &mut PgConnection, at: OffsetDateTime, row: &Entry) -> Result<()> {
    let json = |json: &Option<Box<RawValue>>| json.as_ref().map(|json| json.get().to_owned());
    sqlx::query!(
        "with moved as (
            update audit_heads set seq = $2, hash = $16 where tenant_id = $1
        )
        insert into audit_events (tenant_id, seq, at, actor_kind, actor_id, actor_name, act,
            object_kind, object_id, object_name, before, after, address, request_id, prev, hash)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        row.tenant.0,
        row.seq,
        at,
        row.actor_kind,
        row.actor_id,
        row.actor_name,
        row.act,
        row.object_kind,
        row.object_id,
        row.object_name,
        json(&row.before),
        json(&row.after),
        row.address,
        row.request_id,
        &row.prev.0,
        &row.hash.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The tenants a person belongs to, in the order of their ids.
pub(super) async fn tenants_of(db: &mut PgConnection, user: UserId) -> Result<Vec<TenantId>> {
    Ok(sqlx::query_scalar!(
        r#"select tenant_id as "tenant!: TenantId" from memberships_of($1) order by tenant_id"#,
        user.0
    )
    .fetch_all(db)
    .await?)
}

/// The end of a chain that has not been signed yet.
pub(super) struct Moved {
    pub tenant: TenantId,
    pub seq: i64,
    pub hash: Hash,
    pub now: OffsetDateTime,
}

/// Every head that moved since it was last signed.
pub(super) async fn moved(db: &mut PgConnection) -> Result<Vec<Moved>> {
    Ok(sqlx::query_as!(
        Moved,
        r#"select h.tenant_id as "tenant: TenantId", h.seq, h.hash as "hash: Hash", now() as "now!"
        from audit_heads h
        where h.seq > 0 and not exists (
            select from audit_checkpoints c where c.tenant_id = h.tenant_id and c.seq = h.seq)"#
    )
    .fetch_all(db)
    .await?)
}

/// Remembers which heads have been signed.
pub(super) async fn remember(db: &mut PgConnection, signed: &[Moved]) -> Result<()> {
    let tenants: Vec<_> = signed.iter().map(|head| head.tenant.0).collect();
    let seqs: Vec<_> = signed.iter().map(|head| head.seq).collect();
    let hashes: Vec<_> = signed.iter().map(|head| head.hash.0.to_vec()).collect();
    sqlx::query!(
        "insert into audit_checkpoints (tenant_id, seq, hash, signed_at)
        select u.tenant_id, u.seq, u.hash, now()
        from unnest($1::uuid[], $2::bigint[], $3::bytea[]) as u (tenant_id, seq, hash)",
        &tenants,
        &seqs,
        &hashes
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A row as stored.
struct Row {
    tenant: TenantId,
    seq: i64,
    at: OffsetDateTime,
    actor_kind: String,
    actor_id: Option<Uuid>,
    actor_name: String,
    act: String,
    object_kind: String,
    object_id: String,
    object_name: String,
    before: Option<String>,
    after: Option<String>,
    address: Option<String>,
    request_id: Option<Uuid>,
    prev: Hash,
    hash: Hash,
}

/// A row, and its time as one.
pub(super) struct Stored {
    pub at: OffsetDateTime,
    pub entry: Entry,
}

impl TryFrom<Row> for Stored {
    type Error = anyhow::Error;

    fn try_from(row: Row) -> anyhow::Result<Self> {
        let json = |text: Option<String>| text.map(RawValue::from_string).transpose();
        let entry = Entry {
            tenant: row.tenant,
            seq: row.seq,
            at: time_text(row.at),
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            actor_name: row.actor_name,
            act: row.act,
            object_kind: row.object_kind,
            object_id: row.object_id,
            object_name: row.object_name,
            before: json(row.before).context("reading what was before")?,
            after: json(row.after).context("reading what was after")?,
            address: row.address,
            request_id: row.request_id,
            prev: row.prev,
            hash: row.hash,
        };
        Ok(Self { at: row.at, entry })
    }
}

fn stored(rows: Vec<Row>) -> Result<Vec<Stored>> {
    Ok(rows
        .into_iter()
        .map(Stored::try_from)
        .collect::<anyhow::Result<_>>()?)
}

/// The newest rows before a number, newest first.
pub(super) async fn newest(
    db: &mut PgConnection,
    tenant: TenantId,
    wanted: &Wanted,
    before: i64,
    most: i64,
) -> Result<Vec<Stored>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select tenant_id as "tenant: TenantId", seq, at, actor_kind, actor_id, actor_name, act,
            object_kind, object_id, object_name, before, after, address, request_id,
            prev as "prev: Hash", hash as "hash: Hash"
        from audit_events
        where tenant_id = $1 and ($2::uuid is null or actor_id = $2) and ($3::text is null or act = $3)
            and ($4::text is null or object_kind = $4) and ($5::timestamptz is null or at >= $5)
            and ($6::text is null or words @@ to_tsquery('simple', $6))
            and seq < $7
        order by seq desc limit $8"#,
        tenant.0,
        wanted.filter.actor,
        wanted.filter.act.map(Act::as_str),
        wanted.filter.object.map(ObjectKind::as_str),
        wanted.since,
        wanted.words,
        before,
        most
    )
    .fetch_all(db)
    .await?;
    stored(rows)
}

/// The oldest rows after a number, oldest first.
pub(super) async fn oldest(
    db: &mut PgConnection,
    tenant: TenantId,
    wanted: &Wanted,
    after: i64,
    most: i64,
) -> Result<Vec<Stored>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select tenant_id as "tenant: TenantId", seq, at, actor_kind, actor_id, actor_name, act,
            object_kind, object_id, object_name, before, after, address, request_id,
            prev as "prev: Hash", hash as "hash: Hash"
        from audit_events
        where tenant_id = $1 and ($2::uuid is null or actor_id = $2) and ($3::text is null or act = $3)
            and ($4::text is null or object_kind = $4) and ($5::timestamptz is null or at >= $5)
            and ($6::text is null or words @@ to_tsquery('simple', $6))
            and seq > $7
        order by seq limit $8"#,
        tenant.0,
        wanted.filter.actor,
        wanted.filter.act.map(Act::as_str),
        wanted.filter.object.map(ObjectKind::as_str),
        wanted.since,
        wanted.words,
        after,
        most
    )
    .fetch_all(db)
    .await?;
    stored(rows)
}

/// How many rows are wanted.
pub(super) async fn count(db: &mut PgConnection, tenant: TenantId, wanted: &Wanted) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "count!" from audit_events
        where tenant_id = $1 and ($2::uuid is null or actor_id = $2) and ($3::text is null or act = $3)
            and ($4::text is null or object_kind = $4) and ($5::timestamptz is null or at >= $5)
            and ($6::text is null or words @@ to_tsquery('simple', $6))"#,
        tenant.0,
        wanted.filter.actor,
        wanted.filter.act.map(Act::as_str),
        wanted.filter.object.map(ObjectKind::as_str),
        wanted.since,
        wanted.words
    )
    .fetch_one(db)
    .await?)
}

/// The number of the last row.
pub(super) async fn last(db: &mut PgConnection, tenant: TenantId) -> Result<i64> {
    let last = sqlx::query_scalar!("select seq from audit_heads where tenant_id = $1", tenant.0)
        .fetch_optional(db)
        .await?;
    Ok(last.unwrap_or(0))
}

/// Everybody who has acted, with the name of their last act.
pub(super) async fn actors(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<AuditActor>> {
    Ok(sqlx::query_as!(
        AuditActor,
        r#"select id as "id!", name as "name!" from (
            select distinct on (actor_id) actor_id as id, actor_name as name
            from audit_events where tenant_id = $1 and actor_id is not null
            order by actor_id, seq desc
        ) actors order by name limit 200"#,
        tenant.0
    )
    .fetch_all(db)
    .await?)
}

/// The newest signed end.
pub(super) async fn signed(db: &mut PgConnection, tenant: TenantId) -> Result<Option<Signed>> {
    Ok(sqlx::query_as!(
        Signed,
        "select seq, signed_at as at from audit_checkpoints
        where tenant_id = $1 order by seq desc limit 1",
        tenant.0
    )
    .fetch_optional(db)
    .await?)
}

/// How many rows the log has: all, but those that were removed when they were old.
pub(super) async fn kept(db: &mut PgConnection, tenant: TenantId) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select coalesce(max(seq) - min(seq) + 1, 0) as "kept!"
        from audit_events where tenant_id = $1"#,
        tenant.0
    )
    .fetch_one(db)
    .await?)
}
