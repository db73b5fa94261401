//! The request behind a server function or a rendered page: who asks, from where, and what the
//! answer carries besides its value. The only module of `app` that knows the server.

mod cookies;
pub mod flash;
mod forms;
mod operator;
pub mod passkeys;
mod session;
mod tried;
pub(crate) mod webhooks;

pub use cookies::{in_headers as cookie, remembering};
pub use forms::{back_to, keep, lead_to, notice, set_theme};
pub(crate) use forms::{refused, visit};
pub use operator::{enter, is_operator, leave, note_factor, operator, operator_lately};
pub use session::{
    DEVICE, change_password, end_session, known_person, mark_recent_auth, newcomer, pending_person,
    person, require_recent_auth, session_id, signed_in, start_first_session, start_session,
    wait_for_code,
};
pub(crate) use tried::{TESTED, carry_tried, is_word, tried};

use crate::UiError;
use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
};
use domain::{Actor, Origin, Services};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

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

/// The signed-in person as a member of a tenant, or as an operator who looks at it with its consent; any other tenant
/// looks missing.
pub async fn caller(tenant: &str) -> Result<(Services, Actor), UiError> {
    let services = services()?;
    let mut who = signed_in().await?;
    who.visits = operator::visited().await?;
    let actor = domain::members::actor(&services, who, tenant).await?;
    if actor.is_operator() {
        operator::require_looking()?;
    }
    Ok((services, actor.seen_from(origin())))
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

/// What the browser says of itself, at most so much of it.
pub fn agent() -> String {
    let parts = use_context::<Parts>();
    parts.map_or_else(String::new, |parts| agent_of(&parts.headers))
}

/// The same for answers that Leptos does not write.
pub fn agent_of(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT);
    let agent = agent.and_then(|agent| agent.to_str().ok());
    agent.unwrap_or_default().chars().take(300).collect()
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

/// A wiring fault: the server did not give what every request must have.
fn missing(what: &str) -> UiError {
    crate::error::broken(&format_args!("the request has no {what}"))
}
