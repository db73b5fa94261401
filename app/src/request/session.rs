//! The session of a request: whom it names, how it begins and ends, and when its person last showed
//! that it is them.

use super::{address, agent, cookies, missing, origin, services};
use crate::UiError;
use api_types::{Refusal, UserId, input::Password};
use axum::http::request::Parts;
use domain::sessions::{self, PENDING, Pending, SEEN_FROM, SeenFrom, USER};
use leptos::prelude::use_context;
use std::fmt::Display;
use time::{Duration, OffsetDateTime};
use tower_sessions::{Session, session::Id};

/// Under which a session holds when its person last gave a password or a code, in seconds.
const AUTHENTICATED: &str = "authenticated";

/// How long an authentication is recent enough for what is dangerous.
const RECENT: Duration = Duration::minutes(10);

/// How long the second step of a sign-in may take.
const PATIENCE: Duration = Duration::minutes(10);

/// Tells browsers apart that a person has signed in with.
const DEVICE: &str = "bulkhead-device";

/// The signed-in person.
pub async fn person() -> Result<UserId, UiError> {
    known_person()
        .await?
        .ok_or_else(|| Refusal::SignedOut.into())
}

/// The signed-in person, if anyone is.
pub async fn known_person() -> Result<Option<UserId>, UiError> {
    session()?.get(USER).await.map_err(broken)
}

/// The id of this session, where it has one.
pub fn session_id() -> Result<Option<Id>, UiError> {
    Ok(session()?.id())
}

/// Signs a person in: a new session id, so that one planted before is worth nothing. They are told
/// by mail when they have not used this browser before.
pub async fn start_session(user: UserId) -> Result<(), UiError> {
    start(user, false).await
}

/// The same for a person who has just been created.
pub async fn start_first_session(user: UserId) -> Result<(), UiError> {
    start(user, true).await
}

async fn start(user: UserId, just_created: bool) -> Result<(), UiError> {
    let session = session()?;
    let seen = seen_from();
    let cookie = cookies::get(DEVICE);
    let fresh = sessions::greet(&services()?, user, &seen, cookie.as_deref(), just_created).await?;
    if let Some(fresh) = fresh {
        cookies::remember(DEVICE, &fresh);
    }
    let started = async {
        session.clear().await;
        session.cycle_id().await?;
        session.insert(SEEN_FROM, seen).await?;
        session.insert(AUTHENTICATED, now()).await?;
        session.insert(USER, user).await
    };
    started.await.map_err(broken)
}

/// Remembers who has given a right password and owes a code. Such a session opens nothing else.
pub async fn wait_for_code(user: UserId) -> Result<(), UiError> {
    let session = session()?;
    let until = now() + PATIENCE.whole_seconds();
    let waiting = async {
        session.clear().await;
        session.cycle_id().await?;
        session.insert(SEEN_FROM, seen_from()).await?;
        session.insert(PENDING, Pending { user, until }).await
    };
    waiting.await.map_err(broken)
}

/// Who owes a code here.
pub async fn pending_person() -> Result<UserId, UiError> {
    let pending: Option<Pending> = session()?.get(PENDING).await.map_err(broken)?;
    pending
        .filter(|pending| pending.until > now())
        .map(|pending| pending.user)
        .ok_or_else(|| Refusal::SignedOut.into())
}

/// Refuses what is dangerous unless the person gave a password or a code here lately. The refusal
/// leads to where they can.
pub async fn require_recent_auth() -> Result<UserId, UiError> {
    let user = person().await?;
    let at: Option<i64> = session()?.get(AUTHENTICATED).await.map_err(broken)?;
    if at.is_some_and(|at| now() - at < RECENT.whole_seconds()) {
        return Ok(user);
    }
    Err(Refusal::StepUp.into())
}

/// Notes that the person has just given a password or a code. The session gets a new id.
pub async fn mark_recent_auth() -> Result<(), UiError> {
    let session = session()?;
    let marked = async {
        session.cycle_id().await?;
        session.insert(AUTHENTICATED, now()).await
    };
    marked.await.map_err(broken)
}

/// Changes the person's password. Their other sessions end, and this one gets a new id.
pub async fn change_password(current: &str, new: Password) -> Result<(), UiError> {
    let (services, user, session) = (services()?, person().await?, session()?);
    domain::users::change_password(&services, user, origin(), session.id(), current, new).await?;
    mark_recent_auth().await
}

/// Signs out: the session is gone from the database too.
pub async fn end_session() -> Result<(), UiError> {
    session()?.flush().await.map_err(broken)
}

fn seen_from() -> SeenFrom {
    SeenFrom {
        address: address(),
        agent: agent(),
    }
}

fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

fn session() -> Result<Session, UiError> {
    use_context::<Parts>()
        .and_then(|parts| parts.extensions.get::<Session>().cloned())
        .ok_or_else(|| missing("Session"))
}

fn broken(error: impl Display) -> UiError {
    crate::error::broken(&error)
}
