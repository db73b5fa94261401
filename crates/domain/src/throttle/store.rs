//! The SQL of counted guesses.

use crate::Result;
use sqlx::PgConnection;

/// A count after this guess.
pub(super) struct Counted {
    /// Guesses in this window, this one included.
    pub guesses: i32,
    /// Until the window ends.
    pub seconds_left: i64,
}

pub(super) async fn count(
    db: &mut PgConnection,
    subject: &[u8; 32],
    window_seconds: i64,
) -> Result<Counted> {
    Ok(sqlx::query_as!(
        Counted,
        r#"insert into sign_in_guesses as g (subject, window_start, guesses)
            values ($1, date_bin(make_interval(secs => $2::bigint), now(), timestamptz 'epoch'), 1)
        on conflict (subject, window_start) do update set guesses = g.guesses + 1
        returning guesses,
            extract(epoch from window_start - now())::bigint + $2::bigint as "seconds_left!""#,
        subject,
        window_seconds
    )
    .fetch_one(db)
    .await?)
}

pub(super) async fn forget(db: &mut PgConnection, subject: &[u8; 32]) -> Result<()> {
    sqlx::query!("delete from sign_in_guesses where subject = $1", subject)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn prune(db: &mut PgConnection, window_seconds: i64) -> Result<u64> {
    let done = sqlx::query!(
        "delete from sign_in_guesses
        where window_start < now() - make_interval(secs => $1::bigint)",
        window_seconds
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
