//! How the endpoint asks for a credential, or for one that opens more.

use super::admission::Caller;
use super::reply::{self, Failure};
use domain::credentials::Presented;
use domain::{Services, toolkits};
use http::{HeaderValue, StatusCode, header};
use mcp_wire::Fault;
use oauth::{BearerError, Challenge, Scopes, metadata_url};

/// What every challenge of this server has in common.
pub(super) struct Challenges {
    origin: String,
    scopes: String,
}

impl Challenges {
    pub(super) fn new(services: &Services) -> Self {
        Self {
            origin: services.public_url.to_string(),
            scopes: toolkits::scopes(&services.toolkits).join(" "),
        }
    }

    /// No credential, or one that is not good here. Unknown, revoked, expired and foreign ones look alike.
    pub(super) fn unauthorized(&self, slug: Option<&str>, sent: Sent) -> Failure {
        let (error, message) = match sent {
            Sent::Nothing => (
                None,
                "log in (OAuth), or send an API key in the header Authorization: Bearer bh_key_…",
            ),
            Sent::Key => (
                Some(BearerError::InvalidToken),
                "this API key is not valid here",
            ),
            Sent::Token => (
                Some(BearerError::InvalidToken),
                "this access token is not valid here, or no longer: refresh it or log in again",
            ),
        };
        let failure = reply::refused(StatusCode::UNAUTHORIZED, message);
        self.demand(failure, slug, error, &self.scopes)
    }

    /// A good credential that does not open this much. A token is told everything that it needs in one challenge: what
    /// it opens, so that a new log-in does not lose it, and what is missing.
    pub(super) fn insufficient_scope(&self, caller: &Caller, scope: &str) -> Failure {
        let principal = &caller.principal;
        let (what, scopes) = if principal.is_token() {
            let all = principal.scopes.iter().map(String::as_str).chain([scope]);
            ("access token", all.collect::<Scopes>().to_string())
        } else {
            ("API key", scope.to_owned())
        };
        let message = format!("this {what} does not have the scope {scope}");
        let fault = Fault::of_status(StatusCode::FORBIDDEN, message).and("requiredScope", scope);
        let failure = Failure::new(StatusCode::FORBIDDEN, fault);
        let error = Some(BearerError::InsufficientScope);
        self.demand(failure, caller.slug.as_deref(), error, &scopes)
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

/// What came instead of a good credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// Nothing.
    Nothing,
    /// An API key, or what is nothing that we know.
    Key,
    /// What looks like an access token.
    Token,
}

impl Sent {
    pub(super) fn of(shown: &Presented<'_>) -> Self {
        match shown {
            Presented::Key(_) => Self::Key,
            Presented::Token(_) => Self::Token,
        }
    }
}
