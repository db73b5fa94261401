//! The SQL of what Stripe tells.

use crate::{Result, billing::stripe::objects::Event};
use sqlx::PgConnection;
use time::OffsetDateTime;

/// Keeps events that are not there yet. Answers how many there were.
pub(in crate::billing) async fn insert(
    db: &mut PgConnection,
    events: &[Event],
    heard: &str,
) -> Result<u64> {
    let ours = || events.iter().filter(|event| event.customer().is_some());
    let ids: Vec<_> = ours().map(|event| cut(&event.id)).collect();
    let kinds: Vec<_> = ours().map(|event| cut(&event.kind)).collect();
    let customers: Vec<_> = ours()
        .filter_map(|event| event.customer())
        .map(cut)
        .collect();
    let live: Vec<_> = ours().map(|event| event.livemode).collect();
    let times = ours().map(|event| crate::billing::standing::at(event.created));
    let times: Vec<OffsetDateTime> = times.collect();
    let inserted = sqlx::query!(
        "insert into billing_events (event_id, livemode, kind, customer, happened_at, heard)
        select event_id, livemode, kind, customer, happened_at, $6
        from unnest($1::text[], $2::bool[], $3::text[], $4::text[], $5::timestamptz[])
            as e (event_id, livemode, kind, customer, happened_at)
        on conflict (event_id) do nothing",
        &ids as &[String],
        &live,
        &kinds as &[String],
        &customers as &[String],
        &times,
        heard
    )
    .execute(db)
    .await?;
    Ok(inserted.rows_affected())
}

/// Text that the database accepts.
fn cut(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(255).collect()
}

/// What was heard of a customer and is not done with.
pub(in crate::billing) async fn waiting(
    db: &mut PgConnection,
    live: bool,
    customer: &str,
) -> Result<Vec<String>> {
    let waiting = sqlx::query_scalar!(
        "select event_id from billing_events
        where livemode = $1 and customer = $2 and done_at is null",
        live,
        customer
    );
    Ok(waiting.fetch_all(db).await?)
}

/// These are done with.
pub(in crate::billing) async fn done(db: &mut PgConnection, events: &[String]) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "update billing_events set done_at = now() where event_id = any ($1) and done_at is null",
        events
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Sets aside what is of customers that are no tenant's, and deletes what is done with for a month. As the system role.
pub(in crate::billing) async fn delete_expired(db: &mut PgConnection) -> Result<u64> {
    sqlx::query!(
        "update billing_events e set done_at = now()
        where done_at is null and received_at < now() - interval '1 day' and not exists (
            select from billing_accounts a where a.livemode = e.livemode and a.customer = e.customer)"
    )
    .execute(&mut *db)
    .await?;
    let deleted = sqlx::query!(
        "delete from billing_events
        where received_at < now() - interval '35 days' and done_at is not null"
    );
    Ok(deleted.execute(db).await?.rows_affected())
}

/// Until when events are here. As the system role.
pub(in crate::billing) async fn until(db: &mut PgConnection, live: bool) -> Result<OffsetDateTime> {
    let until = sqlx::query_scalar!(
        "select events_until from billing_state where livemode = $1",
        live
    );
    Ok(until.fetch_one(db).await?)
}

/// From now on events are here until then. As the system role.
pub(in crate::billing) async fn set_until(
    db: &mut PgConnection,
    live: bool,
    until: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "update billing_state set events_until = $2 where livemode = $1 and events_until < $2",
        live,
        until
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes the right to compare everything, once in so many seconds. As the system role.
pub(in crate::billing) async fn take_turn(
    db: &mut PgConnection,
    live: bool,
    seconds: f64,
) -> Result<bool> {
    let taken = sqlx::query!(
        "update billing_state set reconciled_at = now()
        where livemode = $1 and reconciled_at <= now() - make_interval(secs => $2)",
        live,
        seconds
    );
    Ok(taken.execute(db).await?.rows_affected() == 1)
}
