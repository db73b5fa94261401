//! A person's own sessions: seen and ended. Every request looks its session up, so that one that
//! has ended is refused at once.

use super::{ABSOLUTE_DAYS, agent, optional, store};
use crate::{
    Origin, Result, Services,
    audit::{self, Event},
};
use api_types::{Refusal, SessionId, UserId, accounts::SessionView, audit::Act};
use tower_sessions::session::Id;

/// The person's sessions, the one that asks first.
pub async fn list(s: &Services, user: UserId, current: Option<Id>) -> Result<Vec<SessionView>> {
    let mut db = s.db.global().await?;
    let rows = store::list(&mut db, user, &optional(current), ABSOLUTE_DAYS).await?;
    Ok(rows.into_iter().map(|row| view(s, row)).collect())
}

fn view(s: &Services, row: store::Row) -> SessionView {
    let address = row.address.as_deref();
    let address = address.and_then(|address| address.parse().ok());
    SessionView {
        id: row.id,
        current: row.current,
        device: agent::device(row.agent.as_deref()),
        place: address.and_then(|address| s.places.of(address)),
        address: row.address,
        created_at: row.created_at,
        seen_at: row.seen_at,
    }
}

/// Ends one of the person's sessions; another person's looks missing.
pub async fn end(s: &Services, user: UserId, origin: Origin, id: SessionId) -> Result<()> {
    let mut tx = s.db.person_tx().await?;
    if !store::delete_one(&mut tx, user, id).await? {
        return Err(Refusal::NotFound.into());
    }
    let event = Event::new(Act::SessionEnded, user, "one session");
    audit::record_for_person(&mut tx, user, origin, event).await?;
    tx.commit().await
}

/// Ends all of the person's sessions but the one with this id.
pub async fn end_others(
    s: &Services,
    user: UserId,
    origin: Origin,
    kept: Option<Id>,
) -> Result<()> {
    let mut tx = s.db.person_tx().await?;
    store::delete_others(&mut tx, user, &optional(kept)).await?;
    let event = Event::new(Act::SessionEnded, user, "all other sessions");
    audit::record_for_person(&mut tx, user, origin, event).await?;
    tx.commit().await
}
