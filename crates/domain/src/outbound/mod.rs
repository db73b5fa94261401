//! The one way out over HTTP, to what tenants name and to what providers answer.
//!
//! | file | what it decides |
//! |---|---|
//! | `addresses` | which addresses are public, and which URLs may be asked |
//! | `inner_hosts` | which hosts the operator allows besides |
//! | `client` | how connections are made: names are looked up once, and what that gives is connected to |
//! | `documents` | reading small documents: discovery, keys, tokens, metadata of clients |
//! | `call` | a tool's call of a service: deadline, cap, redirects |
//! | `retry` | which calls are made again, and when |
//! | `lanes`, `breaker` | what keeps one tenant's slow service from everybody else |
//!
//! It is https, and http to this machine or to hosts that the operator allows. Redirects lead where nobody checked:
//! documents follow none, calls follow those within their origin, each checked. What is behind our walls is told to
//! nobody: an address that is refused, one that is closed and one that swallows everything get the same words.

mod addresses;
mod breaker;
mod call;
mod client;
mod documents;
mod inner_hosts;
mod lanes;
mod retry;
#[cfg(test)]
mod tests;

pub(crate) use addresses::checked;
pub use call::{Call, Reply, Unreachable};
pub(crate) use documents::{document, json};
pub use inner_hosts::{InnerHosts, WrongHost};

use api_types::TenantId;
use client::{Clients, Names};
use lanes::Lanes;
use reqwest::{Client, Method, RequestBuilder, Url};
use std::{sync::Arc, time::Duration};

/// A way out. Clones share connections, and what is known of services.
#[derive(Clone, Default)]
pub struct Outbound {
    names: Names,
    inner: InnerHosts,
    /// Certificates that are trusted besides the system's, in PEM.
    trusted: Option<Arc<[u8]>>,
    clients: Arc<Clients>,
    lanes: Arc<Lanes>,
}

impl Outbound {
    /// A way to public addresses alone, for what tenants name.
    pub fn to_public() -> Self {
        Self {
            names: Names::public(),
            ..Self::default()
        }
    }

    /// The same way, on which these hosts are reached too, over http as well.
    #[must_use]
    pub fn reaching(self, inner: &InnerHosts) -> Self {
        Self {
            inner: inner.clone(),
            clients: Arc::default(),
            ..self
        }
    }

    /// The same way, on which these certificates are trusted too.
    #[must_use]
    pub fn trusting(self, pem: Option<Vec<u8>>) -> Self {
        Self {
            trusted: pem.map(Into::into),
            clients: Arc::default(),
            ..self
        }
    }

    /// Asks for a document.
    pub(crate) fn get(&self, address: &str) -> Result<RequestBuilder, Unacceptable> {
        self.request(Method::GET, address)
    }

    /// Sends something for a small answer, such as a code for tokens.
    pub(crate) fn post(&self, address: &str) -> Result<RequestBuilder, Unacceptable> {
        self.request(Method::POST, address)
    }

    fn request(&self, method: Method, address: &str) -> Result<RequestBuilder, Unacceptable> {
        let url = self.url(address)?;
        let client = self.client(&url, Connections::Once)?;
        Ok(client.request(method, url))
    }

    /// An address that may be asked on this way.
    pub(crate) fn url(&self, address: &str) -> Result<Url, Unacceptable> {
        let url = addresses::parsed(address)?;
        if self.inner.hold(&url) {
            return Ok(url);
        }
        let url = checked(address)?;
        if self.names.are_public() && addresses::is_plainly_inner(&url) {
            return Err(Unacceptable::new("the address is not public"));
        }
        Ok(url)
    }

    /// Makes calls of this tenant at this provider wait, as the provider's rate limit says; an hour at most.
    pub fn told_to_wait(&self, tenant: TenantId, provider: &str, wait: Duration) {
        self.lanes.told_to_wait(tenant, provider, wait);
    }

    /// The client for an address that was checked. Names that the operator allows are looked up without a filter, so
    /// they have a client of their own: a resolver is told the name and not the port.
    fn client(&self, url: &Url, connections: Connections) -> Result<Client, Unacceptable> {
        let inner = self.inner.hold(url);
        let names = if inner {
            Names::Unfiltered
        } else {
            self.names.clone()
        };
        let client = self
            .clients
            .get(inner, connections, &names, self.trusted.as_deref());
        client.map_err(|error| Unacceptable::new(format!("{error:#}")))
    }
}

/// Whether a connection serves one request or is kept for the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connections {
    Once,
    Kept,
}

/// A provider's answer that is not acceptable, in words for the log. It holds nothing that the provider said but words
/// of ours and of the protocol.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unacceptable(pub(crate) String);

impl Unacceptable {
    pub(crate) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}
