//! Signing in with an account elsewhere: a form that leads a browser there, and the address that it comes back to.

use super::ApiError;
use crate::AppState;
use api_types::sign_in_with::Failure;
use api_types::{TenantId, UserId};
use app::request::{self, ClientAddress, RequestId};
use app::{leading_to, next_page};
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use domain::Origin;
use domain::sessions::{self, SeenFrom, USER};
use domain::sign_in_with::{self, Answer, BROWSER, Finished, NEWCOMER, Outcome, Wish};
use domain::users::SignIn;
use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;
use tower_sessions::{Expiry, Session};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/sign-in/with/{provider}", post(start))
        .route("/sign-in/with/{provider}/callback", get(finish))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    wish: String,
    #[serde(default)]
    next: String,
}

async fn start(
    State(state): State<AppState>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    Path(provider): Path<String>,
    session: Session,
    Form(wanted): Form<Wanted>,
) -> Result<Response, ApiError> {
    let next = next_page(&wanted.next).unwrap_or_default();
    let user = person(&session).await?;
    let wish = match (wanted.wish.as_str(), user) {
        ("link", Some(user)) if sessions::authenticated_lately(&session).await? => Wish::Link(user),
        ("link", Some(_)) => {
            return Ok(Redirect::to(&leading_to("/step-up", "/account")).into_response());
        }
        ("step_up", Some(user)) => Wish::StepUp(user),
        ("link" | "step_up", None) => return Ok(Redirect::to("/sign-in").into_response()),
        _ => Wish::SignIn,
    };
    let browser = browser(&session, user).await?;
    let services = &state.services;
    let started = sign_in_with::start(services, address, &browser, &provider, wish, next).await?;
    Ok(match started {
        Some(started) => lead(&started.name, &started.url),
        None => failed(wish, next, Failure::Provider),
    })
}

/// The secret that binds answers to this browser. A session that is begun for it alone ends with the attempt.
pub(super) async fn browser(session: &Session, user: Option<UserId>) -> Result<String, ApiError> {
    if user.is_none() {
        let minutes = time::Duration::minutes(sign_in_with::MINUTES);
        session.set_expiry(Some(Expiry::OnInactivity(minutes)));
    }
    let known: Option<String> = session.get(BROWSER).await.map_err(anyhow::Error::from)?;
    if let Some(known) = known {
        return Ok(known);
    }
    let fresh = vault::random_token().reveal();
    let kept = session.insert(BROWSER, &fresh).await;
    kept.map_err(anyhow::Error::from)?;
    Ok(fresh)
}

/// A page that leads on. A redirect would do, but browsers hold it against the policy that our forms send only to us.
pub(super) fn lead(name: &str, url: &str) -> Response {
    let (name, url) = (escaped(name), escaped(url));
    Html(format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">\
         <meta http-equiv=\"refresh\" content=\"0; url={url}\">\
         <title>On to {name} · Bulkhead</title></head>\
         <body><main><p><a href=\"{url}\" rel=\"noreferrer\">Continue to {name}</a></p></main></body></html>"
    ))
    .into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// What a provider adds to the address.
#[derive(Deserialize)]
pub(super) struct Brought {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

impl Brought {
    pub(super) fn answer(self) -> Answer {
        Answer {
            state: self.state,
            code: self.code,
            error: self.error,
            iss: self.iss,
        }
    }
}

async fn finish(
    State(state): State<AppState>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    Extension(RequestId(id)): Extension<RequestId>,
    Path(provider): Path<String>,
    Query(brought): Query<Brought>,
    session: Session,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let browser: Option<String> = session.get(BROWSER).await.map_err(anyhow::Error::from)?;
    let user = person(&session).await?;
    let answer = brought.answer();
    let origin = Origin::request(address, id);
    let browser = browser.unwrap_or_default();
    let finished =
        sign_in_with::finish(&state.services, &provider, &browser, user, origin, answer).await?;
    let Finished {
        wish,
        next,
        outcome,
    } = finished;
    let seen = seen_from(address, &headers);
    match outcome {
        Outcome::Known(SignIn::Complete(user)) => {
            begin(&state, &session, user, seen, &headers, &next).await
        }
        Outcome::Known(SignIn::NeedsCode(user)) => {
            sessions::wait_for_code(&session, user, seen, None).await?;
            Ok(Redirect::to(&leading_to("/sign-in/code", &next)).into_response())
        }
        Outcome::Unknown(newcomer) => {
            let kept = session.insert(NEWCOMER, newcomer).await;
            kept.map_err(anyhow::Error::from)?;
            Ok(Redirect::to("/sign-up/with").into_response())
        }
        Outcome::Linked => Ok(Redirect::to("/account?linked=yes").into_response()),
        Outcome::SteppedUp => {
            sessions::mark_authenticated(&session).await?;
            let next = next_page(&next).unwrap_or("/account");
            Ok(Redirect::to(next).into_response())
        }
        Outcome::Failed(failure) => Ok(failed(wish, &next, failure)),
    }
}

async fn begin(
    state: &AppState,
    session: &Session,
    user: UserId,
    seen: SeenFrom,
    headers: &HeaderMap,
    next: &str,
) -> Result<Response, ApiError> {
    begin_with(state, session, user, seen, headers, next, (false, None)).await
}

/// Begins a session as every door does. `came` says whether the person has just been created, and by whose provider
/// they came.
pub(super) async fn begin_with(
    state: &AppState,
    session: &Session,
    user: UserId,
    seen: SeenFrom,
    headers: &HeaderMap,
    next: &str,
    (just_created, came_by): (bool, Option<TenantId>),
) -> Result<Response, ApiError> {
    let device = request::cookie(headers, request::DEVICE);
    let (services, device) = (&state.services, device.as_deref());
    let begun = sessions::begin(services, session, user, seen, device, just_created, came_by);
    let fresh = begun.await?;
    let mut response = Redirect::to(next_page(next).unwrap_or("/")).into_response();
    let is_https = state.config.public_url.is_https();
    let line = fresh.map(|fresh| request::remembering(request::DEVICE, &fresh, is_https));
    if let Some(Ok(line)) = line.map(|line| HeaderValue::from_str(&line)) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    Ok(response)
}

/// Back to where it began, with a word that the page there knows.
fn failed(wish: Wish, next: &str, failure: Failure) -> Response {
    let page = match wish {
        Wish::SignIn => "/sign-in",
        Wish::Link(_) | Wish::Test(_) => "/account",
        Wish::StepUp(_) => "/step-up",
    };
    let page = leading_to(page, next);
    let sign = if page.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{page}{sign}failed={}", failure.as_str())).into_response()
}

pub(super) async fn person(session: &Session) -> Result<Option<UserId>, ApiError> {
    Ok(session.get(USER).await.map_err(anyhow::Error::from)?)
}

pub(super) fn seen_from(address: std::net::IpAddr, headers: &HeaderMap) -> SeenFrom {
    SeenFrom {
        address,
        agent: request::agent_of(headers),
    }
}
