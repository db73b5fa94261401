//! The use of the whole instance, from the day rollups.

use crate::Result;
use anyhow::Context as _;
use api_types::{
    TenantId,
    operator::{TenantState, TopTenant},
    usage::Bar,
};
use sqlx::PgConnection;
use time::OffsetDateTime;

/// The days with calls since then, oldest first.
pub(in crate::operator) async fn days(
    db: &mut PgConnection,
    since: OffsetDateTime,
) -> Result<Vec<Bar>> {
    Ok(sqlx::query_as!(
        Bar,
        r#"select bucket as "start!",
            coalesce(sum(calls) filter (where outcome = 'ok'), 0)::bigint as "ok!",
            coalesce(sum(calls) filter (where outcome <> 'ok'), 0)::bigint as "errors!"
        from usage_daily where bucket >= $1 group by bucket order by bucket"#,
        since
    )
    .fetch_all(db)
    .await?)
}

/// The tenants with the most calls since then.
pub(in crate::operator) async fn top(
    db: &mut PgConnection,
    since: OffsetDateTime,
    most: i64,
) -> Result<Vec<TopTenant>> {
    Ok(sqlx::query_as!(
        TopTenant,
        r#"select t.tenant_id as "id: TenantId", t.name, sums.calls as "calls!",
            sums.errors as "errors!"
        from (
            select tenant_id, sum(calls)::bigint as calls,
                coalesce(sum(calls) filter (where outcome <> 'ok'), 0)::bigint as errors
            from usage_daily where bucket >= $1 group by tenant_id
            order by calls desc, tenant_id limit $2
        ) sums
        join tenants t using (tenant_id)
        order by sums.calls desc, t.tenant_id"#,
        since,
        most
    )
    .fetch_all(db)
    .await?)
}

/// How many tenants are in each state.
pub(in crate::operator) async fn states(db: &mut PgConnection) -> Result<Vec<(TenantState, i64)>> {
    sqlx::query!(r#"select state as "state!", count(*) as "count!" from tenant_states group by 1"#)
        .fetch_all(db)
        .await?
        .into_iter()
        .map(|row| {
            let state = TenantState::parse(&row.state).context("an unknown state of a tenant")?;
            Ok((state, row.count))
        })
        .collect()
}
