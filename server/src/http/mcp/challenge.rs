//! How the endpoint asks for a credential, or for one that opens more.

use super::reply::{self, Failure};
use crate::http::oauth_server;
use domain::Services;
use domain::toolkits::Registry;
use http::{HeaderValue, StatusCode, header};
use mcp_wire::Fault;
use oauth::{BearerError, Challenge, metadata_url};

/// What every challenge of this server has in common.
pub(super) struct Challenges {
    origin: String,
    scopes: String,
}

impl Challenges {
    pub(super) fn new(services: &Services) -> Self {
        Self {
            origin: services.public_url.to_string(),
            scopes: all_scopes(&services.toolkits),
        }
    }

    /// No key, or one that is not good here. Unknown, revoked, expired and foreign keys look alike.
    pub(super) fn unauthorized(&self, slug: Option<&str>, key_was_sent: bool) -> Failure {
        let (error, message) = if key_was_sent {
            (
                Some(BearerError::InvalidToken),
                "this API key is not valid here",
            )
        } else {
            (
                None,
                "an API key is needed, in the header Authorization: Bearer bh_key_…",
            )
        };
        let failure = reply::refused(StatusCode::UNAUTHORIZED, message);
        self.demand(failure, slug, error, &self.scopes)
    }

    /// A good key that does not open this much.
    pub(super) fn insufficient_scope(&self, slug: Option<&str>, scope: &str) -> Failure {
        let message = format!("this API key does not have the scope {scope}");
        let fault = Fault::of_status(StatusCode::FORBIDDEN, message).and("requiredScope", scope);
        let failure = Failure::new(StatusCode::FORBIDDEN, fault);
        self.demand(failure, slug, Some(BearerError::InsufficientScope), scope)
    }

    fn demand(
        &self,
        failure: Failure,
        slug: Option<&str>,
        error: Option<BearerError>,
        scope: &str,
    ) -> Failure {
        let path = slug.map_or("/mcp".to_owned(), |slug| format!("/t/{slug}/mcp"));
        let resource_metadata = &metadata_url(&self.origin, &path);
        let challenge = Challenge {
            error,
            scope,
            resource_metadata,
        }
        .to_string();
        match HeaderValue::try_from(challenge) {
            Ok(value) => failure.with_header(header::WWW_AUTHENTICATE, value),
            Err(_) => failure,
        }
    }
}

fn all_scopes(toolkits: &Registry) -> String {
    oauth_server::scopes(toolkits).join(" ")
}
