//! Signing in with an account elsewhere: a form that leads a browser there, and the address that it comes back to.

use super::ApiError;
use super::provider_trip::{CameBack, Known, browser, failed, lead, person};
use crate::AppState;
use api_types::sign_in_with::Failure;
use app::request::ClientAddress;
use app::{leading_to, next_page};
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use domain::sessions;
use domain::sign_in_with::{self, Finished, NEWCOMER, Outcome, Wish};
use serde::Deserialize;
use tower_sessions::Session;

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
        None => failed(page_of(wish), next, Failure::Provider),
    })
}

async fn finish(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    back: CameBack,
) -> Result<Response, ApiError> {
    let (services, answer) = (&state.services, back.answer.clone());
    let finished = sign_in_with::finish(
        services,
        &provider,
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
    match outcome {
        Outcome::Known(sign_in) => {
            let known = Known {
                sign_in,
                just_created: false,
                came_by: None,
            };
            back.sign_in(&state, known, &next).await
        }
        Outcome::Unknown(newcomer) => {
            let kept = back.session.insert(NEWCOMER, newcomer).await;
            kept.map_err(anyhow::Error::from)?;
            Ok(Redirect::to("/sign-up/with").into_response())
        }
        Outcome::Linked => Ok(Redirect::to("/account?linked=yes").into_response()),
        Outcome::SteppedUp => {
            sessions::mark_authenticated(&back.session).await?;
            let next = next_page(&next).unwrap_or("/account");
            Ok(Redirect::to(next).into_response())
        }
        Outcome::Failed(failure) => Ok(failed(page_of(wish), &next, failure)),
    }
}

/// Where it began.
fn page_of(wish: Wish) -> &'static str {
    match wish {
        Wish::SignIn => "/sign-in",
        Wish::Link(_) | Wish::Test(_) => "/account",
        Wish::StepUp(_) => "/step-up",
    }
}
