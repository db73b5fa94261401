//! How the authorization server of this process is set up, and what it holds in memory.

use super::{clients::Fetches, signing_keys::SigningKeys};
use crate::outbound::{InnerHosts, Outbound};
use std::sync::Arc;
use time::Duration;
use vault::TokenAlgorithm;

/// What can be set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How access tokens are signed.
    pub algorithm: TokenAlgorithm,
    /// How long an access token is good.
    pub access_token: Duration,
    /// Whether documents of clients may be at addresses that are not public, and over http on this machine.
    pub inner_documents: bool,
    /// Certificates, in PEM, that are trusted besides the system's when documents are fetched.
    pub document_ca: Option<Vec<u8>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            algorithm: TokenAlgorithm::default(),
            access_token: Duration::minutes(10),
            inner_documents: false,
            document_ca: None,
        }
    }
}

/// What all requests share.
#[derive(Clone)]
pub struct Shared {
    pub(super) settings: Arc<Settings>,
    pub(super) keys: Arc<SigningKeys>,
    /// The way to clients' documents and keys.
    pub(super) way: Outbound,
    /// Hosts at which documents may be although they are not public, over http too.
    pub(super) inner: InnerHosts,
    pub(super) fetches: Arc<Fetches>,
}

impl Shared {
    /// How access tokens are signed, by its name.
    pub fn algorithm(&self) -> &'static str {
        self.settings.algorithm.as_str()
    }

    pub(crate) fn new(settings: Settings, inner: &InnerHosts) -> Self {
        let way = if settings.inner_documents {
            Outbound::default()
        } else {
            Outbound::to_public()
        };
        Self {
            way: way.reaching(inner).trusting(settings.document_ca.clone()),
            keys: Arc::new(SigningKeys::new(settings.algorithm)),
            inner: inner.clone(),
            fetches: Arc::default(),
            settings: Arc::new(settings),
        }
    }
}
