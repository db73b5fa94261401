//! Signing in with a tenant's own provider: the form that finds it by an address, the test of whoever connects it, and
//! the address that browsers come back to.

use super::ApiError;
use super::caller::Caller;
use super::provider_trip::{CameBack, Known, browser, failed, lead, person};
use crate::AppState;
use api_types::TenantId;
use api_types::sign_in_with::Failure;
use app::next_page;
use app::request::ClientAddress;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use domain::sign_in_with::Wish;
use domain::sso::{self, Finished, Outcome};
use serde::Deserialize;
use tower_sessions::Session;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/sign-in/sso/start", post(start))
        .route("/t/{slug}/sso/test", post(test))
        .route("/sign-in/sso/{tenant}/callback", get(finish))
}

/// Where an address is asked for.
const PAGE: &str = "/sign-in/sso";

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
            failed(PAGE, next, Failure::NoSso)
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
    Path(tenant): Path<TenantId>,
    back: CameBack,
) -> Result<Response, ApiError> {
    let (services, answer) = (&state.services, back.answer.clone());
    let finished = sso::finish(
        services,
        tenant,
        &back.browser,
        back.user,
        back.origin,
        answer,
    );
    let Finished {
        wish,
        next,
        outcome,
    } = finished.await?;
    match (outcome, wish) {
        (Outcome::Known(sign_in, just_created), _) => {
            let known = Known {
                sign_in,
                just_created,
                came_by: Some(tenant),
            };
            back.sign_in(&state, known, &next).await
        }
        (Outcome::Tested, _) => Ok(tested(&next, None)),
        (Outcome::Failed(failure), Wish::Test(_)) => Ok(tested(&next, Some(failure))),
        (Outcome::Failed(failure), _) => Ok(failed(PAGE, &next, failure)),
    }
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
