//! Whose request it is, and whether it may come in at all.

use super::challenge::Sent;
use super::endpoint::Shared;
use super::limits;
use super::reply::{self, Failure};
use crate::http::oauth_server::seen;
use app::request::{ClientAddress, RequestId};
use domain::Services;
use domain::credentials::{self, Presented, Principal, Use};
use domain::oauth_server::{self, Seen};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;
use time::OffsetDateTime;
use uuid::Uuid;

/// Longest program name that is kept.
const AGENT_CHARS: usize = 200;

/// A caller whose credential is good, and the request around it.
pub(super) struct Caller {
    pub(super) principal: Arc<Principal>,
    /// The tenant in the path, if the address has one.
    pub(super) slug: Option<String>,
    pub(super) headers: HeaderMap,
    pub(super) address: IpAddr,
    pub(super) request_id: Uuid,
    pub(super) admitted: Instant,
}

impl Caller {
    /// The request as steps of log-ins tell of it.
    pub(super) fn seen(&self) -> Seen {
        Seen {
            address: self.address,
            agent: agent(&self.headers),
            request_id: self.request_id,
            arrived: self.admitted,
        }
    }

    /// Whether the answer may be a stream of events.
    pub(super) fn takes_events(&self) -> bool {
        accepts(&self.headers, "text/event-stream")
    }
}

/// The id in the log, in the answer's header and in the data of errors.
pub(super) fn request_id(parts: &Parts) -> Uuid {
    parts
        .extensions
        .get::<RequestId>()
        .map_or_else(Uuid::now_v7, |id| id.0)
}

/// Lets a request in whose credential is good for this address, from this network.
pub(super) async fn admit(
    endpoint: &Shared,
    slug: Option<String>,
    parts: Parts,
) -> Result<Caller, Failure> {
    let admitted = Instant::now();
    let services = &endpoint.state.services;
    let asked = slug.as_deref();
    let shown = match bearer(&parts.headers) {
        Ok(shown) => shown,
        Err(what) => return Err(turn_away(endpoint, asked, &parts, what)),
    };
    let principal = authenticate(services, &shown)
        .await?
        // The answer for a credential of another tenant is that for one nobody has.
        .filter(|principal| principal.is_at(asked));
    let Some(principal) = principal else {
        return Err(turn_away(endpoint, asked, &parts, Sent::of(&shown)));
    };
    if principal.suspended {
        let message = "this tenant is suspended; its people see on its pages by whom and why";
        return Err(reply::refused(StatusCode::FORBIDDEN, message));
    }
    if principal.gate.is_suspended() {
        return Err(limits::not_paid());
    }
    if !accepts(&parts.headers, "application/json") {
        let message = "the client must accept application/json and text/event-stream";
        return Err(reply::refused(StatusCode::NOT_ACCEPTABLE, message));
    }
    let address = client_address(&parts);
    if !principal.admits(address) {
        let message = "this API key may not be used from your network address";
        return Err(reply::refused(StatusCode::FORBIDDEN, message));
    }
    if slug.is_none() {
        tracing::Span::current().record("tenant", principal.actor.slug());
    }
    remember_use(services, &principal, address, &parts.headers);
    Ok(Caller {
        request_id: request_id(&parts),
        slug,
        headers: parts.headers,
        address,
        principal,
        admitted,
    })
}

/// The credential in the header; in the address it would end up in logs, so there it counts as none.
fn bearer(headers: &HeaderMap) -> Result<Presented<'_>, Sent> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Err(Sent::Nothing);
    };
    let shown = presented(value).filter(|_| values.next().is_none());
    shown.ok_or(Sent::Key)
}

/// Nonsense is told by its checksum or shape, without asking the database.
pub(super) fn presented(authorization: &HeaderValue) -> Option<Presented<'_>> {
    // Quicker for long tokens than `HeaderValue::to_str`; what is of no token's alphabet is nobody's.
    let text = std::str::from_utf8(authorization.as_bytes()).ok()?;
    oauth::bearer_token(text).and_then(Presented::parse)
}

/// Asks for a credential, and lets the tenant's administrators see that it was asked for.
fn turn_away(endpoint: &Shared, slug: Option<&str>, parts: &Parts, sent: Sent) -> Failure {
    if let Some(slug) = slug
        && sent != Sent::Key
    {
        let had_token = sent == Sent::Token;
        oauth_server::challenged(&endpoint.state.services, slug, &seen(parts), had_token);
    }
    endpoint.challenges.unauthorized(slug, sent)
}

fn agent(headers: &HeaderMap) -> Option<String> {
    let agent = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(agent.chars().take(AGENT_CHARS).collect())
}

/// Who that is; none, if nobody or no longer.
pub(super) async fn authenticate(
    services: &Services,
    shown: &Presented<'_>,
) -> Result<Option<Arc<Principal>>, Failure> {
    match credentials::authenticate(services, shown).await {
        Ok(principal) => Ok(principal),
        Err(domain::Error::Refused(_)) => Ok(None),
        Err(error) => {
            tracing::error!(error = error.for_the_log(), "looking up a credential");
            Err(reply::busy())
        }
    }
}

fn client_address(parts: &Parts) -> IpAddr {
    let address = parts
        .extensions
        .get::<ClientAddress>()
        .map(|address| address.0);
    address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

fn remember_use(services: &Services, principal: &Principal, address: IpAddr, headers: &HeaderMap) {
    services.keys.used(principal.credential, || Use {
        tenant: principal.tenant(),
        is_grant: principal.is_token(),
        at: OffsetDateTime::now_utc(),
        address,
        agent: agent(headers),
    });
}

/// Whether the client takes this type. A client that says nothing takes everything (RFC 9110, section 12.5.1).
fn accepts(headers: &HeaderMap, wanted: &str) -> bool {
    let mut lines = headers.get_all(header::ACCEPT).iter().peekable();
    if lines.peek().is_none() {
        return true;
    }
    let (family, _) = wanted.split_once('/').unwrap_or((wanted, ""));
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|range| {
            let range = range.split(';').next().unwrap_or_default().trim();
            range.eq_ignore_ascii_case(wanted)
                || range == "*/*"
                || range
                    .strip_suffix("/*")
                    .is_some_and(|range| range.eq_ignore_ascii_case(family))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_takes_what_it_says_it_takes() {
        let accepting = |line: &'static str| {
            HeaderMap::from_iter([(header::ACCEPT, http::HeaderValue::from_static(line))])
        };
        for line in [
            "application/json, text/event-stream",
            "*/*",
            "text/html, Application/JSON;q=0.5",
        ] {
            assert!(accepts(&accepting(line), "application/json"), "{line}");
        }
        assert!(accepts(&HeaderMap::new(), "application/json"));
        assert!(!accepts(
            &accepting("text/event-stream"),
            "application/json"
        ));
        assert!(!accepts(
            &accepting("application/json"),
            "text/event-stream"
        ));
        assert!(accepts(&accepting("text/*"), "text/event-stream"));
    }
}
