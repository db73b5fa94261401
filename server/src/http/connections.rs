//! Connecting an account at another service: the form that sets out for it, and the address that browsers come back to.

use super::ApiError;
use super::caller::Caller;
use super::provider_trip::{CameBack, browser, lead, plain_page};
use crate::AppState;
use api_types::connections::Sharing;
use api_types::{ConnectionId, Refusal};
use app::next_page;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use domain::connections::{self, Finished, NewConnection};
use domain::members::SignedIn;
use domain::sessions;
use http::StatusCode;
use std::collections::BTreeMap;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/t/{slug}/connections/{provider}/start", post(start))
        .route("/connections/{provider}/callback", get(finish))
}

/// The fields of the form. Scopes repeat, and each question has a field of its own.
struct Wanted {
    new: NewConnection,
    renewing: Option<ConnectionId>,
    next: String,
}

impl Wanted {
    fn read(provider: String, fields: Vec<(String, String)>) -> Result<Self, Refusal> {
        let mut new = NewConnection {
            provider,
            label: String::new(),
            sharing: Sharing::Personal,
            scopes: Vec::new(),
            answers: BTreeMap::new(),
            secrets: Vec::new(),
        };
        let (mut renewing, mut next) = (None, String::new());
        for (name, value) in fields {
            match name.as_str() {
                "label" => new.label = value,
                "sharing" => {
                    let known = Sharing::parse(&value);
                    new.sharing = known.ok_or_else(|| Refusal::invalid("sharing", "choose one"))?;
                }
                "scope" => new.scopes.push(value),
                "renewing" => {
                    renewing = Some(value.parse().map_err(|_| Refusal::NotFound)?);
                }
                "next" => next_page(&value).unwrap_or_default().clone_into(&mut next),
                name => {
                    if let Some(question) = name.strip_prefix("answer-") {
                        new.answers.insert(question.into(), value);
                    }
                }
            }
        }
        Ok(Self {
            new,
            renewing,
            next,
        })
    }
}

async fn start(
    State(state): State<AppState>,
    Path((slug, provider)): Path<(String, String)>,
    caller: Caller,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let wanted = Wanted::read(provider.clone(), fields)?;
    let browser = browser(&caller.session, Some(caller.who.user)).await?;
    let (services, actor) = (&state.services, &caller.actor);
    let Wanted {
        new,
        renewing,
        next,
    } = wanted;
    let started = connections::start(services, actor, &browser, new, renewing, &next).await;
    match started {
        Ok(started) => Ok(lead(&started.name, &started.url)),
        // A form without its script shows the page again; what is wrong stands there in words.
        Err(domain::Error::Refused(
            refusal @ (Refusal::Invalid { .. } | Refusal::Conflict { .. }),
        )) => {
            let back = format!("Go back to /t/{slug}/connections/new/{provider} and change it.");
            let page = plain_page("This cannot be connected yet", &refusal.to_string(), &back);
            Ok((StatusCode::BAD_REQUEST, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn finish(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    back: CameBack,
) -> Result<Response, ApiError> {
    let user = back.user.ok_or(Refusal::SignedOut)?;
    let came_by = sessions::came_by(&back.session).await?;
    let who = SignedIn {
        came_by,
        ..user.into()
    };
    let (services, origin, browser) = (&state.services, back.origin, &back.browser);
    let finished = connections::finish(services, who, origin, browser, &provider, back.answer);
    let Finished {
        slug,
        connection,
        failure,
        next,
    } = finished.await?;
    if slug.is_empty() {
        let page = plain_page(
            "This attempt is over",
            "An account is connected within ten minutes, in the browser that set out for it, and once.",
            "Begin again on the page of connections.",
        );
        return Ok((StatusCode::BAD_REQUEST, page).into_response());
    }
    let to = match (connection, next_page(&next)) {
        (Some(_), Some(next)) => next.to_owned(),
        (Some(id), None) => format!("/t/{slug}/connections/{id}?done=connected"),
        (None, _) => {
            let failure = failure.unwrap_or("other");
            format!("/t/{slug}/connections/new/{provider}?failed={failure}")
        }
    };
    Ok(Redirect::to(&to).into_response())
}
