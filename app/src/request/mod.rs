//! The request behind a server function or a rendered page: who asks, from where, and what the
//! answer carries besides its value. The only module of `app` that knows the server.

mod cookies;
pub mod flash;
mod forms;

pub use forms::{back_to, keep, lead_to, notice, set_theme};
pub(crate) use forms::{refused, visit};

use crate::UiError;
use api_types::{Refusal, UserId};
use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, Method, StatusCode, request::Parts},
};
use domain::{Actor, Origin, Services, sessions::USER};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use tower_sessions::Session;

/// The client's address where a middleware knows better than the socket, as behind a proxy.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

/// The id of this request in the log, set by a middleware.
#[derive(Clone, Debug)]
pub struct RequestId(pub uuid::Uuid);

/// Everything a use case needs.
pub fn services() -> Result<Services, UiError> {
    use_context().ok_or_else(|| missing("Services"))
}

/// The signed-in person.
pub async fn person() -> Result<UserId, UiError> {
    known_person()
        .await?
        .ok_or_else(|| Refusal::SignedOut.into())
}

/// The signed-in person, if anyone is.
pub async fn known_person() -> Result<Option<UserId>, UiError> {
    session()?
        .get(USER)
        .await
        .map_err(|error| crate::error::broken(&error))
}

/// The signed-in person as a member of a tenant; any other tenant looks missing.
pub async fn caller(tenant: &str) -> Result<(Services, Actor), UiError> {
    let services = services()?;
    let actor = domain::members::actor(&services, person().await?, tenant).await?;
    Ok((services, actor.seen_from(origin())))
}

/// Signs a person in: a new session id, so that one planted before is worth nothing.
pub async fn start_session(user: UserId) -> Result<(), UiError> {
    let session = session()?;
    let started = async {
        session.cycle_id().await?;
        session.insert(USER, user).await
    };
    started.await.map_err(|error| crate::error::broken(&error))
}

/// Changes the person's password. Their other sessions end, and this one gets a new id.
pub async fn change_password(
    current: &str,
    new: api_types::input::Password,
) -> Result<(), UiError> {
    let (services, user, session) = (services()?, person().await?, session()?);
    domain::users::change_password(&services, user, origin(), session.id(), current, new).await?;
    session
        .cycle_id()
        .await
        .map_err(|error| crate::error::broken(&error))
}

/// Signs out: the session is gone from the database too.
pub async fn end_session() -> Result<(), UiError> {
    session()?
        .flush()
        .await
        .map_err(|error| crate::error::broken(&error))
}

/// Where the request comes from.
pub fn address() -> IpAddr {
    let Some(parts) = use_context::<Parts>() else {
        return Ipv4Addr::UNSPECIFIED.into();
    };
    let known = parts
        .extensions
        .get::<ClientAddress>()
        .map(|address| address.0);
    let socket = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip());
    known.or(socket).unwrap_or(Ipv4Addr::UNSPECIFIED.into())
}

/// The id of this request in the log.
pub fn id() -> uuid::Uuid {
    let known =
        use_context::<Parts>().and_then(|parts| parts.extensions.get::<RequestId>().map(|id| id.0));
    known.unwrap_or_else(uuid::Uuid::now_v7)
}

/// Where the request comes from, as the audit log keeps it.
pub fn origin() -> Origin {
    Origin::request(address(), id())
}

/// Whether a plain browser posted a form, rather than the hydrated page.
fn is_plain_form() -> bool {
    use_context::<Parts>()
        .is_some_and(|parts| parts.method == Method::POST && wants_html(&parts.headers))
}

/// Whether a page is being rendered.
fn is_page() -> bool {
    use_context::<Parts>().is_some_and(|parts| parts.method == Method::GET)
}

fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers.get("accept").and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

pub(crate) fn set_status(status: u16) {
    let options = use_context::<ResponseOptions>();
    if let (Some(options), Ok(status)) = (options, StatusCode::from_u16(status)) {
        options.set_status(status);
    }
}

fn session() -> Result<Session, UiError> {
    use_context::<Parts>()
        .and_then(|parts| parts.extensions.get::<Session>().cloned())
        .ok_or_else(|| missing("Session"))
}

/// A wiring fault: the server did not give what every request must have.
fn missing(what: &str) -> UiError {
    crate::error::broken(&format_args!("the request has no {what}"))
}
