//! `GET /oauth/authorize`, where a client sends a person's browser, and `POST /oauth/consent`, where the person decides.
//! What they see in between is a page of the app.

use super::token::From;
use crate::AppState;
use crate::http::ApiError;
use crate::http::provider_trip::{person, plain_page};
use api_types::OauthRequestId;
use app::leading_to;
use axum::Router;
use axum::extract::{RawForm, RawQuery, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use domain::members::SignedIn;
use domain::oauth_server::{self, Asked, Fault, Wanted};
use domain::{Origin, sessions};
use http::{HeaderValue, StatusCode, header};
use oauth::OAuthError;
use tower_sessions::Session;
use url::form_urlencoded;

pub(in crate::http) fn routes() -> Router<AppState> {
    Router::new()
        .route("/oauth/authorize", get(begin))
        .route("/oauth/consent", post(decide))
}

async fn begin(
    State(state): State<AppState>,
    From(seen): From,
    session: Session,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let (services, query) = (&state.services, query.unwrap_or_default());
    let who = signed_in(&session).await?;
    let outcome = oauth_server::begin(services, &query, who).await;
    oauth_server::asked(services, &seen, &query, &outcome);
    Ok(match outcome {
        Ok((Asked::Answer(url), _)) => leave(StatusCode::FOUND, &url),
        Ok((Asked::Ask(id), _)) => {
            let page = format!("/oauth/consent/{id}");
            let page = match who {
                Some(_) => page,
                None => leading_to("/sign-in", &page),
            };
            leave(StatusCode::FOUND, &page)
        }
        Err(Fault::Told(error)) => problem(&error),
        Err(Fault::TooMany {
            retry_after_seconds,
        }) => {
            return Err(api_types::Refusal::TooMany {
                retry_after_seconds,
            }
            .into());
        }
        Err(Fault::Broken(error)) => return Err(error.into()),
    })
}

async fn decide(
    State(state): State<AppState>,
    From(seen): From,
    session: Session,
    RawForm(form): RawForm,
) -> Result<Response, ApiError> {
    let wanted = wanted(&form)?;
    let page = format!("/oauth/consent/{}", wanted.request);
    let Some(who) = signed_in(&session).await? else {
        return Ok(Redirect::to(&leading_to("/sign-in", &page)).into_response());
    };
    let origin = Origin::request(seen.address, seen.request_id);
    let decided = oauth_server::decide(&state.services, who, origin, wanted).await?;
    oauth_server::decided(&state.services, &seen, &decided);
    // After a form never 302 or 307: the browser must not post again (RFC 9700, section 4.12).
    Ok(leave(StatusCode::SEE_OTHER, &decided.url))
}

/// A form with its repeated fields.
fn wanted(form: &[u8]) -> Result<Wanted, api_types::Refusal> {
    let mut wanted = Wanted {
        request: OauthRequestId(uuid::Uuid::nil()),
        allow: false,
        tenant: String::new(),
        scopes: Vec::new(),
        remember: false,
    };
    for (name, value) in form_urlencoded::parse(form) {
        match &*name {
            "request" => {
                let id = value.parse().map_err(|_| api_types::Refusal::NotFound)?;
                wanted.request = id;
            }
            "decision" => wanted.allow = value == "approve",
            "tenant" => wanted.tenant = value.into_owned(),
            "scope" => wanted.scopes.push(value.into_owned()),
            "remember" => wanted.remember = true,
            _ => {}
        }
    }
    Ok(wanted)
}

async fn signed_in(session: &Session) -> Result<Option<SignedIn>, ApiError> {
    let Some(user) = person(session).await? else {
        return Ok(None);
    };
    let came_by = sessions::came_by(session).await?;
    Ok(Some(SignedIn {
        came_by,
        ..user.into()
    }))
}

/// Sends the browser on. What cannot stand in a header was refused when it was registered.
fn leave(status: StatusCode, url: &str) -> Response {
    match HeaderValue::try_from(url) {
        Ok(url) => (status, [(header::LOCATION, url)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// For the person: nobody else can be told.
fn problem(error: &OAuthError) -> Response {
    let page = plain_page(
        "This log-in cannot start",
        &format!(
            "The app sent you here with a request that is not right: {}.",
            error.description
        ),
        "Nothing has happened. Go back to the app and start again; if it happens again, show this page to whoever \
         looks after the app.",
    );
    (StatusCode::BAD_REQUEST, page).into_response()
}
