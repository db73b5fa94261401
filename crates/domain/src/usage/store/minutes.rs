//! The SQL that reads minutes as they are: what is too young for sums. Whoever needs them adds them up in many ways, so they
//! are read once.

use super::sums::Columns;
use crate::{
    Result,
    usage::pieces::{Grain, Piece},
};
use api_types::{
    TenantId,
    usage::{Outcome, UsageFilter},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// Calls of a minute that are alike in everything.
pub(in crate::usage) struct Minute {
    pub at: OffsetDateTime,
    pub toolkit: String,
    pub tool: String,
    pub client: Uuid,
    pub key: Uuid,
    pub member: Uuid,
    pub connection: Uuid,
    pub outcome: String,
    pub class: i16,
    pub calls: i64,
    pub units: i64,
    pub duration_us: i64,
    pub bytes: i64,
}

impl Minute {
    /// Its value of a dimension, as sums have it; of `all`, the empty one.
    pub(in crate::usage) fn value(&self, dimension: &str) -> Option<String> {
        let id = match dimension {
            "all" => return Some(String::new()),
            "toolkit" => return Some(self.toolkit.clone()),
            "tool" => return Some(self.tool.clone()),
            "client" => self.client,
            "key" => self.key,
            "member" => self.member,
            _ => self.connection,
        };
        (!id.is_nil()).then(|| id.to_string())
    }
}

/// Reads the minutes among pieces, as far as the filter leaves them. Answers them with the other pieces.
pub(in crate::usage) async fn apart(
    db: &mut PgConnection,
    tenant: TenantId,
    filter: &UsageFilter,
    pieces: Vec<Piece>,
) -> Result<(Vec<Piece>, Vec<Minute>)> {
    let (edges, pieces): (Vec<_>, Vec<_>) = pieces
        .into_iter()
        .partition(|piece| piece.grain == Grain::Minute);
    if edges.is_empty() {
        return Ok((pieces, Vec::new()));
    }
    Ok((pieces, read(db, tenant, filter, &edges).await?))
}

/// About `offset 0` see `sums`.
async fn read(
    db: &mut PgConnection,
    tenant: TenantId,
    filter: &UsageFilter,
    edges: &[Piece],
) -> Result<Vec<Minute>> {
    let edges = Columns::of(edges);
    Ok(sqlx::query_as!(
        Minute,
        r#"select m.bucket as at, m.toolkit, m.tool, m.client_id as client, m.key_id as key, m.member_id as member,
            m.connection_id as connection, m.outcome, m.latency_class as class, m.calls, m.units, m.duration_us, m.bytes
        from unnest($2::timestamptz[], $3::timestamptz[]) p (since, until)
        cross join lateral (
            select * from usage_by_minute m
            where m.tenant_id = $1 and m.bucket >= p.since and m.bucket < p.until offset 0
        ) m
        where ($4::text is null or m.toolkit = $4) and ($5::text is null or m.tool = $5)
            and ($6::uuid is null or m.client_id = $6) and ($7::uuid is null or m.key_id = $7)
            and ($8::uuid is null or m.member_id = $8) and ($9::uuid is null or m.connection_id = $9)
            and ($10::text is null or m.outcome = $10)"#,
        tenant.0,
        &edges.since,
        &edges.until,
        filter.toolkit,
        filter.tool,
        filter.client.map(|id| id.0),
        filter.credential.map(|id| id.0),
        filter.member.map(|id| id.0),
        filter.connection.map(|id| id.0),
        filter.outcome.map(Outcome::as_str)
    )
    .fetch_all(db)
    .await?)
}
