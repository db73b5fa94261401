//! The way to a provider and back, as those of the instance and those of tenants share it.

use super::ApiError;
use crate::AppState;
use api_types::sign_in_with::Failure;
use api_types::{Refusal, TenantId, UserId};
use app::request::{self, ClientAddress, RequestId};
use app::{leading_to, next_page};
use axum::Extension;
use axum::extract::{FromRequestParts, Query};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use domain::Origin;
use domain::sessions::{self, SeenFrom, USER};
use domain::sign_in_with::{self, Answer, BROWSER};
use domain::users::SignIn;
use http::request::Parts;
use http::{HeaderValue, header};
use serde::Deserialize;
use tower_sessions::{Expiry, Session};

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

/// A page that says one thing.
pub(super) fn plain_page(title: &str, what: &str, then: &str) -> Html<String> {
    let (title, what, then) = (escaped(title), escaped(what), escaped(then));
    Html(format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">\
         <title>{title} · Bulkhead</title></head>\
         <body><main><h1>{title}</h1><p>{what}</p><p>{then}</p></main></body></html>"
    ))
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
struct Brought {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// A browser that comes back from a provider.
pub(super) struct CameBack {
    /// Its session.
    pub(super) session: Session,
    /// The secret that binds answers to it; empty where it has none.
    pub(super) browser: String,
    /// Who is signed in there.
    pub(super) user: Option<UserId>,
    /// What it brings.
    pub(super) answer: Answer,
    /// Where it comes from.
    pub(super) origin: Origin,
    seen: SeenFrom,
    device: Option<String>,
}

impl FromRequestParts<AppState> for CameBack {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let known = Extension::<ClientAddress>::from_request_parts(parts, state).await;
        let Extension(ClientAddress(address)) = known.map_err(anyhow::Error::from)?;
        let known = Extension::<RequestId>::from_request_parts(parts, state).await;
        let Extension(RequestId(id)) = known.map_err(anyhow::Error::from)?;
        let session = parts.extensions.get::<Session>().cloned();
        let session = session.ok_or(Refusal::SignedOut)?;
        let browser: Option<String> = session.get(BROWSER).await.map_err(anyhow::Error::from)?;
        let brought = Query::<Brought>::from_request_parts(parts, state).await;
        let unreadable = |_| Refusal::invalid("state", "this is not what a provider answers");
        let Query(brought) = brought.map_err(unreadable)?;
        Ok(Self {
            user: person(&session).await?,
            session,
            browser: browser.unwrap_or_default(),
            answer: Answer {
                state: brought.state,
                code: brought.code,
                error: brought.error,
                iss: brought.iss,
            },
            origin: Origin::request(address, id),
            seen: SeenFrom {
                address,
                agent: request::agent_of(&parts.headers),
            },
            device: request::cookie(&parts.headers, request::DEVICE),
        })
    }
}

/// Somebody as whom a browser comes back.
pub(super) struct Known {
    /// Who, and what it is worth.
    pub(super) sign_in: SignIn,
    /// Whether they have just been created.
    pub(super) just_created: bool,
    /// The tenant whose provider they came by.
    pub(super) came_by: Option<TenantId>,
}

impl CameBack {
    /// Begins a session as every door does, or one that owes a code.
    pub(super) async fn sign_in(
        self,
        state: &AppState,
        known: Known,
        next: &str,
    ) -> Result<Response, ApiError> {
        let (session, came_by) = (&self.session, known.came_by);
        let user = match known.sign_in {
            SignIn::Complete(user) => user,
            SignIn::NeedsCode(user) => {
                sessions::wait_for_code(session, user, self.seen, came_by).await?;
                return Ok(Redirect::to(&leading_to("/sign-in/code", next)).into_response());
            }
        };
        let (services, device, new) = (&state.services, self.device.as_deref(), known.just_created);
        let begun = sessions::begin(services, session, user, self.seen, device, new, came_by);
        let fresh = begun.await?;
        let mut response = Redirect::to(next_page(next).unwrap_or("/")).into_response();
        let is_https = state.config.public_url.is_https();
        let line = fresh.map(|fresh| request::remembering(request::DEVICE, &fresh, is_https));
        if let Some(Ok(line)) = line.map(|line| HeaderValue::from_str(&line)) {
            response.headers_mut().append(header::SET_COOKIE, line);
        }
        Ok(response)
    }
}

/// Back to a page that then leads on to `next`, with a word that the page knows.
pub(super) fn failed(page: &str, next: &str, failure: Failure) -> Response {
    let page = leading_to(page, next);
    let sign = if page.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{page}{sign}failed={}", failure.as_str())).into_response()
}

/// Who is signed in.
pub(super) async fn person(session: &Session) -> Result<Option<UserId>, ApiError> {
    Ok(session.get(USER).await.map_err(anyhow::Error::from)?)
}
