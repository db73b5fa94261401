//! The SQL that reads minutes as they are. A page asks many things of the same minutes: it reads them once, and adds up itself.

use super::sums::Columns;
use crate::{Result, usage::pieces::Piece};
use api_types::TenantId;
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

/// The minutes of pieces, with one outcome or with all. About `offset 0` see `sums`.
pub(in crate::usage) async fn minutes(
    db: &mut PgConnection,
    tenant: TenantId,
    outcome: Option<&str>,
    pieces: &[Piece],
) -> Result<Vec<Minute>> {
    let pieces = Columns::of(pieces);
    Ok(sqlx::query_as!(
        Minute,
        r#"select m.bucket as at, m.toolkit, m.tool, m.client_id as client, m.key_id as key, m.member_id as member,
            m.connection_id as connection, m.outcome, m.latency_class as class, m.calls, m.units, m.duration_us, m.bytes
        from unnest($2::timestamptz[], $3::timestamptz[]) p (since, until)
        cross join lateral (
            select * from usage_by_minute m
            where m.tenant_id = $1 and m.bucket >= p.since and m.bucket < p.until offset 0
        ) m
        where $4::text is null or m.outcome = $4"#,
        tenant.0,
        &pieces.since,
        &pieces.until,
        outcome
    )
    .fetch_all(db)
    .await?)
}
