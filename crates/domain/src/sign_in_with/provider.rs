//! The providers of this instance, as the settings name them.

use super::oidc::Issuers;
use crate::outbound::{self, InnerHosts, Outbound};
use api_types::sign_in_with::{ProviderKind, ProviderView};
use std::{fmt, net::SocketAddr, sync::Arc};

/// A client secret. It shows itself to the provider alone.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes the secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

/// Where GitHub answers; another one may be a GitHub Enterprise Server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Pages and tokens, such as `https://github.com`.
    pub web: String,
    /// The API, such as `https://api.github.com`.
    pub api: String,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            web: "https://github.com".into(),
            api: "https://api.github.com".into(),
        }
    }
}

/// One provider.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its name in addresses.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it speaks.
    pub kind: ProviderKind,
    /// The issuer of its id tokens; for GitHub, its web address.
    pub issuer: String,
    /// Where its API is, for GitHub alone.
    pub api: String,
    /// Who we are there.
    pub client_id: String,
    /// How we show it.
    pub client_secret: Secret,
}

/// Why a provider cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("provider {id}: {reason}")]
pub struct WrongProvider {
    id: String,
    reason: String,
}

/// The providers, and what is known of them.
#[derive(Clone)]
pub struct Providers {
    list: Arc<[Provider]>,
    pub(crate) issuers: Issuers,
    /// What tenants connect is reached at public addresses alone, unless said otherwise.
    pub(crate) of_tenants: Option<Issuers>,
    /// Who answers what a domain's records say; the system's servers by default.
    pub(crate) dns_server: Option<SocketAddr>,
}

impl Default for Providers {
    fn default() -> Self {
        Self {
            list: Arc::new([]),
            issuers: Issuers::default(),
            of_tenants: Some(Issuers::by(Outbound::to_public())),
            dns_server: None,
        }
    }
}

impl Providers {
    /// Checks what the settings say.
    pub fn new(list: Vec<Provider>) -> Result<Self, WrongProvider> {
        for (n, provider) in list.iter().enumerate() {
            let wrong = |reason: &str| WrongProvider {
                id: provider.id.clone(),
                reason: reason.into(),
            };
            if !is_word(&provider.id) {
                return Err(wrong(
                    "its id must be 1 to 40 lower-case letters, digits and hyphens",
                ));
            }
            if list[..n].iter().any(|other| other.id == provider.id) {
                return Err(wrong("is named twice"));
            }
            let empty = |text: &str| text.trim().is_empty();
            if empty(&provider.client_id) || empty(provider.client_secret.reveal()) {
                return Err(wrong("needs a client_id and a client_secret"));
            }
            outbound::checked(&provider.issuer)
                .and_then(|_| outbound::checked(&provider.api))
                .map_err(|error| wrong(&error.to_string()))?;
        }
        Ok(Self {
            list: list.into(),
            ..Self::default()
        })
    }

    /// How tenants' single sign-on reaches out: whether issuers may be at inner addresses, and who answers for names.
    #[must_use]
    pub fn reaching(self, inner_issuers: bool, dns_server: Option<SocketAddr>) -> Self {
        let of_tenants = (!inner_issuers).then(|| Issuers::by(Outbound::to_public()));
        Self {
            of_tenants,
            dns_server,
            ..self
        }
    }

    /// The same, where tenants' issuers may be at these hosts too.
    pub(crate) fn reaching_also(self, inner: &InnerHosts) -> Self {
        let way = Outbound::to_public().reaching(inner);
        Self {
            of_tenants: self.of_tenants.map(|_| Issuers::by(way)),
            ..self
        }
    }

    /// The issuers that tenants connect.
    pub(crate) fn issuers_of_tenants(&self) -> &Issuers {
        self.of_tenants.as_ref().unwrap_or(&self.issuers)
    }

    /// The provider with this id.
    pub(crate) fn get(&self, id: &str) -> Option<&Provider> {
        self.list.iter().find(|provider| provider.id == id)
    }

    /// All of them, for people to choose from.
    pub fn list(&self) -> Vec<ProviderView> {
        self.list.iter().map(Provider::view).collect()
    }
}

impl Provider {
    fn view(&self) -> ProviderView {
        ProviderView {
            id: self.id.clone(),
            name: self.name.clone(),
            kind: self.kind,
        }
    }
}

fn is_word(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
