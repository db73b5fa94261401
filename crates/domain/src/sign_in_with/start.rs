//! Leading a browser to a provider, for one purpose, once.

use super::{Provider, Unacceptable, github, oidc::Registration, oidc::Trip, store};
use crate::{Result, Services, second_factor, throttle};
use api_types::{Refusal, UserId, sign_in_with::ProviderKind};
use std::net::IpAddr;

const STATE: &str = "bulkhead/sign-in-state/v1";
const BROWSER: &str = "bulkhead/sign-in-browser/v1";

/// What somebody wants of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To be signed in.
    SignIn,
    /// To have this person sign in with it from then on.
    Link(UserId),
    /// To show that it is this person.
    StepUp(UserId),
    /// To see whether what their tenant has connected works.
    Test(UserId),
}

/// Where a browser is led.
#[derive(Debug)]
pub struct Started {
    /// The provider's name.
    pub name: String,
    /// The provider's address.
    pub url: String,
}

impl Wish {
    pub(super) fn parts(self) -> (&'static str, Option<UserId>) {
        match self {
            Self::SignIn => ("sign_in", None),
            Self::Link(user) => ("link", Some(user)),
            Self::StepUp(user) => ("step_up", Some(user)),
            Self::Test(user) => ("test", Some(user)),
        }
    }

    pub(super) fn read(word: &str, user: Option<UserId>) -> Self {
        match (word, user) {
            ("link", Some(user)) => Self::Link(user),
            ("step_up", Some(user)) => Self::StepUp(user),
            ("test", Some(user)) => Self::Test(user),
            _ => Self::SignIn,
        }
    }
}

/// Begins an attempt. `browser` is a secret that the session holds: the answer counts only there. `None` when the
/// provider cannot be reached, which the log explains.
pub async fn start(
    s: &Services,
    address: IpAddr,
    browser: &str,
    provider: &str,
    wish: Wish,
    next: &str,
) -> Result<Option<Started>> {
    let provider = s.providers.get(provider).ok_or(Refusal::NotFound)?;
    if let Wish::StepUp(user) = wish
        && second_factor::factors(s, user).await?.any()
    {
        return Err(Refusal::conflict("confirm with your second factor").into());
    }
    throttle::count_attempt(&s.db, address).await?;
    let trip = Trip::new(redirect_uri(s, provider), wish);
    let url = match authorization_url(s, provider, &trip).await {
        Ok(url) => url,
        Err(error) => {
            tracing::warn!(provider = provider.id, %error, "no sign-in there");
            return Ok(None);
        }
    };
    keep(s, browser, &provider.id, wish, next, &trip).await?;
    Ok(Some(Started {
        name: provider.name.clone(),
        url,
    }))
}

/// Keeps what must be known when the browser comes back.
pub(crate) async fn keep(
    s: &Services,
    browser: &str,
    provider: &str,
    wish: Wish,
    next: &str,
    trip: &Trip,
) -> Result<()> {
    let attempt = store::Attempt {
        provider: provider.into(),
        wish,
        nonce: trip.nonce.clone(),
        verifier: trip.verifier.clone(),
        next: next.into(),
    };
    let (state, browser) = (state_digest(&trip.state), browser_digest(browser));
    store::insert_attempt(&mut *s.db.global().await?, &state, &browser, &attempt).await
}

async fn authorization_url(
    s: &Services,
    provider: &Provider,
    trip: &Trip,
) -> Result<String, Unacceptable> {
    if provider.kind == ProviderKind::GitHub {
        return github::authorization_url(provider, trip);
    }
    let at = registration(provider);
    let issuer = s.providers.issuers.get(&at).await?;
    issuer.authorization_url(&at, trip)
}

/// Where the provider sends the browser back to: one address a provider, so that an answer of one is never taken for
/// another's (RFC 9700, 4.4.2.2).
pub(super) fn redirect_uri(s: &Services, provider: &Provider) -> String {
    format!("{}/sign-in/with/{}/callback", s.public_url, provider.id)
}

pub(super) fn registration(provider: &Provider) -> Registration {
    Registration {
        issuer: provider.issuer.clone(),
        client_id: provider.client_id.clone(),
        client_secret: provider.client_secret.clone(),
        microsoft: provider.kind == ProviderKind::Microsoft,
    }
}

pub(super) fn state_digest(state: &str) -> vault::Digest {
    vault::digest(STATE, state.as_bytes())
}

pub(super) fn browser_digest(browser: &str) -> vault::Digest {
    vault::digest(BROWSER, browser.as_bytes())
}
