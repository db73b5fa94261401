//! Another id for a session whose person may do other things than before (rule R13): an id that somebody got hold of
//! earlier must not gain what was given since.
//!
//! The change marks the person's sessions in its own transaction. The next request of each, on whatever server, gets
//! the new id; the old one leads to it for a moment more, for requests that a page makes side by side, and then to
//! nothing. The new id follows from the old one and a secret of the session, so that all of these get the same.

use super::{digest, store};
use crate::{Db, Result};
use api_types::UserId;
use sqlx::PgConnection;
use tower_sessions::{
    Session,
    session::{Id, Record},
};
use uuid::Uuid;

/// How long an old id leads to the new one, in seconds.
pub(super) const GRACE: i64 = 10;

/// Under which a session that was asked for by an old id holds the one that it is to have. Never stored.
const NEXT: &str = "next_id";

/// Has every session of these people get another id with its next request, in the caller's transaction.
pub(crate) async fn renew_sessions_of(db: &mut PgConnection, users: &[UserId]) -> Result<()> {
    store::mark(db, users).await
}

/// The id that this session is to have from now on, where the browser came with an old one.
pub async fn next_id(session: &Session) -> Option<Id> {
    let next: Option<String> = session.get(NEXT).await.ok().flatten();
    next?.parse().ok()
}

/// Gives a session its next id, unless another request was first.
pub async fn renew(db: &Db, old: &Id, next: &Id) -> Result<()> {
    store::renew(&mut *db.global().await?, &digest(old), &digest(next)).await
}

pub(super) fn tell_next(record: &mut Record, secret: Uuid) {
    let next = following(&record.id, secret).to_string();
    record.data.insert(NEXT.into(), next.into());
}

fn following(id: &Id, secret: Uuid) -> Id {
    let of = [&id.0.to_le_bytes()[..], secret.as_bytes()].concat();
    let digest = vault::digest("bulkhead/session/next/v1", &of);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Id(i128::from_le_bytes(bytes))
}
