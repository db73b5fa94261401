//! The SQL of partitions, and of deleting what is old.

use crate::Result;
use sqlx::PgConnection;

/// Makes the partitions that are missing. Answers how many.
pub(in crate::usage) async fn make(db: &mut PgConnection, ahead: i32) -> Result<i32> {
    Ok(
        sqlx::query_scalar!(r#"select make_usage_partitions($1) as "made!""#, ahead)
            .fetch_one(db)
            .await?,
    )
}

/// Drops the partitions that ended so many days ago. Answers how many.
pub(in crate::usage) async fn drop_old(db: &mut PgConnection, days: u32) -> Result<i32> {
    let days = days.cast_signed();
    Ok(
        sqlx::query_scalar!(r#"select drop_usage_partitions($1) as "dropped!""#, days)
            .fetch_one(db)
            .await?,
    )
}

/// Deletes what no page reads any more: minutes after 3 days; hours by all dimensions and their durations after 16, twice
/// the week that is compared with the one before; hours by one dimension after 100; days after 25 months. Months stay.
pub(in crate::usage) async fn prune(db: &mut PgConnection) -> Result<()> {
    sqlx::query!("delete from usage_by_minute where bucket < now() - interval '3 days'")
        .execute(&mut *db)
        .await?;
    sqlx::query!(
        "delete from usage_cells where bucket < now() - interval '16 days' and grain = 'hour'
            or bucket < now() - interval '25 months' and grain = 'day'"
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "delete from usage_sums where bucket < now() - interval '16 days' and grain = 'hour'
                and dimension in ('toolkit', 'client', 'member', 'connection')
            or bucket < now() - interval '100 days' and grain = 'hour'
            or bucket < now() - interval '25 months' and grain = 'day'"
    )
    .execute(&mut *db)
    .await?;
    Ok(())
}
