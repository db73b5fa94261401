//! Signing in with a tenant's own provider: the form that finds it by an address, the test of whoever connects it, and
//! the address that browsers come back to.

use super::ApiError;
use super::caller::Caller;
use super::sign_in_with::{Brought, begin_with, browser, lead, person, seen_from};
use crate::AppState;
use api_types::TenantId;
use api_types::sign_in_with::Failure;
use app::request::{ClientAddress, RequestId};
use app::{leading_to, next_page};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use domain::sign_in_with::BROWSER;
use domain::sso::{self, Finished, Outcome};
use domain::users::SignIn;
use domain::{Origin, sessions};
use http::HeaderMap;
use serde::Deserialize;
use tower_sessions::Session;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/sign-in/sso/start", post(start))
        .route("/t/{slug}/sso/test", post(test))
        .route("/sign-in/sso/{tenant}/callback", get(finish))
}

#[derive(Deserialize)]
struct Wanted {
    email: String,
    #[serde(default)]
    next: String,
}

async fn start(
    State(state): State<AppState>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    session: Session,
    Form(wanted): Form<Wanted>,
) -> Result<Response, ApiError> {
    let next = next_page(&wanted.next).unwrap_or_default();
    let browser = browser(&session, person(&session).await?).await?;
    let started = sso::start(&state.services, address, &browser, &wanted.email, next).await;
    Ok(match started {
        Ok(Some(started)) => lead(&started.name, &started.url),
        Ok(None) | Err(domain::Error::Refused(api_types::Refusal::Invalid { .. })) => {
            failed(next, Failure::NoSso)
        }
        Err(error) => return Err(error.into()),
    })
}

async fn test(State(state): State<AppState>, caller: Caller) -> Result<Response, ApiError> {
    let browser = browser(&caller.session, Some(caller.who.user)).await?;
    let started = sso::start_test(&state.services, &caller.actor, &browser).await?;
    Ok(match started {
        Some(started) => lead(&started.name, &started.url),
        None => tested(
            &format!("/t/{}/sso", caller.actor.slug()),
            Some(Failure::Provider),
        ),
    })
}

async fn finish(
    State(state): State<AppState>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    Extension(RequestId(id)): Extension<RequestId>,
    Path(tenant): Path<TenantId>,
    Query(brought): Query<Brought>,
    session: Session,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let known: Option<String> = session.get(BROWSER).await.map_err(anyhow::Error::from)?;
    let (browser, user) = (known.unwrap_or_default(), person(&session).await?);
    let origin = Origin::request(address, id);
    let answer = brought.answer();
    let finished = sso::finish(&state.services, tenant, &browser, user, origin, answer).await?;
    let Finished { next, outcome } = finished;
    let seen = seen_from(address, &headers);
    match outcome {
        Outcome::Known(SignIn::Complete(user), just_created) => {
            let came = (just_created, Some(tenant));
            begin_with(&state, &session, user, seen, &headers, &next, came).await
        }
        Outcome::Known(SignIn::NeedsCode(user), _) => {
            sessions::wait_for_code(&session, user, seen, Some(tenant)).await?;
            Ok(Redirect::to(&leading_to("/sign-in/code", &next)).into_response())
        }
        Outcome::Tested => Ok(tested(&next, None)),
        Outcome::Failed(failure) if next.ends_with("/sso") => Ok(tested(&next, Some(failure))),
        Outcome::Failed(failure) => Ok(failed(&next, failure)),
    }
}

/// Back to the page with the address.
fn failed(next: &str, failure: Failure) -> Response {
    let page = leading_to("/sign-in/sso", next);
    let sign = if page.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{page}{sign}failed={}", failure.as_str())).into_response()
}

/// Back to the page with the settings.
fn tested(page: &str, failure: Option<Failure>) -> Response {
    let page = next_page(page).unwrap_or("/");
    Redirect::to(&match failure {
        Some(failure) => format!("{page}?failed={}", failure.as_str()),
        None => format!("{page}?tested=yes"),
    })
    .into_response()
}
