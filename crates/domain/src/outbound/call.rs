//! A tool's call of a service: one deadline and one cap over all that happens, and words that tell nothing of what is
//! behind our walls.

use super::{Connections, Outbound, client::CONNECT_FOR_CALL, lanes::Place, retry};
use api_types::TenantId;
use reqwest::{
    Method, Response, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION},
};
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout_at};

/// Redirects that a GET follows within its origin.
const MOST_REDIRECTS: u32 = 3;

/// Names and values of an answer's headers.
const MOST_HEADER_BYTES: usize = 64 * 1024;

/// Headers that say where a request goes and how long it is. A caller that set them could have the service read two
/// requests for one.
const OURS: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// One call.
pub struct Call<'a> {
    /// For whom. Limits are theirs, and nobody else's calls suffer from this one.
    pub tenant: TenantId,
    /// The provider's id.
    pub provider: &'a str,
    /// What is asked.
    pub method: Method,
    /// Of whom.
    pub url: Url,
    /// As they are sent. Those that frame the request are not the caller's to set.
    pub headers: Vec<(String, String)>,
    /// Its type and its bytes.
    pub body: Option<(String, Vec<u8>)>,
    /// When the caller no longer waits: for looking up, connecting, the answer, and all of it again.
    pub deadline: Instant,
    /// How long the answer may be, unpacked.
    pub most_bytes: usize,
    /// Whether it may reach the service twice: a GET, a HEAD, or what the service says is idempotent.
    pub may_repeat: bool,
}

/// What a service answered, of any status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers with their names in lower case, in order. 64 KiB at most.
    pub headers: Vec<(String, String)>,
    /// The body, unpacked.
    pub body: Vec<u8>,
    /// How often the service was asked.
    pub tries: u32,
}

impl Reply {
    /// A header's first value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// How long the service wants to be left alone, if it says so.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        retry::retry_after(self)
    }
}

/// Why there is no answer. The first three have the same words, and only they are to be shown to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// The address is not one to which tenants may reach.
    #[error("the service could not be reached")]
    Blocked,
    /// No connection came about. The service has not heard of the call.
    #[error("the service could not be reached")]
    Closed,
    /// The deadline came before it was known whether a connection comes about.
    #[error("the service could not be reached")]
    Silent,
    /// The request's own headers are not sendable.
    #[error("the request has a header that cannot be sent")]
    Unsendable,
    /// The deadline came first.
    #[error("the service did not answer in time")]
    TooSlow,
    /// The answer is longer than the caller can take.
    #[error("the service's answer is longer than {most} bytes")]
    TooLong {
        /// The cap.
        most: usize,
    },
    /// The connection broke off, or what came over it is not HTTP.
    #[error("the service broke off, or its answer could not be read")]
    Malformed,
    /// It was not asked: it has too many calls of this tenant, wants to be left alone, or has not answered lately.
    #[error("the service is busy; try again in {} s", whole_seconds(*retry_after))]
    Busy {
        /// When to come back.
        retry_after: Duration,
    },
}

impl Unreachable {
    /// Whether the service may have done what it was asked, although we do not know.
    pub fn may_have_happened(self) -> bool {
        matches!(
            self,
            Self::Silent | Self::TooSlow | Self::TooLong { .. } | Self::Malformed
        )
    }
}

/// Rounded up: whoever comes back then is not early.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

impl Outbound {
    /// Calls a service.
    pub async fn call(&self, call: Call<'_>) -> Result<Reply, Unreachable> {
        let began = Instant::now();
        let url = self.url(call.url.as_str());
        let url = url.map_err(|_| Unreachable::Blocked)?;
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        let host = format!("{host}:{port}");
        let place = self.lanes.enter(call.tenant, call.provider, &host)?;
        let mut tries = 0;
        let answer = self.ask(&call, &url, &place, &mut tries).await;
        let status = answer.as_ref().map(|reply| reply.status);
        // Never more of a request than this: the rest may be the tenant's secrets.
        tracing::debug!(
            tenant = %call.tenant,
            provider = call.provider,
            method = %call.method,
            host,
            status = status.ok(),
            failed = status.err().map(tracing::field::display),
            tries,
            ms = began.elapsed().as_millis() as u64,
            "called a service"
        );
        answer
    }

    /// Asks until there is an answer that is worth having, or asking again is not.
    async fn ask(
        &self,
        call: &Call<'_>,
        url: &Url,
        place: &Place,
        tries: &mut u32,
    ) -> Result<Reply, Unreachable> {
        loop {
            *tries += 1;
            let mut answer = self.once(call, url).await;
            if let Ok(reply) = &mut answer {
                reply.tries = *tries;
            }
            if let Some(wait) = answer.as_ref().ok().and_then(retry::told_to_wait) {
                place.told_to_wait(wait);
            }
            let again = retry::after(&answer, call.may_repeat, *tries);
            let again = again.filter(|wait| Instant::now() + *wait < call.deadline);
            match again {
                Some(wait) if place.may_retry() => sleep(wait).await,
                _ => {
                    settle(place, &answer);
                    return answer;
                }
            }
        }
    }

    async fn once(&self, call: &Call<'_>, url: &Url) -> Result<Reply, Unreachable> {
        let began = Instant::now();
        let mut answered = false;
        let exchange = self.exchange(call, url.clone(), &mut answered);
        match timeout_at(call.deadline.into(), exchange).await {
            Ok(answer) => answer,
            // A host that swallows everything looks the same, whatever the deadline.
            Err(_) if !answered && began.elapsed() < CONNECT_FOR_CALL => Err(Unreachable::Silent),
            Err(_) => Err(Unreachable::TooSlow),
        }
    }

    async fn exchange(
        &self,
        call: &Call<'_>,
        mut url: Url,
        answered: &mut bool,
    ) -> Result<Reply, Unreachable> {
        let mut redirects = 0;
        loop {
            let response = self.send(call, &url).await?;
            *answered = true;
            let next = (call.method == Method::GET && redirects < MOST_REDIRECTS)
                .then(|| next_within_origin(&url, &response));
            let Some(next) = next.flatten() else {
                return read(response, call.most_bytes).await;
            };
            redirects += 1;
            let next = self.url(next.as_str());
            url = next.map_err(|_| Unreachable::Blocked)?;
        }
    }

    async fn send(&self, call: &Call<'_>, url: &Url) -> Result<Response, Unreachable> {
        let client = self.client(url, Connections::Kept);
        let client = client.map_err(|error| {
            tracing::error!(%error, "no service can be called");
            Unreachable::Closed
        })?;
        let request = client
            .request(call.method.clone(), url.clone())
            .headers(headers(call)?);
        let request = match &call.body {
            Some((_, bytes)) => request.body(bytes.clone()),
            None => request,
        };
        request.send().await.map_err(|error| {
            if error.is_builder() {
                Unreachable::Unsendable
            } else if error.is_connect() {
                Unreachable::Closed
            } else {
                Unreachable::Malformed
            }
        })
    }
}

fn headers(call: &Call<'_>) -> Result<HeaderMap, Unreachable> {
    let kind = call
        .body
        .iter()
        .map(|(kind, _)| (CONTENT_TYPE.as_str(), kind));
    let given = call.headers.iter();
    let given = given.map(|(name, value)| (name.as_str(), value));
    let mut headers = HeaderMap::new();
    for (name, value) in kind.chain(given) {
        let name = HeaderName::try_from(name).map_err(|_| Unreachable::Unsendable)?;
        let mut value = HeaderValue::try_from(value).map_err(|_| Unreachable::Unsendable)?;
        if OURS.contains(&name.as_str()) {
            return Err(Unreachable::Unsendable);
        }
        value.set_sensitive(true);
        if name == CONTENT_TYPE {
            headers.insert(name, value);
        } else {
            headers.append(name, value);
        }
    }
    Ok(headers)
}

/// Where a redirect leads, if that is the same origin. What the caller sent for this one is nobody else's to see.
fn next_within_origin(url: &Url, response: &Response) -> Option<Url> {
    let status = response.status().as_u16();
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let to = response.headers().get(LOCATION)?.to_str().ok()?;
    let next = url.join(to).ok()?;
    (next.origin() == url.origin()).then_some(next)
}

/// Reads no more than the cap: what is packed is counted as it is unpacked, piece by piece.
async fn read(mut response: Response, most: usize) -> Result<Reply, Unreachable> {
    let too_long = Unreachable::TooLong { most };
    let headers = response.headers().iter();
    let headers: Vec<_> = headers
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect();
    let header_bytes = headers.iter().map(|(name, value)| name.len() + value.len());
    if header_bytes.sum::<usize>() > MOST_HEADER_BYTES {
        return Err(Unreachable::Malformed);
    }
    let announced = response.content_length().unwrap_or_default();
    if announced > most as u64 {
        return Err(too_long);
    }
    let mut body = Vec::with_capacity(announced as usize);
    while let Some(piece) = response.chunk().await.map_err(|_| Unreachable::Malformed)? {
        if body.len() + piece.len() > most {
            return Err(too_long);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Reply {
        status: response.status().as_u16(),
        headers,
        body,
        tries: 0,
    })
}

/// What an outcome says of the service.
fn settle(place: &Place, answer: &Result<Reply, Unreachable>) {
    match answer {
        Ok(_) | Err(Unreachable::TooLong { .. }) => place.ended(true),
        Err(Unreachable::Unsendable | Unreachable::Blocked | Unreachable::Busy { .. }) => {}
        Err(_) => place.ended(false),
    }
}
