//! Who asks, where a browser's session says it: for routes below `/t/{slug}` that are not pages.

use super::ApiError;
use crate::AppState;
use api_types::{Refusal, UserId};
use app::request::{ClientAddress, RequestId};
use axum::extract::{FromRequestParts, Path};
use domain::members::SignedIn;
use domain::{Actor, Origin, operator, sessions};
use http::Method;
use http::request::Parts;
use serde::Deserialize;
use tower_sessions::Session;

/// A signed-in member of the tenant in the path.
pub(super) struct Caller {
    /// The person, and how they came.
    pub(super) who: SignedIn,
    /// The person as a member.
    pub(super) actor: Actor,
    /// Their session, which may end before a stream does.
    pub(super) session: Session,
}

#[derive(Deserialize)]
struct TenantPath {
    slug: String,
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let session = parts
            .extensions
            .get::<Session>()
            .cloned()
            .ok_or(Refusal::SignedOut)?;
        let user: Option<UserId> = session
            .get(sessions::USER)
            .await
            .map_err(anyhow::Error::from)?;
        let user = user.ok_or(Refusal::SignedOut)?;
        let Path(TenantPath { slug }) = Path::from_request_parts(parts, state)
            .await
            .map_err(|_| Refusal::NotFound)?;
        let came_by = sessions::came_by(&session).await?;
        let (_, visits) = operator::visited(&session).await?;
        let who = SignedIn {
            user,
            came_by,
            visits,
        };
        let actor = domain::members::actor(&state.services, who, &slug).await?;
        // Streams and files are read; all else here changes something.
        if actor.is_operator() && parts.method != Method::GET {
            return Err(Refusal::LooksOnly.into());
        }
        let actor = actor.seen_from(origin(parts));
        Ok(Self {
            who,
            actor,
            session,
        })
    }
}

/// Where the request comes from, as the audit log keeps it.
fn origin(parts: &Parts) -> Origin {
    let address = parts.extensions.get::<ClientAddress>();
    let id = parts.extensions.get::<RequestId>();
    Origin {
        address: address.map(|address| address.0),
        request_id: id.map(|id| id.0),
    }
}
