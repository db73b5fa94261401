//! The session of a request: whom it names, how it begins and ends, and when its person last showed
//! that it is them.

use super::{address, agent, cookies, missing, origin, services};
use crate::UiError;
use api_types::{Refusal, UserId, input::Password, sign_in_with::Newcomer};
use axum::http::request::Parts;
use domain::members::SignedIn;
use domain::sessions::{self, SeenFrom, USER};
use domain::sign_in_with::NEWCOMER;
use leptos::prelude::use_context;
use std::fmt::Display;
use time::OffsetDateTime;
use tower_sessions::{Session, session::Id};

/// Tells browsers apart that a person has signed in with.
pub const DEVICE: &str = "bulkhead-device";

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

/// The signed-in person, and the tenant whose provider they came by.
pub async fn signed_in() -> Result<SignedIn, UiError> {
    Ok(SignedIn {
        came_by: sessions::came_by(&session()?).await?,
        ..person().await?.into()
    })
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
    let (services, session) = (services()?, session()?);
    let device = cookies::get(DEVICE);
    let begun = sessions::begin(
        &services,
        &session,
        user,
        seen_from(),
        device.as_deref(),
        just_created,
        None,
    );
    if let Some(fresh) = begun.await? {
        cookies::remember(DEVICE, &fresh);
    }
    Ok(())
}

/// Remembers who has given a right password and owes a code. Such a session opens nothing else.
pub async fn wait_for_code(user: UserId) -> Result<(), UiError> {
    Ok(sessions::wait_for_code(&session()?, user, seen_from(), None).await?)
}

/// Who owes a code here.
pub async fn pending_person() -> Result<UserId, UiError> {
    sessions::pending(&session()?)
        .await?
        .ok_or_else(|| Refusal::SignedOut.into())
}

/// Refuses what is dangerous unless the person gave a password or a code here lately. The refusal
/// leads to where they can.
pub async fn require_recent_auth() -> Result<UserId, UiError> {
    let user = person().await?;
    if sessions::authenticated_lately(&session()?).await? {
        return Ok(user);
    }
    Err(Refusal::StepUp.into())
}

/// Notes that the person has just given a password or a code. The session gets a new id.
pub async fn mark_recent_auth() -> Result<(), UiError> {
    Ok(sessions::mark_authenticated(&session()?).await?)
}

/// Somebody whom a provider knows and we do not, and who thinks about a name.
pub async fn newcomer() -> Result<Newcomer, UiError> {
    let newcomer: Option<Newcomer> = session()?.get(NEWCOMER).await.map_err(broken)?;
    newcomer
        .filter(|one| one.until > OffsetDateTime::now_utc().unix_timestamp())
        .ok_or_else(|| Refusal::SignedOut.into())
}

/// Changes the person's password. Their other sessions end, and this one gets a new id.
pub async fn change_password(current: &str, new: Password) -> Result<(), UiError> {
    let (services, user, session) = (services()?, person().await?, session()?);
    domain::users::change_password(&services, user, origin(), session.id(), current, new).await?;
    mark_recent_auth().await
}

/// Signs out: the session is gone from the database too. An operator leaves the tenant that they look at first.
pub async fn end_session() -> Result<(), UiError> {
    if super::is_operator().await? {
        super::leave().await?;
    }
    session()?.flush().await.map_err(broken)
}

fn seen_from() -> SeenFrom {
    SeenFrom {
        address: address(),
        agent: agent(),
    }
}

pub(super) fn session() -> Result<Session, UiError> {
    use_context::<Parts>()
        .and_then(|parts| parts.extensions.get::<Session>().cloned())
        .ok_or_else(|| missing("Session"))
}

fn broken(error: impl Display) -> UiError {
    crate::error::broken(&error)
}
